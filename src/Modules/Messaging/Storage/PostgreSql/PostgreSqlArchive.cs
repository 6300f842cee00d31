using Npgsql;

namespace ModularChat.Messaging.Storage.PostgreSql;

internal sealed partial class PostgreSqlMessageLog
{
    /// <summary>A page of rows ends early when their bodies are more than this.</summary>
    private const long PageBytes = 8 << 20;

    /// <summary>Rows that one transaction of a drop takes away.</summary>
    private const int DropSlice = 5_000;

    /// <summary>Conversations last: by them the rows of the others are found.</summary>
    private static readonly string[] DroppedRows =
    [
        "DELETE FROM reaction WHERE ctid = ANY(ARRAY(SELECT r.ctid FROM conversation c JOIN reaction r ON r.conversation = c.id WHERE c.shard = $1 LIMIT $2))",
        "DELETE FROM member WHERE ctid = ANY(ARRAY(SELECT m.ctid FROM conversation c JOIN member m ON m.conversation = c.id WHERE c.shard = $1 LIMIT $2))",
        "DELETE FROM entry WHERE place = ANY(ARRAY(SELECT place FROM entry WHERE place >= $1::bigint << 48 AND place < ($1::bigint + 1) << 48 ORDER BY place LIMIT $2))",
        "DELETE FROM mark WHERE place = ANY(ARRAY(SELECT place FROM mark WHERE place >= $1::bigint << 48 AND place < ($1::bigint + 1) << 48 ORDER BY place LIMIT $2))",
        "DELETE FROM conversation WHERE ctid = ANY(ARRAY(SELECT ctid FROM conversation WHERE shard = $1 LIMIT $2))",
        // Nothing is left to be found by it; its one row is no full slice.
        "UPDATE shard SET forgotten = 0 WHERE shard = $1 AND $2 > 0",
    ];

    private const string EntryRowColumns = """
        SELECT e.place, e.seq, e.number, e.kind, e.sender, e.at, e.client_message_id, e.target, e.body, e.state, e.changed, e.edited_at,
            CASE WHEN (e.place & ((1::bigint << 48) - 1)) > s.forgotten THEN e.hash END, e.chk,
            ARRAY(SELECT r.emoji FROM reaction r WHERE r.conversation = e.conversation AND r.seq = e.seq ORDER BY r.first, r.added),
            ARRAY(SELECT r.user_id FROM reaction r WHERE r.conversation = e.conversation AND r.seq = e.seq ORDER BY r.first, r.added),
            ARRAY(SELECT r.added FROM reaction r WHERE r.conversation = e.conversation AND r.seq = e.seq ORDER BY r.first, r.added),
            ARRAY(SELECT r.first FROM reaction r WHERE r.conversation = e.conversation AND r.seq = e.seq ORDER BY r.first, r.added)
        FROM entry e JOIN conversation c ON c.id = e.conversation JOIN shard s ON s.shard = c.shard
        WHERE e.conversation = $1 AND e.seq >= $2 ORDER BY e.seq LIMIT $3
        """;

    public ValueTask<LogSeed> GetSeedAsync(CancellationToken token) => _server.ReadAsync(
        async connection =>
        {
            await using var command = new NpgsqlCommand("SELECT shard FROM shard WHERE state <> $1 ORDER BY shard", connection) { Parameters = { new() { Value = (short)ShardState.Gone } } };
            var shards = await LogReads.ListAsync(command, row => row.GetInt32(0), token);
            return new LogSeed(Info.LogId, Info.Key, Info.ShardCount, _history.Runs, shards);
        },
        token);

    public async ValueTask<ShardRow> GetShardAsync(int shard, CancellationToken token)
    {
        var rows = await _reads.ListAsync(
            "SELECT state, position FROM shard WHERE shard = $1", p => p.AddWithValue(shard), row => new ShardRow(shard, (ShardState)row.GetInt16(0), row.GetInt64(1)), token);
        return rows[0];
    }

    /// <summary>Waits for the lock of whoever is writing: then that is finished, and nobody begins on the old state.</summary>
    public async ValueTask SetShardAsync(ShardRow row, CancellationToken token)
    {
        var rows = await _server.WriteAsync(
            async connection =>
            {
                await using var command = new NpgsqlCommand(
                    "UPDATE shard SET state = $2, position = CASE WHEN $2 = 2 OR state = 2 THEN $3 ELSE position END WHERE shard = $1 AND NOT ($2 = 0 AND state = 3)", connection)
                {
                    Parameters = { new() { Value = row.Shard }, new() { Value = (short)row.State }, new() { Value = row.Position } },
                };
                return await command.ExecuteNonQueryAsync(token);
            },
            token);
        if (rows == 0)
        {
            throw new LogUnavailableException($"Shard {row.Shard} is gone from this database: it has to be received before it is held.");
        }
        await LookAsync(row.Shard, token);
    }

    public async ValueTask SetRunsAsync(IReadOnlyList<RunRow> runs, CancellationToken token)
    {
        await _server.WriteAsync(
            async connection =>
            {
                await using var transaction = await connection.BeginTransactionAsync(token);
                await LogSchema.RunAsync(connection, LogSchema.TakeLock, token);
                await LogSchema.RunAsync(connection, "DELETE FROM run", token);
                await LogSchema.WriteRunsAsync(connection, runs, token);
                await transaction.CommitAsync(token);
                return true;
            },
            token);
        await _history.ReloadAsync(token);
    }

    public async ValueTask<IReadOnlyList<Membership>> ReadConversationsAsync(int shard, Guid after, int limit, CancellationToken token)
    {
        // One statement, one moment: each head with its members.
        var rows = await _reads.ListAsync(
            $"""
            SELECT {Rows.HeadColumns}, {Rows.MemberColumns}
            FROM (SELECT x.* FROM conversation x WHERE x.shard = $1 AND x.id > $2 ORDER BY x.id LIMIT $3) c LEFT JOIN member m ON m.conversation = c.id ORDER BY c.id, m.user_id
            """,
            p =>
            {
                p.AddWithValue(shard);
                p.AddWithValue(after);
                p.AddWithValue((long)limit);
            },
            row => (Head: Rows.Head(row, Info.ShardCount), Member: row.IsDBNull(Rows.HeadWidth) ? null : Rows.Member(row, Rows.HeadWidth).Member),
            token);
        return [.. rows.GroupBy(r => r.Head.ConversationId).Select(g => new Membership(g.First().Head, [.. g.Where(r => r.Member is not null).Select(r => r.Member!)]))];
    }

    public async ValueTask<IReadOnlyList<EntryRow>> ReadEntryRowsAsync(Guid conversationId, long from, int limit, CancellationToken token) => await _server.ReadAsync(
        async connection =>
        {
            await using var command = new NpgsqlCommand(EntryRowColumns, connection)
            {
                Parameters = { new() { Value = conversationId }, new() { Value = from }, new() { Value = (long)limit } },
            };
            var rows = new List<EntryRow>();
            var bytes = 0L;
            await using var reader = await command.ExecuteReaderAsync(token);
            while (bytes < PageBytes && await reader.ReadAsync(token))
            {
                rows.Add(ArchiveRows.Entry(reader, conversationId));
                bytes += rows[^1].Body?.Utf8.Length ?? 0;
            }
            return (IReadOnlyList<EntryRow>)rows;
        },
        token);

    public ValueTask<IReadOnlyList<Guid>> ReadChangesAsync(int shard, long afterPosition, CancellationToken token) => _reads.ListAsync(
        "SELECT c.id FROM conversation c WHERE c.shard = $1 AND (c.position > $2 OR c.marks_position > $2)",
        p =>
        {
            p.AddWithValue(shard);
            p.AddWithValue(afterPosition);
        },
        row => row.GetGuid(0),
        token);

    public ValueTask<IReadOnlyList<(Guid UserId, Guid ConversationId)>> ReadUserIndexAsync(int shard, Guid afterUser, Guid afterConversation, int limit, CancellationToken token) =>
        _reads.ListAsync(
            """
            SELECT m.user_id, m.conversation FROM member m JOIN conversation c ON c.id = m.conversation AND c.shard = $1
            WHERE (m.user_id, m.conversation) > ($2, $3) ORDER BY m.user_id, m.conversation LIMIT $4
            """,
            p =>
            {
                p.AddWithValue(shard);
                p.AddWithValue(afterUser);
                p.AddWithValue(afterConversation);
                p.AddWithValue((long)limit);
            },
            row => (row.GetGuid(0), row.GetGuid(1)),
            token);

    public async ValueTask WriteRowsAsync(IReadOnlyList<Membership> conversations, IReadOnlyList<EntryRow> entries, CancellationToken token) => await _server.WriteAsync(
        async connection =>
        {
            await using var transaction = await connection.BeginTransactionAsync(token);
            await ArchiveRows.WriteAsync(connection, conversations, entries, Info.ShardCount, token);
            await transaction.CommitAsync(token);
            return true;
        },
        token);

    /// <summary>In many transactions, so that none holds rows, locks and dead versions for as long as the whole takes.</summary>
    public async ValueTask DropShardAsync(int shard, CancellationToken token)
    {
        var state = (await GetShardAsync(shard, token)).State;
        if (state is ShardState.Held or ShardState.Frozen)
        {
            throw new InvalidOperationException($"Shard {shard} is here: its rows are not dropped.");
        }
        foreach (var rows in DroppedRows)
        {
            while (await DropSomeAsync(shard, state, rows, token) == DropSlice)
            {
                // There are more of them.
            }
        }
    }

    private ValueTask<int> DropSomeAsync(int shard, ShardState state, string rows, CancellationToken token) => _server.WriteAsync(
        async connection =>
        {
            await using var transaction = await connection.BeginTransactionAsync(token);
            // One that has begun to be received meanwhile gets rows that are to stay.
            await using var look = new NpgsqlCommand("SELECT state FROM shard WHERE shard = $1 FOR SHARE", connection) { Parameters = { new() { Value = shard } } };
            if (await look.ExecuteScalarAsync(token) is not short now || (ShardState)now != state)
            {
                throw new LogUnavailableException($"Shard {shard} is no longer what it was when its rows began to be dropped.");
            }
            await using var drop = new NpgsqlCommand(rows, connection) { Parameters = { new() { Value = shard }, new() { Value = DropSlice } } };
            var dropped = await drop.ExecuteNonQueryAsync(token);
            await transaction.CommitAsync(token);
            return dropped;
        },
        token);

    public ValueTask<long> GetSizeAsync(CancellationToken token) => _server.ReadAsync(
        async connection =>
        {
            await using var command = new NpgsqlCommand(
                "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'modularchat_log'::regnamespace", connection);
            return (long)(await command.ExecuteScalarAsync(token))!;
        },
        token);
}
