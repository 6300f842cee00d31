using System.Text;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using Npgsql;

namespace ModularChat.Messaging.Storage.PostgreSql;

/// <summary>How records lie in columns.</summary>
internal static class Rows
{
    public const string HeadColumns = "c.id, c.kind, c.history, c.title, c.seq, c.position, c.number, c.members_seq, c.members_position, c.marks_position, c.member_count, c.cut, c.keep";

    /// <summary>How many these are.</summary>
    public const int HeadWidth = 13;

    public const string MemberColumns =
        "m.conversation, m.user_id, m.role, m.flags, m.delivered, m.read, m.read_number, m.marks_position, m.ranges_position, m.muted_until, m.ranges";

    /// <summary>
    /// An entry of "e" in present state; an edit's body is that of its target. Reactions are two arrays in their order. What few rows need is looked up for
    /// those only, by functions: joins and subqueries would have to be set up for each page.
    /// </summary>
    public const string EntryColumns = """
        e.place, e.conversation, e.seq, e.number, e.kind, e.sender, e.at, e.client_message_id, e.target,
        CASE WHEN e.kind = 2 THEN body_at(e.conversation, e.target) ELSE e.body END,
        e.state, e.changed, e.edited_at,
        CASE WHEN e.state & 4 <> 0 THEN emojis_at(e.conversation, e.seq) END, CASE WHEN e.state & 4 <> 0 THEN reactors_at(e.conversation, e.seq) END
        """;

    private const int Deleted = 1, Pinned = 2;

    public static Head Head(NpgsqlDataReader row, int shards, int at = 0)
    {
        var id = row.GetGuid(at);
        return new Head(
            id, Ids.Shard(id, shards), (ConversationKind)row.GetInt16(at + 1), row.IsDBNull(at + 3) ? null : Text(row, at + 3),
            (HistoryVisibility)row.GetInt16(at + 2), row.GetInt64(at + 4), row.GetInt64(at + 5), row.GetInt64(at + 6), row.GetInt64(at + 7),
            row.GetInt64(at + 8), row.GetInt64(at + 9), row.GetInt32(at + 10), row.GetInt64(at + 11),
            Keep(row, at + 12));
    }

    public static KeepRule? Keep(NpgsqlDataReader row, int at) =>
        !row.IsDBNull(at) && row.GetFieldValue<long[]>(at) is [var days, var count] ? new KeepRule((int)days, count) : null;

    public static (Guid ConversationId, Member Member) Member(NpgsqlDataReader row, int at = 0) => (
        row.GetGuid(at),
        new Member(
            row.GetGuid(at + 1), (MemberRole)row.GetInt16(at + 2), Ranges(row.GetFieldValue<long[]>(at + 10)), row.GetInt64(at + 4), row.GetInt64(at + 5),
            row.GetInt64(at + 6), row.GetInt64(at + 7), Preferences(row.IsDBNull(at + 9) ? null : row.GetInt64(at + 9), row.GetInt16(at + 3)), row.GetInt64(at + 8)));

    public static LogEntry Entry(NpgsqlDataReader row)
    {
        var place = row.GetInt64(0);
        var state = row.GetInt16(10);
        return new LogEntry(Place.Shard(place), Place.Position(place), new Entry
        {
            ConversationId = row.GetGuid(1),
            Seq = row.GetInt64(2),
            Number = row.GetInt64(3),
            Kind = (EntryKind)row.GetInt16(4),
            SenderId = row.GetGuid(5),
            At = Time(row.GetInt64(6)),
            ClientMessageId = row.GetGuid(7),
            Target = row.IsDBNull(8) ? null : row.GetInt64(8),
            Body = row.IsDBNull(9) ? null : new JsonBody(row.GetFieldValue<byte[]>(9)),
            IsDeleted = (state & Deleted) != 0 ? true : null,
            IsPinned = (state & Pinned) != 0 ? true : null,
            Changed = row.IsDBNull(11) ? null : row.GetInt64(11),
            EditedAt = row.IsDBNull(12) ? null : Time(row.GetInt64(12)),
            Reactions = row.IsDBNull(13) ? null : Reactions(row.GetFieldValue<byte[][]>(13), row.GetFieldValue<Guid[]>(14)),
        });
    }

    public static Preferences Preferences(long? mutedUntil, long flags) => mutedUntil is null && flags == 0
        ? Storage.Preferences.None
        : new Preferences(mutedUntil is { } ticks ? Time(ticks) : null, (flags & 1) != 0, (flags & 2) != 0);

    public static short Flags(Preferences preferences) => (short)((preferences.Pinned ? 1 : 0) | (preferences.Archived ? 2 : 0));

    public static VisibleRange[] Ranges(long[] numbers)
    {
        var ranges = new VisibleRange[numbers.Length / 4];
        for (var i = 0; i < ranges.Length; i++)
        {
            var isOpen = numbers[(i * 4) + 2] < 0;
            ranges[i] = new VisibleRange(numbers[i * 4], numbers[(i * 4) + 1], isOpen ? null : numbers[(i * 4) + 2], isOpen ? null : numbers[(i * 4) + 3]);
        }
        return ranges;
    }

    public static long[] Encode(VisibleRange[] ranges) => [.. ranges.SelectMany(r => new[] { r.From, r.NumberBefore, r.To ?? -1, r.NumberTo ?? -1 })];

    public static DateTimeOffset Time(long ticks) => new(ticks, TimeSpan.Zero);

    public static string Text(NpgsqlDataReader row, int column) => Encoding.UTF8.GetString(row.GetFieldValue<byte[]>(column));

    private static ReactionGroup[] Reactions(byte[][] emojis, Guid[] users)
    {
        var groups = new List<(byte[] Emoji, List<Guid> Users)>();
        for (var i = 0; i < emojis.Length; i++)
        {
            if (groups.Count == 0 || !groups[^1].Emoji.AsSpan().SequenceEqual(emojis[i]))
            {
                groups.Add((emojis[i], []));
            }
            groups[^1].Users.Add(users[i]);
        }
        return [.. groups.Select(g => new ReactionGroup(Encoding.UTF8.GetString(g.Emoji), [.. g.Users]))];
    }
}

/// <summary>A shard and a position in one number, by which all entries of a shard lie in order.</summary>
internal static class Place
{
    private const int Bits = 48;

    public static long Of(int shard, long position) => ((long)shard << Bits) | position;

    public static int Shard(long place) => (int)(place >> Bits);

    public static long Position(long place) => place & ((1L << Bits) - 1);
}
