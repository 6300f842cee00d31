using Microsoft.Extensions.Logging.Abstractions;
using ModularChat.Contracts;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Placing;
using ModularChat.Messaging.Storage.PostgreSql;
using ModularChat.Shared.Servers;
using ModularChat.Storage;
using Npgsql;

namespace ModularChat.StorageTests.Moving;

/// <summary>Moves between databases that fail while they go on.</summary>
public sealed class MoveFaultTests
{
    private static readonly Guid Ann = Ids.New(), Bo = Ids.New();
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public async Task A_move_whose_last_steps_fail_on_both_databases_ends_by_itself_when_they_are_back(bool isHeldBefore, int owner)
    {
        Assert.SkipWhen(PostgresServer.Missing.Length > 0, PostgresServer.Missing);
        await using var one = await PostgresServer.StartAsync(Token);
        await using var two = await PostgresServer.StartAsync(Token);
        await using var first = await OpenAsync(one, null);
        await using var second = await OpenAsync(two, await first.GetSeedAsync(Token) with { Shards = [] });
        var target = BreakingDatabase.Around(second);
        var listener = new PlacedListener(new RecordingListener());
        await using var log = await PlacedLog.JoinAsync([BreakingDatabase.Around(first), target], new int[first.Info.ShardCount], listener, TimeProvider.System, Token);
        var group = Ids.New();
        var shard = Ids.Shard(group, first.Info.ShardCount);
        await log.AppendAsync(Appends.Create(group, Ann, Bo), Token);
        await log.AppendAsync(Appends.Message(group, Ann, "before"), Token);
        ((BreakingDatabase)(object)target).OnHeld = async tell =>
        {
            ((BreakingDatabase)(object)target).OnHeld = null;
            if (isHeldBefore)
            {
                await tell();
            }
            await one.Kill9Async();
            await two.Kill9Async();
            await tell();
        };

        var rebalance = new Rebalance(log, ["one", "two"], TimeProvider.System, NullLogger.Instance);
        await Should.ThrowAsync<LogUnavailableException>(() => rebalance.MoveAsync(shard, log.Databases[0], target, Token));

        var message = Appends.Message(group, Bo, "meanwhile");
        await one.StartAsync(Token);
        await two.StartAsync(Token);
        // The same process, no other start: whoever writes is told to try again, and gets through.
        await RedisMessageLogTests.EventuallyAsync(async () => (await log.AppendAsync(message, Token)).Seq.ShouldBe(3));
        log.Owners[shard].ShouldBe(owner);
        ILogDatabase[] databases = [first, second];
        (await databases[owner].GetShardAsync(shard, Token)).State.ShouldBe(ShardState.Held);
        (await databases[1 - owner].GetShardAsync(shard, Token)).State.ShouldBe(ShardState.Gone);
        (await log.ReadAsync(group, 1, 10, 10, newest: false, Token)).Select(e => Appends.Text(e.Entry)).ShouldBe([null, "before", "meanwhile"]);
        if (owner == 0)
        {
            // The same move again, now that both are there.
            await rebalance.MoveAsync(shard, log.Databases[0], target, Token);
            log.Owners[shard].ShouldBe(1);
        }
        (await log.AppendAsync(Appends.Message(group, Ann, "after"), Token)).Seq.ShouldBe(4);
    }

    [Theory, MemberData(nameof(LogEngines.All), MemberType = typeof(LogEngines))]
    public async Task A_shard_that_is_gone_is_not_held_before_it_was_received(string engine)
    {
        await using var test = await LogUnderTest.OpenAsync(engine);
        var log = (ILogDatabase)test.Log;
        await log.SetShardAsync(new ShardRow(3, ShardState.Gone, 0), Token);
        await Should.ThrowAsync<LogUnavailableException>(async () => await log.SetShardAsync(new ShardRow(3, ShardState.Held, 0), Token));
        (await log.GetShardAsync(3, Token)).State.ShouldBe(ShardState.Gone);
        await log.SetShardAsync(new ShardRow(3, ShardState.Receiving, 7), Token);
        await log.SetShardAsync(new ShardRow(3, ShardState.Held, 7), Token);
        (await log.GetShardAsync(3, Token)).ShouldBe(new ShardRow(3, ShardState.Held, 7));
    }

    [Fact]
    public async Task A_shard_in_PostgreSQL_is_dropped_in_transactions_of_bounded_size()
    {
        await using var database = new PostgresLogs.Database();
        await using var log = await database.OpenAsync(new LogOpening(null, null), new MessageLogOptions(), 100, new RecordingListener(), TimeProvider.System);
        await log.SetShardAsync(new ShardRow(3, ShardState.Gone, 0), Token);
        await using var session = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(await database.ConnectionAsync()) { SearchPath = "modularchat_log", Pooling = false }.ConnectionString);
        await session.OpenAsync(Token);
        await RunAsync("""
            INSERT INTO entry (place, seq, number, at, chk, kind, state, conversation, sender, client_message_id)
            SELECT (3::bigint << 48) + n, n, n, 0, 0, 1, 0, '00000000-0000-0000-0000-000000000003', '00000000-0000-0000-0000-000000000001', gen_random_uuid() FROM generate_series(1, 17000) n
            """);
        await using var blocking = await session.BeginTransactionAsync(Token);
        await RunAsync("SELECT 1 FROM entry WHERE place = (3::bigint << 48) + 17000 FOR UPDATE");

        // The last row cannot go yet; what went before it is committed, or nobody else would see it gone.
        var dropping = log.DropShardAsync(3, Token).AsTask();
        await RedisMessageLogTests.EventuallyAsync(async () => (await RunAsync("SELECT count(*) FROM entry")).ShouldBe(2000));
        await blocking.RollbackAsync(Token);
        await dropping;
        (await RunAsync("SELECT count(*) FROM entry")).ShouldBe(0);

        async Task<long> RunAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, session);
            return await command.ExecuteScalarAsync(Token) is long number ? number : 0;
        }
    }

    private static async Task<PostgreSqlMessageLog> OpenAsync(PostgresServer server, LogSeed? seed) => await PostgreSqlMessageLog.OpenAsync(
        await server.CreateDatabaseAsync("log", Token), new LogOpening(seed, seed is null ? Ids.New() : null), new MessageLogOptions(), 100, new RecordingListener(), TimeProvider.System, NullLogger.Instance, Token);
}
