using ModularChat.Contracts;
using ModularChat.Messaging.Storage;
using ModularChat.Shared;

namespace ModularChat.StorageTests;

/// <summary>What the embedded engines promise about the state of a shard: frozen writes wait in their order, moved ones are told.</summary>
public sealed class MessageLogShardTests
{
    private static readonly Guid Ann = Ids.New(), Bo = Ids.New();
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(LogEngines.Embedded), MemberType = typeof(LogEngines))]
    public async Task Writes_to_a_frozen_shard_wait_in_their_order_and_others_go_on(string engine)
    {
        await using var test = await GroupLog.OpenAsync(engine, Ann, Bo);
        var other = ElsewhereThan(test.Group);
        await test.AppendAsync(Appends.Create(other, Ann, Bo));
        await SetAsync(test, ShardState.Frozen);
        var waiting = Enumerable.Range(0, 20).Select(i => test.AppendAsync(Appends.Message(test.Group, Ann, $"{i}"))).ToArray();
        (await test.AppendAsync(Appends.Message(other, Ann, "other"))).Outcome.ShouldBe(AppendOutcome.Stored);
        waiting.ShouldAllBe(w => !w.IsCompleted);
        (await test.HeadAsync()).Seq.ShouldBe(1);

        await SetAsync(test, ShardState.Held);
        (await Task.WhenAll(waiting)).Select(r => r.Seq).ShouldBe(Enumerable.Range(2, 20).Select(i => (long)i));
    }

    [Theory, MemberData(nameof(LogEngines.Embedded), MemberType = typeof(LogEngines))]
    public async Task Writes_to_a_shard_that_has_gone_are_told_so_also_those_that_waited_and_after_a_restart(string engine)
    {
        await using var test = await GroupLog.OpenAsync(engine, Ann, Bo);
        await SetAsync(test, ShardState.Frozen);
        var waiting = test.AppendAsync(Appends.Message(test.Group, Ann, "x"));
        await SetAsync(test, ShardState.Gone);
        (await Should.ThrowAsync<ShardMovedException>(waiting)).Shard.ShouldBe(Shard(test.Group));
        await Should.ThrowAsync<ShardMovedException>(() => test.MarkAsync(Ann, null, 1));
        await test.ReopenAsync();
        await Should.ThrowAsync<ShardMovedException>(() => test.AppendAsync(Appends.Message(test.Group, Ann, "x")));
        await SetAsync(test, ShardState.Receiving);
        await SetAsync(test, ShardState.Held);
        (await test.AppendAsync(Appends.Message(test.Group, Ann, "x"))).Seq.ShouldBe(2);
    }

    [Theory, MemberData(nameof(LogEngines.Embedded), MemberType = typeof(LogEngines))]
    public async Task Patience_with_a_frozen_shard_ends_and_a_restart_takes_it_back(string engine)
    {
        var time = new ManualTime();
        await using var log = new LogUnderTest(engine) { Time = time };
        await log.OpenAsync();
        var group = Ids.New();
        await log.Log.AppendAsync(Appends.Create(group, Ann, Bo), Token);
        var archive = (ILogArchive)log.Log;
        var position = (await log.Log.GetPositionsAsync(Token))[Shard(group)];
        await archive.SetShardAsync(new ShardRow(Shard(group), ShardState.Frozen, position), Token);
        var waiting = log.Log.AppendAsync(Appends.Message(group, Ann, "x"), Token).AsTask();
        // Once a write to another shard is through, the one before it is parked.
        await log.Log.AppendAsync(Appends.Create(ElsewhereThan(group), Ann, Bo), Token);
        time.Advance(TimeSpan.FromSeconds(11));
        (await Should.ThrowAsync<LogUnavailableException>(waiting)).ShouldNotBeOfType<ShardMovedException>();
        await log.ReopenAsync();
        (await log.Log.AppendAsync(Appends.Message(group, Ann, "x"), Token)).Seq.ShouldBe(2);
    }

    private static int Shard(Guid group) => Ids.Shard(group, 16);

    private static Guid ElsewhereThan(Guid group)
    {
        while (true)
        {
            var other = Ids.New();
            if (Shard(other) != Shard(group))
            {
                return other;
            }
        }
    }

    private static async Task SetAsync(GroupLog test, ShardState state) =>
        await ((ILogArchive)test.Log).SetShardAsync(new ShardRow(Shard(test.Group), state, (await test.Log.GetPositionsAsync(Token))[Shard(test.Group)]), Token);
}
