using System.Globalization;
using System.Text;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using Npgsql;
using NpgsqlTypes;

namespace ModularChat.Messaging.Storage.PostgreSql;

/// <summary>Rows as they are, read and written past all rules.</summary>
internal static class ArchiveRows
{
    private const int Deleted = 1, Pinned = 2, Reacted = 4, Cut = 8;
    private const NpgsqlDbType Uuid = NpgsqlDbType.Uuid, Bigint = NpgsqlDbType.Bigint, Smallint = NpgsqlDbType.Smallint, Bytea = NpgsqlDbType.Bytea;

    public static EntryRow Entry(NpgsqlDataReader row, Guid conversationId)
    {
        var state = row.GetInt16(9);
        var (emojis, users) = (row.GetFieldValue<byte[][]>(14), row.GetFieldValue<Guid[]>(15));
        var (added, first) = (row.GetFieldValue<long[]>(16), row.GetFieldValue<long[]>(17));
        return new EntryRow(
            conversationId, row.GetInt64(1), Place.Position(row.GetInt64(0)), row.GetInt64(2), (EntryKind)row.GetInt16(3), row.GetGuid(4), Rows.Time(row.GetInt64(5)),
            row.GetGuid(6), row.IsDBNull(7) ? null : row.GetInt64(7), row.IsDBNull(8) ? null : new JsonBody(row.GetFieldValue<byte[]>(8)),
            (state & Deleted) != 0, (state & Pinned) != 0, row.IsDBNull(10) ? null : row.GetInt64(10), row.IsDBNull(11) ? null : Rows.Time(row.GetInt64(11)),
            [.. emojis.Select((e, i) => new ReactionRow(Encoding.UTF8.GetString(e), users[i], added[i], first[i]))],
            row.IsDBNull(12) ? null : row.GetGuid(12).ToByteArray(bigEndian: true), row.GetInt64(13));
    }

    /// <summary>Within the caller's transaction.</summary>
    public static async Task WriteAsync(NpgsqlConnection connection, IReadOnlyList<Membership> conversations, IReadOnlyList<EntryRow> entries, int shards, CancellationToken token)
    {
        var written = conversations.Select(c => c.Head.Shard).Concat(entries.Select(e => Ids.Shard(e.ConversationId, shards))).Distinct().ToArray();
        await using var states = new NpgsqlCommand("SELECT shard FROM shard WHERE shard = ANY($1) AND state = $2 FOR SHARE", connection)
        {
            Parameters = { new() { Value = written }, new() { Value = (short)ShardState.Receiving } },
        };
        var receiving = await LogReads.ListAsync(states, row => row.GetInt32(0), token);
        if (receiving.Count != written.Length)
        {
            throw new InvalidOperationException("Rows are written only into a shard that is being received.");
        }
        await WriteHeadsAsync(connection, [.. conversations.Select(c => c.Head)], token);
        await WriteMembersAsync(connection, [.. conversations.SelectMany(c => c.Members.Select(m => (c.Head.ConversationId, m)))], token);
        await WriteEntriesAsync(connection, entries, shards, token);
        await WriteReactionsAsync(connection, entries, token);
    }

    private static Task WriteHeadsAsync(NpgsqlConnection connection, Head[] heads, CancellationToken token) => RunAsync(
        connection,
        """
        INSERT INTO conversation (id, shard, kind, history, title, seq, position, number, members_seq, members_position, marks_position, member_count, cut, keep)
        SELECT o.id, o.shard, o.kind, o.history, o.title, o.seq, o.position, o.number, o.members_seq, o.members_position, o.marks_position, o.member_count, o.cut, o.keep::bigint[]
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
            AS o(id, shard, kind, history, title, seq, position, number, members_seq, members_position, marks_position, member_count, cut, keep)
        ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, history = excluded.history, title = excluded.title, seq = excluded.seq, position = excluded.position,
            number = excluded.number, members_seq = excluded.members_seq, members_position = excluded.members_position, marks_position = excluded.marks_position,
            member_count = excluded.member_count, cut = excluded.cut, keep = excluded.keep
        """,
        heads.Length,
        token,
        (Uuid, heads.Select(h => h.ConversationId).ToArray()), (NpgsqlDbType.Integer, heads.Select(h => h.Shard).ToArray()),
        (Smallint, heads.Select(h => (short)h.Kind).ToArray()), (Smallint, heads.Select(h => (short)h.History).ToArray()),
        (Bytea, heads.Select(h => h.Title is null ? null : Encoding.UTF8.GetBytes(h.Title)).ToArray()),
        (Bigint, heads.Select(h => h.Seq).ToArray()), (Bigint, heads.Select(h => h.Position).ToArray()), (Bigint, heads.Select(h => h.Number).ToArray()),
        (Bigint, heads.Select(h => h.MembersSeq).ToArray()), (Bigint, heads.Select(h => h.MembersPosition).ToArray()),
        (Bigint, heads.Select(h => h.MarksPosition).ToArray()), (NpgsqlDbType.Integer, heads.Select(h => h.MemberCount).ToArray()), (Bigint, heads.Select(h => h.Cut).ToArray()),
        (NpgsqlDbType.Text, heads.Select(h => h.Keep is null ? null : string.Create(CultureInfo.InvariantCulture, $"{{{h.Keep.Days},{h.Keep.Count}}}")).ToArray()));

    // An array of arrays must be square in SQL, so the ranges travel as text.
    private static Task WriteMembersAsync(NpgsqlConnection connection, (Guid Conversation, Member Row)[] members, CancellationToken token) => RunAsync(
        connection,
        """
        INSERT INTO member (conversation, user_id, role, flags, delivered, read, read_number, marks_position, ranges_position, muted_until, ranges)
        SELECT o.conversation, o.user_id, o.role, o.flags, o.delivered, o.read, o.read_number, o.marks, o.range_place, o.muted, o.ranges::bigint[]
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) AS o(conversation, user_id, role, flags, delivered, read, read_number, marks, range_place, muted, ranges)
        ON CONFLICT (conversation, user_id) DO UPDATE SET role = excluded.role, flags = excluded.flags, delivered = excluded.delivered, read = excluded.read,
            read_number = excluded.read_number, marks_position = excluded.marks_position, ranges_position = excluded.ranges_position,
            muted_until = excluded.muted_until, ranges = excluded.ranges
        """,
        members.Length,
        token,
        (Uuid, members.Select(m => m.Conversation).ToArray()), (Uuid, members.Select(m => m.Row.UserId).ToArray()),
        (Smallint, members.Select(m => (short)m.Row.Role).ToArray()), (Smallint, members.Select(m => Rows.Flags(m.Row.Preferences)).ToArray()),
        (Bigint, members.Select(m => m.Row.Delivered).ToArray()), (Bigint, members.Select(m => m.Row.Read).ToArray()),
        (Bigint, members.Select(m => m.Row.ReadNumber).ToArray()), (Bigint, members.Select(m => m.Row.MarksPosition).ToArray()),
        (Bigint, members.Select(m => m.Row.RangesPosition).ToArray()), (Bigint, members.Select(m => m.Row.Preferences.MutedUntil?.UtcTicks).ToArray()),
        (NpgsqlDbType.Text, members.Select(m => "{" + string.Join(',', Rows.Encode(m.Row.Ranges)) + "}").ToArray()));

    private static Task WriteEntriesAsync(NpgsqlConnection connection, IReadOnlyList<EntryRow> rows, int shards, CancellationToken token) => RunAsync(
        connection,
        $"""
        INSERT INTO entry (place, seq, number, at, chk, target, changed, edited_at, kind, state, conversation, sender, client_message_id, hash, body)
        SELECT o.place, o.seq, o.number, o.at, o.chk, o.target, o.changed, o.edited_at, o.kind,
            o.state | CASE WHEN o.seq <= (SELECT c.cut FROM conversation c WHERE c.id = o.conversation) THEN {Cut} ELSE 0 END,
            o.conversation, o.sender, o.client, o.hash, o.body
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
            AS o(place, seq, number, at, chk, target, changed, edited_at, kind, state, conversation, sender, client, hash, body)
        ON CONFLICT (place) DO UPDATE SET number = excluded.number, chk = excluded.chk, changed = excluded.changed, edited_at = excluded.edited_at,
            state = excluded.state, hash = excluded.hash, body = excluded.body
        """,
        rows.Count,
        token,
        (Bigint, rows.Select(r => Place.Of(Ids.Shard(r.ConversationId, shards), r.Position)).ToArray()), (Bigint, rows.Select(r => r.Seq).ToArray()),
        (Bigint, rows.Select(r => r.Number).ToArray()), (Bigint, rows.Select(r => r.At.UtcTicks).ToArray()), (Bigint, rows.Select(r => r.Check).ToArray()),
        (Bigint, rows.Select(r => r.Target).ToArray()), (Bigint, rows.Select(r => r.Changed).ToArray()), (Bigint, rows.Select(r => r.EditedAt?.UtcTicks).ToArray()),
        (Smallint, rows.Select(r => (short)r.Kind).ToArray()), (Smallint, rows.Select(State).ToArray()), (Uuid, rows.Select(r => r.ConversationId).ToArray()),
        (Uuid, rows.Select(r => r.SenderId).ToArray()), (Uuid, rows.Select(r => r.ClientMessageId).ToArray()),
        (Uuid, rows.Select(r => r.RequestHash is { } hash ? new Guid(hash, bigEndian: true) : (Guid?)null).ToArray()),
        (Bytea, rows.Select(r => r.Body?.Utf8.ToArray()).ToArray()));

    private static async Task WriteReactionsAsync(NpgsqlConnection connection, IReadOnlyList<EntryRow> rows, CancellationToken token)
    {
        var messages = rows.Where(r => r.Kind == EntryKind.Message).ToArray();
        await RunAsync(
            connection,
            "DELETE FROM reaction r USING unnest($1, $2) AS o(conversation, seq) WHERE r.conversation = o.conversation AND r.seq = o.seq",
            messages.Length,
            token,
            (Uuid, messages.Select(r => r.ConversationId).ToArray()), (Bigint, messages.Select(r => r.Seq).ToArray()));
        var reactions = messages.SelectMany(m => m.Reactions.Select(r => (Message: m, Reaction: r))).ToArray();
        await RunAsync(
            connection,
            "INSERT INTO reaction (conversation, seq, emoji, user_id, added, first) SELECT * FROM unnest($1, $2, $3, $4, $5, $6)",
            reactions.Length,
            token,
            (Uuid, reactions.Select(r => r.Message.ConversationId).ToArray()), (Bigint, reactions.Select(r => r.Message.Seq).ToArray()),
            (Bytea, reactions.Select(r => Encoding.UTF8.GetBytes(r.Reaction.Emoji)).ToArray()), (Uuid, reactions.Select(r => r.Reaction.UserId).ToArray()),
            (Bigint, reactions.Select(r => r.Reaction.Added).ToArray()), (Bigint, reactions.Select(r => r.Reaction.First).ToArray()));
    }

    private static short State(EntryRow row) => (short)((row.IsDeleted ? Deleted : 0) | (row.IsPinned ? Pinned : 0) | (row.Reactions.Count > 0 ? Reacted : 0));

    private static async Task RunAsync(NpgsqlConnection connection, string sql, int rows, CancellationToken token, params (NpgsqlDbType Type, Array Values)[] columns)
    {
        if (rows == 0)
        {
            return;
        }
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var (type, values) in columns)
        {
            command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | type, Value = values });
        }
        await command.ExecuteNonQueryAsync(token);
    }
}
