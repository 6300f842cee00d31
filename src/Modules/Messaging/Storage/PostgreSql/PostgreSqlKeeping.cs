using ModularChat.Contracts;
using ModularChat.Storage.PostgreSql;
using Npgsql;

namespace ModularChat.Messaging.Storage.PostgreSql;

internal sealed partial class PostgreSqlMessageLog
{
    /// <summary>Rows that one transaction of retention works on: the shard waits for it.</summary>
    private const int CutStep = 2_000;

    private static readonly string[] Tables = ["entry", "reaction", "conversation", "member", "mark"];

    public async ValueTask<int> ForgetDuplicatesAsync(DateTimeOffset before, int limit, CancellationToken token)
    {
        var forgotten = 0;
        for (var shard = 0; shard < Info.ShardCount && forgotten < limit; shard++)
        {
            var (number, rest) = (shard, limit - forgotten);
            forgotten += await _server.WriteAsync(
                async connection =>
                {
                    await using var command = new NpgsqlCommand("SELECT forget($1, $2, $3)", connection)
                    {
                        Parameters = { new() { Value = number }, new() { Value = before.UtcTicks }, new() { Value = rest } },
                    };
                    return (int)(await command.ExecuteScalarAsync(token))!;
                },
                token);
        }
        return forgotten;
    }

    public async ValueTask<int> CutAsync(Guid conversationId, long upTo, DateTimeOffset forgetBefore, CancellationToken token)
    {
        var shard = Ids.Shard(conversationId, Info.ShardCount);
        for (var all = 0; ;)
        {
            var write = new LoneWrite<(int Gone, bool IsDone)>(
                async () =>
                {
                    await using var connection = await _server.OpenAsync(CancellationToken.None);
                    return await CutAsync(connection, shard, conversationId, upTo, forgetBefore);
                },
                token);
            var (gone, isDone) = await DoneAsync(write, write.Task.WaitAsync(token), shard);
            all += gone;
            if (isDone)
            {
                return all;
            }
        }
    }

    /// <summary>
    /// Writes the tables anew without what was deleted, and asks for a checkpoint, after which the old files are gone. Writes wait for each table, and
    /// are refused as retryable when it takes longer than a statement may. The write-ahead log and its archives keep what they have.
    /// </summary>
    public async ValueTask PurgeAsync(CancellationToken token) => await _server.WriteAsync(
        async connection =>
        {
            foreach (var table in Tables)
            {
                await RunLongAsync(connection, $"VACUUM (FULL, ANALYZE) {table}", token);
            }
            try
            {
                await RunLongAsync(connection, "CHECKPOINT", token);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
            {
                // Without the right the server does it by itself within checkpoint_timeout.
            }
            return true;
        },
        token);

    private static async Task<(ShardState State, (int Gone, bool IsDone) Result)> CutAsync(
        NpgsqlConnection connection, int shard, Guid conversationId, long upTo, DateTimeOffset forgetBefore)
    {
        await using var command = new NpgsqlCommand("SELECT state, gone, is_done FROM cut($1, $2, $3, $4, $5)", connection)
        {
            Parameters =
            {
                new() { Value = shard }, new() { Value = conversationId }, new() { Value = upTo }, new() { Value = forgetBefore.UtcTicks }, new() { Value = CutStep },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        await reader.ReadAsync(CancellationToken.None);
        var state = await reader.IsDBNullAsync(0, CancellationToken.None) ? ShardState.Gone : (ShardState)reader.GetInt16(0);
        var result = (reader.GetInt32(1), reader.GetBoolean(2));
        await reader.NextResultAsync(CancellationToken.None);
        return (state, result);
    }

    private static async Task RunLongAsync(NpgsqlConnection connection, string sql, CancellationToken token)
    {
        await LogSchema.RunAsync(connection, "SET statement_timeout = 0", token);
        try
        {
            await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync(token);
        }
        finally
        {
            await LogSchema.RunAsync(connection, $"SET statement_timeout = {(int)PostgreSqlSource.StatementTimeout.TotalMilliseconds}", CancellationToken.None);
        }
    }
}
