using Microsoft.Extensions.Logging.Abstractions;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.PostgreSql;
using ModularChat.Storage;
using Npgsql;

namespace ModularChat.StorageTests;

/// <summary>A log whose tables another version of the program has made.</summary>
public sealed class PostgreSqlUpgradeTests
{
    private const int Shards = 16;
    private static readonly Guid Ann = Ids.New(), Bo = Ids.New();
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_version_is_brought_up_by_one_of_the_nodes_that_start_at_once_and_an_older_program_goes_on_beside_them()
    {
        await using var database = new PostgresLogs.Database();
        var connection = await database.ConnectionAsync();
        await MakeFirstVersionAsync(connection);
        // What an older program has open: its statements are those of today, its session is of before the change.
        await using var older = await OpenSessionAsync(connection);
        var group = Ids.New();
        var shard = Ids.Shard(group, Shards);
        (await SendAsync(older, shard, Appends.Create(group, Ann, Bo))).Outcome.ShouldBe(AppendOutcome.Stored);
        (await SendAsync(older, shard, Appends.Message(group, Ann, "before"))).Seq.ShouldBe(2);

        var nodes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => OpenAsync(connection)));

        await using var log = nodes[0];
        (await SendAsync(older, shard, Appends.Message(group, Bo, "of an older program"))).Seq.ShouldBe(3);
        (await log.AppendAsync(Appends.Settings(group, Ann, 1, "title", new KeepRule(30, 1000)), Token)).Seq.ShouldBe(4);
        (await SendAsync(older, shard, Appends.Message(group, Bo, "again", membersSeq: 4))).Seq.ShouldBe(5);
        (await log.GetHeadsAsync([group], Token)).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            h => h.Keep.ShouldBe(new KeepRule(30, 1000)), h => h.Title.ShouldBe("title"), h => h.Seq.ShouldBe(5));
        (await log.ReadAsync(group, 1, 10, 10, newest: false, Token)).Where(e => e.Entry.Kind == EntryKind.Message).Select(e => Appends.Text(e.Entry))
            .ShouldBe(["before", "of an older program", "again"]);
        (await NumberAsync(older, "SELECT oldest FROM meta")).ShouldBe(1, "what older programs call is still there");
        foreach (var node in nodes[1..])
        {
            await node.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_newer_schema_is_refused_only_where_it_says_that_this_program_is_too_old()
    {
        await using var database = new PostgresLogs.Database();
        var connection = await database.ConnectionAsync();
        await (await OpenAsync(connection)).DisposeAsync();
        await using var session = await OpenSessionAsync(connection);
        (await NumberAsync(session, "SELECT oldest FROM meta")).ShouldBe(LogSchema.Oldest, "functions that only older programs call were never made here");
        await RunAsync(session, "UPDATE meta SET version = 99");
        await (await OpenAsync(connection)).DisposeAsync();
        (await NumberAsync(session, "SELECT version FROM meta")).ShouldBe(99);
        await RunAsync(session, "UPDATE meta SET oldest = 99");
        (await Should.ThrowAsync<StartupException>(() => OpenAsync(connection))).Message.ShouldContain("has schema version 99, but this program knows only up to 5");
    }

    /// <summary>As the first program made it.</summary>
    private static async Task MakeFirstVersionAsync(string connection)
    {
        await using var session = await OpenSessionAsync(connection);
        await RunAsync(session, "CREATE SCHEMA modularchat_log");
        foreach (var file in new[] { "schema", "append", "change", "keeping" })
        {
            await RunAsync(session, await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "data", "postgresql-log-1", $"{file}.sql"), Token));
        }
        await RunAsync(session, $"INSERT INTO meta (only_row, version, log_id, key, shards) VALUES (0, 1, '{Ids.New()}', decode('{new string('7', 64)}', 'hex'), {Shards})");
        await RunAsync(session, $"INSERT INTO shard (shard, state, position, forgotten) SELECT s, 0, 0, 0 FROM generate_series(0, {Shards - 1}) s");
        await RunAsync(session, $"INSERT INTO run (id, started, at) VALUES ('{Ids.New()}', array_fill(0::bigint, ARRAY[{Shards}]), {Appends.Start.UtcTicks})");
    }

    private static async Task<AppendResult> SendAsync(NpgsqlConnection session, int shard, Append append)
    {
        var call = new AppendCall(shard, 100);
        call.Add(append);
        return (await call.SendAsync(session, 0, Token)).Results[0].Result;
    }

    private static async Task<PostgreSqlMessageLog> OpenAsync(string connection) => await PostgreSqlMessageLog.OpenAsync(
        connection, new LogOpening(null, null), new MessageLogOptions(), 100, new RecordingListener(), TimeProvider.System, NullLogger.Instance, Token);

    private static async Task<NpgsqlConnection> OpenSessionAsync(string connection)
    {
        var session = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection) { SearchPath = "modularchat_log", Pooling = false }.ConnectionString);
        await session.OpenAsync(Token);
        return session;
    }

    private static async Task RunAsync(NpgsqlConnection session, string sql)
    {
        await using var command = new NpgsqlCommand(sql, session);
        await command.ExecuteNonQueryAsync(Token);
    }

    private static async Task<int> NumberAsync(NpgsqlConnection session, string sql)
    {
        await using var command = new NpgsqlCommand(sql, session);
        return (int)(await command.ExecuteScalarAsync(Token))!;
    }
}
