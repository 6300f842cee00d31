using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Moving;

namespace ModularChat.StorageTests.Moving;

/// <summary>Copies, checks and files of single shards.</summary>
public sealed class ShardTests(ITestOutputHelper output)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Every embedded engine to every one.</summary>
    public static IEnumerable<TheoryDataRow<string, string>> Pairs() =>
        from one in LogEngines.Embedded()
        from other in LogEngines.Embedded()
        select new TheoryDataRow<string, string>(one.Data, other.Data) { Skip = one.Skip ?? other.Skip };

    [Theory, MemberData(nameof(LogEngines.Embedded), MemberType = typeof(LogEngines))]
    public async Task What_was_written_by_the_rules_is_found_right(string from)
    {
        await using var room = new EngineRoom(("Storage:Messages:FoldAfter", "50"));
        await using var log = await room.OpenAsync(from);
        await new RandomContent(1).WriteAsync(log, 2000, Token);

        foreach (var report in await VerifyAsync(log))
        {
            report.Findings.ShouldBeEmpty();
            report.Unchecked.ShouldBe(0);
        }
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task A_copy_has_the_same_hash_and_can_be_written_on(string from, string to)
    {
        await using var room = new EngineRoom();
        await using var log = await room.OpenAsync(from);
        var content = new RandomContent(2);
        await content.WriteAsync(log, 1500, Token);
        await using var copy = await room.OpenPartAsync(to, "copy." + to, await log.GetSeedAsync(Token));

        for (var shard = 0; shard < log.Info.ShardCount; shard++)
        {
            await TransferAsync(log, copy, shard);
        }

        var (before, after) = (await VerifyAsync(log), await VerifyAsync(copy));
        after.Select(r => r.Hash).ShouldBe(before.Select(r => r.Hash));
        after.SelectMany(r => r.Findings).ShouldBeEmpty();
        await new RandomContent(2).WriteAsync(copy, 300, Token);
        (await VerifyAsync(copy)).SelectMany(r => r.Findings).ShouldBeEmpty();
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task A_copy_that_is_broken_off_again_and_again_goes_on_where_it_was_while_the_source_is_written(string from, string to)
    {
        await using var room = new EngineRoom(("Storage:Messages:Shards", "2"));
        await using var log = await room.OpenAsync(from);
        var content = new RandomContent(3, groups: 6);
        await content.WriteAsync(log, 9000, Token);
        await using var copy = await room.OpenPartAsync(to, "copy." + to, await log.GetSeedAsync(Token));
        var breaks = 0;

        for (var shard = 0; shard < 2; shard++)
        {
            for (var isDone = false; !isDone;)
            {
                try
                {
                    var calls = 0;
                    await TransferAsync(log, new BreakingArchive(copy, () => ++calls > 2), shard);
                    isDone = true;
                }
                catch (IOException) when (++breaks < 100)
                {
                    (await copy.GetShardAsync(shard, Token)).State.ShouldBe(ShardState.Receiving);
                    await content.WriteAsync(log, 30, Token);
                }
            }
        }

        output.WriteLine($"broken off {breaks} times");
        breaks.ShouldBeGreaterThan(2);
        // Each shard was right when it was finished; the first may lag behind what was written since.
        (await VerifyAsync(copy))[1].Hash.ShouldBe((await VerifyAsync(log))[1].Hash);
        (await VerifyAsync(copy)).SelectMany(r => r.Findings).ShouldBeEmpty();
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task A_shard_that_is_written_under_load_is_copied_without_loss(string from, string to)
    {
        await using var room = new EngineRoom(("Storage:Messages:Shards", "1"));
        await using var log = await room.OpenAsync(from);
        var content = new RandomContent(4, groups: 5);
        await content.WriteAsync(log, 3000, Token);
        await using var copy = await room.OpenPartAsync(to, "copy." + to, await log.GetSeedAsync(Token));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var load = LoadAsync(content, log, stop.Token);

        var transfer = new ShardTransfer(log, copy, 0);
        await transfer.PrepareAsync(Token);
        await log.SetShardAsync(new ShardRow(0, ShardState.Frozen, 0), Token);
        var position = await transfer.FinishAsync(Token);
        await copy.SetShardAsync(new ShardRow(0, ShardState.Held, position), Token);

        (await VerifyAsync(copy))[0].Hash.ShouldBe((await VerifyAsync(log))[0].Hash);
        await log.SetShardAsync(new ShardRow(0, ShardState.Held, 0), Token);
        await stop.CancelAsync();
        await load;
        (await log.GetShardAsync(0, Token)).Position.ShouldBeGreaterThanOrEqualTo(position);
        (await VerifyAsync(log)).SelectMany(r => r.Findings).ShouldBeEmpty();
    }

    [Theory, MemberData(nameof(LogEngines.Embedded), MemberType = typeof(LogEngines))]
    public async Task A_dropped_shard_leaves_nothing_and_the_others_alone(string from)
    {
        await using var room = new EngineRoom(("Storage:Messages:Shards", "2"));
        await using var log = await room.OpenAsync(from);
        await new RandomContent(5).WriteAsync(log, 2500, Token);
        var other = (await VerifyAsync(log))[1];

        await log.SetShardAsync(new ShardRow(0, ShardState.Gone, 0), Token);
        await log.DropShardAsync(0, Token);

        (await log.ReadConversationsAsync(0, Guid.Empty, 10, Token)).ShouldBeEmpty();
        (await log.ReadUserIndexAsync(0, Guid.Empty, Guid.Empty, 10, Token)).ShouldBeEmpty();
        (await VerifyAsync(log))[1].ShouldBeEquivalentTo(other);
    }

    private static async Task LoadAsync(RandomContent content, IMessageLog log, CancellationToken token)
    {
        try
        {
            while (true)
            {
                await content.WriteAsync(log, 20, token);
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }
    }

    private static async Task TransferAsync(ILogArchive from, ILogArchive to, int shard)
    {
        var transfer = new ShardTransfer(from, to, shard);
        await transfer.PrepareAsync(Token);
        await to.SetShardAsync(new ShardRow(shard, ShardState.Held, await transfer.FinishAsync(Token)), Token);
    }

    internal static async Task<List<ShardReport>> VerifyAsync(ILogDatabase log)
    {
        var reports = new List<ShardReport>();
        for (var shard = 0; shard < log.Info.ShardCount; shard++)
        {
            reports.Add(await new ShardVerify(log, shard, log.Info.ShardCount).RunAsync(Token));
        }
        return reports;
    }
}
