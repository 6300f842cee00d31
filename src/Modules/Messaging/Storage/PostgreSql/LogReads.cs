using Npgsql;
using NpgsqlTypes;

namespace ModularChat.Messaging.Storage.PostgreSql;

/// <summary>Reads of committed state, each one statement, so that all of an answer is of one moment.</summary>
internal sealed class LogReads(LogServer server, int shards)
{
    public ValueTask<IReadOnlyList<Head>> HeadsAsync(IReadOnlyList<Guid> ids, CancellationToken token) => ListAsync(
        $"SELECT {Rows.HeadColumns} FROM unnest($1) WITH ORDINALITY AS o(id, ord) JOIN conversation c ON c.id = o.id ORDER BY o.ord",
        p => p.AddWithValue(NpgsqlDbType.Array | NpgsqlDbType.Uuid, ids.ToArray()), row => Rows.Head(row, shards), token);

    public ValueTask<Membership?> MembershipAsync(Guid id, CancellationToken token) => server.ReadAsync(
        async connection =>
        {
            await using var command = new NpgsqlCommand(
                $"SELECT {Rows.HeadColumns}, {Rows.MemberColumns} FROM conversation c LEFT JOIN member m ON m.conversation = c.id WHERE c.id = $1 ORDER BY m.user_id", connection);
            command.Parameters.AddWithValue(id);
            await using var reader = await command.ExecuteReaderAsync(token);
            Head? head = null;
            var members = new List<Member>();
            while (await reader.ReadAsync(token))
            {
                head ??= Rows.Head(reader, shards);
                if (!await reader.IsDBNullAsync(Rows.HeadWidth, token))
                {
                    members.Add(Rows.Member(reader, Rows.HeadWidth).Member);
                }
            }
            return head is null ? null : new Membership(head, members);
        },
        token);

    public ValueTask<IReadOnlyList<(Guid ConversationId, Member Member)>> MembersAsync(IReadOnlyList<Guid> ids, Guid user, CancellationToken token) => ListAsync(
        $"SELECT {Rows.MemberColumns} FROM unnest($1) WITH ORDINALITY AS o(id, ord) JOIN member m ON m.conversation = o.id AND m.user_id = $2 ORDER BY o.ord",
        p =>
        {
            p.AddWithValue(NpgsqlDbType.Array | NpgsqlDbType.Uuid, ids.ToArray());
            p.AddWithValue(user);
        },
        row => Rows.Member(row),
        token);

    /// <summary>Those whose shard is on its way to here are found where they come from.</summary>
    public ValueTask<IReadOnlyList<Guid>> ConversationsAsync(Guid user, CancellationToken token) => ListAsync(
        """
        SELECT m.conversation FROM member m WHERE m.user_id = $1 AND (NOT EXISTS (SELECT FROM shard s WHERE s.state >= 2)
            OR EXISTS (SELECT FROM conversation c JOIN shard s ON s.shard = c.shard WHERE c.id = m.conversation AND s.state < 2)) ORDER BY m.conversation
        """,
        p => p.AddWithValue(user), row => row.GetGuid(0), token);

    public async ValueTask<IReadOnlyList<LogEntry>> EntriesAsync(Guid id, long from, long to, int limit, bool newest, CancellationToken token)
    {
        if (limit <= 0 || from > to)
        {
            return [];
        }
        var entries = (List<LogEntry>)await ListAsync(
            newest ? Page + " DESC LIMIT $4" : Page + " LIMIT $4",
            p =>
            {
                p.AddWithValue(id);
                p.AddWithValue(from);
                p.AddWithValue(to);
                p.AddWithValue((long)limit);
            },
            Rows.Entry,
            token);
        if (newest)
        {
            entries.Reverse();
        }
        return entries;
    }

    public ValueTask<IReadOnlyList<LogEntry>> FeedAsync(int shard, long after, int limit, CancellationToken token) => ListAsync(
        FeedPage,
        p =>
        {
            p.AddWithValue(Place.Of(shard, Math.Max(0, after)));
            p.AddWithValue(Place.Of(shard + 1, 0));
            p.AddWithValue((long)Math.Max(0, limit));
        },
        Rows.Entry,
        token);

    public ValueTask<long> NumberAsync(Guid id, long seq, CancellationToken token) => server.ReadAsync(
        async connection =>
        {
            await using var command = new NpgsqlCommand("SELECT number_at($1, $2)", connection) { Parameters = { new() { Value = id }, new() { Value = seq } } };
            return await command.ExecuteScalarAsync(token) as long? ?? 0;
        },
        token);

    /// <summary>The entries of a shard in order of position that are not cut; the places of the first and after the last are given, and how many.</summary>
    public const string FeedPage = $"""
        SELECT {Rows.EntryColumns} FROM entry e JOIN conversation c ON c.id = e.conversation
        WHERE e.place > $1 AND e.place < $2 AND e.seq > c.cut ORDER BY e.place LIMIT $3
        """;

    private const string Page = $"""
        SELECT {Rows.EntryColumns} FROM entry e
        WHERE e.conversation = $1 AND e.seq >= $2 AND e.seq <= $3 AND e.seq > (SELECT c.cut FROM conversation c WHERE c.id = $1) ORDER BY e.seq
        """;

    public ValueTask<IReadOnlyList<T>> ListAsync<T>(string sql, Action<NpgsqlParameterCollection> bind, Func<NpgsqlDataReader, T> read, CancellationToken token) => server.ReadAsync(
        async connection =>
        {
            await using var command = new NpgsqlCommand(sql, connection);
            bind(command.Parameters);
            return (IReadOnlyList<T>)await ListAsync(command, read, token);
        },
        token);

    public static async Task<List<T>> ListAsync<T>(NpgsqlCommand command, Func<NpgsqlDataReader, T> read, CancellationToken token)
    {
        var rows = new List<T>();
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token))
        {
            rows.Add(read(reader));
        }
        return rows;
    }
}
