using Microsoft.Extensions.Logging.Abstractions;
using ModularChat.Contracts;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.PostgreSql;
using ModularChat.Storage;
using Npgsql;

namespace ModularChat.StorageTests;

/// <summary>How PostgreSQL finds rows while it has no statistics of the tables: a log begins so, and busy sessions keep the plans of that time.</summary>
public sealed class PostgreSqlPlanTests
{
    private static readonly Guid Ann = Ids.New(), Bo = Ids.New();
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_write_reads_no_more_rows_the_longer_its_conversation_is()
    {
        const int Rounds = 60, Size = 10;
        await using var database = new PostgresLogs.Database();
        var connection = await database.ConnectionAsync();
        var log = await PostgreSqlMessageLog.OpenAsync(
            connection, new LogOpening(null, null), new MessageLogOptions(), 100, new RecordingListener(), TimeProvider.System, NullLogger.Instance, Token);
        await using (log)
        {
            var group = Ids.New();
            await log.AppendAsync(Appends.Create(group, Ann, Bo), Token);
            for (var round = 0; round < Rounds; round++)
            {
                await Task.WhenAll(Enumerable.Range(0, Size).Select(i => log.AppendAsync(Appends.Message(group, Ann, $"{round}.{i}"), Token).AsTask()));
                // These are worked out in the database, each by itself; the second together with a message.
                await log.AppendAsync(Appends.React(group, Bo, 2, $"{round}"), Token);
                Append[] both = [Appends.Edit(group, Ann, 2, $"{round}"), Appends.Message(group, Bo, "beside")];
                await Task.WhenAll(both.Select(a => log.AppendAsync(a, Token).AsTask()));
            }
        }

        await using var session = new NpgsqlConnection(connection);
        await session.OpenAsync(Token);
        var read = await ReadAsync(session);
        for (var i = 0; i < 100 && read["entry_request"].Scans < Rounds * 3; i++)
        {
            // Sessions say what they have read when they end.
            await Task.Delay(100, Token);
            read = await ReadAsync(session);
        }
        read["entry_request"].Scans.ShouldBeGreaterThanOrEqualTo(Rounds * 3);
        foreach (var (index, (scans, rows)) in read)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{index}: {rows} rows in {scans} scans");
            rows.ShouldBeLessThanOrEqualTo(Math.Max(scans, Rounds) * 4, index);
        }
    }

    /// <summary>Index scans of the table of entries, and the rows that they read.</summary>
    private static async Task<Dictionary<string, (long Scans, long Rows)>> ReadAsync(NpgsqlConnection session)
    {
        await using var clear = new NpgsqlCommand("SELECT pg_stat_clear_snapshot()", session);
        await clear.ExecuteNonQueryAsync(Token);
        await using var command = new NpgsqlCommand(
            "SELECT indexrelname, idx_scan, idx_tup_read FROM pg_stat_user_indexes WHERE relname = 'entry' UNION ALL SELECT 'none', seq_scan, seq_tup_read FROM pg_stat_user_tables WHERE relname = 'entry'", session);
        await using var reader = await command.ExecuteReaderAsync(Token);
        var read = new Dictionary<string, (long, long)>(StringComparer.Ordinal);
        while (await reader.ReadAsync(Token))
        {
            read[reader.GetString(0)] = (reader.GetInt64(1), reader.GetInt64(2));
        }
        return read;
    }
}
