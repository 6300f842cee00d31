using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Moving;
using ModularChat.StorageTests.Moving;

namespace ModularChat.StorageTests;

/// <summary>Shards copied into Redis and out of it again are the same, and can be written on.</summary>
public sealed class RedisCopyTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_copy_in_Redis_and_back_has_the_same_hash_and_can_be_written_on(bool isCluster)
    {
        await using var database = new RedisLogs.Database(isCluster);
        await using var room = new EngineRoom(("Storage:Messages:Shards", "4"));
        await using var log = await room.OpenAsync("sqlite");
        var content = new RandomContent(11);
        await content.WriteAsync(log, 2500, Token);
        await using var copy = await room.OpenPartAsync("redis", await database.ConnectionAsync(), await log.GetSeedAsync(Token));
        await CopyAsync(log, copy);
        await using var back = await room.OpenPartAsync("sqlite", "back.db", await copy.GetSeedAsync(Token));
        await CopyAsync(copy, back);

        var before = await ShardTests.VerifyAsync(log);
        foreach (var after in new[] { await ShardTests.VerifyAsync(copy), await ShardTests.VerifyAsync(back) })
        {
            after.Select(r => r.Hash).ShouldBe(before.Select(r => r.Hash));
            after.SelectMany(r => r.Findings).ShouldBeEmpty();
        }
        (await copy.GetSeedAsync(Token)).Runs.Select(r => r.Id).ShouldBe((await log.GetSeedAsync(Token)).Runs.Select(r => r.Id));
        for (var shard = 0; shard < 4; shard++)
        {
            (await copy.ReadFeedAsync(shard, 0, 10_000, Token)).Select(e => e.Entry.Seq).ShouldBe((await log.ReadFeedAsync(shard, 0, 10_000, Token)).Select(e => e.Entry.Seq));
        }
        await new RandomContent(11).WriteAsync(copy, 300, Token);
        (await ShardTests.VerifyAsync(copy)).SelectMany(r => r.Findings).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_copy_that_is_broken_off_goes_on_where_it_was_while_the_source_is_written()
    {
        await using var database = new RedisLogs.Database();
        await using var room = new EngineRoom(("Storage:Messages:Shards", "1"));
        await using var log = await room.OpenAsync("sqlite");
        var content = new RandomContent(12, groups: 6);
        await content.WriteAsync(log, 5000, Token);
        await using var copy = await room.OpenPartAsync("redis", await database.ConnectionAsync(), await log.GetSeedAsync(Token));
        for (var isDone = false; !isDone;)
        {
            try
            {
                var calls = 0;
                await TransferAsync(log, new BreakingArchive(copy, () => ++calls > 2), 0);
                isDone = true;
            }
            catch (IOException)
            {
                await content.WriteAsync(log, 30, Token);
            }
        }
        (await ShardTests.VerifyAsync(copy))[0].Hash.ShouldBe((await ShardTests.VerifyAsync(log))[0].Hash);
    }

    [Fact]
    public async Task A_shard_that_has_gone_is_dropped_and_the_others_left_alone()
    {
        await using var database = new RedisLogs.Database();
        await using var room = new EngineRoom(("Storage:Messages:Shards", "2"));
        await using var log = await room.OpenAsync("redis", await database.ConnectionAsync());
        await new RandomContent(13).WriteAsync(log, 2000, Token);
        var other = (await ShardTests.VerifyAsync(log))[1];
        await Should.ThrowAsync<InvalidOperationException>(async () => await log.DropShardAsync(0, Token));
        await log.SetShardAsync(new ShardRow(0, ShardState.Gone, 0), Token);
        await log.DropShardAsync(0, Token);
        (await log.ReadConversationsAsync(0, Guid.Empty, 10, Token)).ShouldBeEmpty();
        (await log.ReadUserIndexAsync(0, Guid.Empty, Guid.Empty, 10, Token)).ShouldBeEmpty();
        (await ShardTests.VerifyAsync(log))[1].ShouldBeEquivalentTo(other);
    }

    private static async Task CopyAsync(ILogDatabase from, ILogDatabase to)
    {
        for (var shard = 0; shard < from.Info.ShardCount; shard++)
        {
            await TransferAsync(from, to, shard);
        }
    }

    private static async Task TransferAsync(ILogArchive from, ILogArchive to, int shard)
    {
        var transfer = new ShardTransfer(from, to, shard);
        await transfer.PrepareAsync(Token);
        await to.SetShardAsync(new ShardRow(shard, ShardState.Held, await transfer.FinishAsync(Token)), Token);
    }
}
