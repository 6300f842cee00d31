using Microsoft.Extensions.Logging.Abstractions;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Placing;
using ModularChat.Messaging.Upkeep;
using ModularChat.Storage;
using ModularChat.StorageTests.Servers;

namespace ModularChat.StorageTests.Moving;

/// <summary>Whole logs on their way between engines.</summary>
public sealed class CopyTests(PostgresFixture postgres, ITestOutputHelper output)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_log_goes_through_all_engines_and_comes_back_the_same()
    {
        await using var room = new EngineRoom(("Storage:Messages:Shards", "4"));
        await using var places = new Places(postgres);
        var here = await places.MakeAsync("sqlite");
        var content = new RandomContent(21, groups: 8);
        Guid run;
        long[] cursor;
        string[] hashes;
        await using (var log = await room.OpenAsync(here.Engine, here.Databases))
        {
            await content.WriteAsync(log, 2500, Token);
            (run, cursor) = (log.Info.RunId, await log.GetPositionsAsync(Token));
            hashes = [.. (await ShardTests.VerifyAsync(log)).Select(r => r.Hash)];
        }
        foreach (var engine in new[] { "rocksdb", "postgresql", "redis", "sqlite" })
        {
            var there = await places.MakeAsync(engine);
            var check = await CopyAsync(room, here, there);
            output.WriteLine($"{here.Engine} -> {engine}: {check.Hash}");
            check.Findings.ShouldBeEmpty();
            check.Shards.ShouldBe(hashes);
            // The same log: what a client holds of it is known there.
            await using (var log = await room.OpenAsync(there.Engine, there.Databases))
            {
                (await log.ContainsAsync(run, cursor, Token)).ShouldBeTrue();
                (await ShardTests.VerifyAsync(log)).Select(r => r.Hash).ShouldBe(hashes);
            }
            (await Should.ThrowAsync<StartupException>(() => CopyAsync(room, here, there))).Message.ShouldContain("whole log already");
            here = there;
        }
    }

    [Theory]
    [InlineData("rocksdb")]
    [InlineData("postgresql")]
    [InlineData("redis")]
    public async Task What_was_copied_can_be_written_on_and_stays_right(string engine)
    {
        await using var room = new EngineRoom(("Storage:Messages:Shards", "2"));
        await using var places = new Places(postgres);
        var (from, to) = (await places.MakeAsync("sqlite"), await places.MakeAsync(engine));
        var content = new RandomContent(22, groups: 6);
        await using (var log = await room.OpenAsync(from.Engine, from.Databases))
        {
            await content.WriteAsync(log, 1200, Token);
        }
        await CopyAsync(room, from, to);

        await using var copy = await room.OpenAsync(to.Engine, to.Databases);
        await content.WriteAsync(copy, 600, Token);

        (await ShardTests.VerifyAsync(copy)).SelectMany(r => r.Findings).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("rocksdb")]
    [InlineData("postgresql")]
    [InlineData("redis")]
    public async Task Shards_move_between_databases_of_each_engine_under_load(string engine)
    {
        await using var room = new EngineRoom(("Storage:Messages:Shards", "4"));
        await using var places = new Places(postgres);
        string[] databases = [(await places.MakeAsync(engine)).Databases[0], (await places.MakeAsync(engine)).Databases[0]];
        var content = new RandomContent(23, groups: 6);
        Guid run;
        long[] cursor;
        await using (var log = await room.OpenAsync(engine, databases[0]))
        {
            await content.WriteAsync(log, 1000, Token);
            (run, cursor) = (log.Info.RunId, await log.GetPositionsAsync(Token));
        }
        await using var placed = (PlacedLog)await room.OpenAsync(engine, databases);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var load = LoadAsync(content, placed, stop.Token);

        // Whatever the hash of their random names says, each of the two moves at least once.
        var rebalance = new Rebalance(placed, databases, TimeProvider.System, NullLogger.Instance);
        for (var shard = 0; shard < 4; shard++)
        {
            await rebalance.MoveAsync(shard, placed.Databases[0], placed.Databases[1], Token);
        }
        await rebalance.MoveAsync(2, placed.Databases[1], placed.Databases[0], Token);

        await stop.CancelAsync();
        await load;
        placed.Owners.ShouldBe([1, 1, 0, 1]);
        (await ShardTests.VerifyAsync(placed)).SelectMany(r => r.Findings).ShouldBeEmpty();
        (await placed.ContainsAsync(run, cursor, Token)).ShouldBeTrue();
    }

    private static async Task<LogCheck> CopyAsync(EngineRoom room, LogPlace from, LogPlace to) =>
        await room.Copy.RunAsync(from, to, new Direct<UpkeepProgress>(_ => { }), Token);

    private static async Task LoadAsync(RandomContent content, IMessageLog log, CancellationToken token)
    {
        try
        {
            while (true)
            {
                await content.WriteAsync(log, 10, token);
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }
    }
}
