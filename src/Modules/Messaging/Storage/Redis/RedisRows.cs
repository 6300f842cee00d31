using System.Text;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Storage.Redis;

/// <summary>How heads, members and entries lie in strings. The scripts read and write the same.</summary>
internal static class RedisRows
{
    public const int Deleted = 1, Pinned = 2, HasReactions = 4, HasTarget = 8, Forgotten = 16, IsChanged = 32;

    private const int Muted = 4, HasTitle = 1, HasKeep = 2;

    public static Head Head(ReadOnlySpan<byte> row, Guid id, int shard)
    {
        var reader = new PackedReader(row);
        var kind = (ConversationKind)reader.Byte();
        var history = (HistoryVisibility)reader.Byte();
        var (seq, position, number) = (reader.Number(), reader.Number(), reader.Number());
        var (membersSeq, membersPosition, marksPosition) = (reader.Number(), reader.Number(), reader.Number());
        var (members, cut) = (reader.Integer(), reader.Number());
        var flags = reader.Byte();
        var keep = (flags & HasKeep) != 0 ? new KeepRule(reader.Integer(), reader.Number()) : null;
        var title = (flags & HasTitle) != 0 ? Encoding.UTF8.GetString(reader.Rest) : null;
        return new Head(id, shard, kind, title, history, seq, position, number, membersSeq, membersPosition, marksPosition, members, cut, keep);
    }

    public static byte[] Encode(Head head) => new PackedWriter()
        .Byte((int)head.Kind).Byte((int)head.History).Number(head.Seq).Number(head.Position).Number(head.Number).Number(head.MembersSeq)
        .Number(head.MembersPosition).Number(head.MarksPosition).Integer(head.MemberCount).Number(head.Cut)
        .Byte((head.Title is null ? 0 : HasTitle) | (head.Keep is null ? 0 : HasKeep)).Bytes(Keep(head.Keep)).Bytes(Encoding.UTF8.GetBytes(head.Title ?? "")).ToArray();

    /// <summary>A title with a byte before it that tells none from an empty one.</summary>
    public static byte[] Title(string? title) => title is null ? [0] : [1, .. Encoding.UTF8.GetBytes(title)];

    /// <summary>A rule of what is kept; nothing for none.</summary>
    public static byte[] Keep(KeepRule? keep) => keep is null ? [] : new PackedWriter(10).Integer(keep.Days).Number(keep.Count).ToArray();

    public static Member Member(ReadOnlySpan<byte> row, Guid user)
    {
        var reader = new PackedReader(row);
        var role = (MemberRole)reader.Byte();
        var (delivered, read, readNumber) = (reader.Number(), reader.Number(), reader.Number());
        var (marksPosition, rangesPosition) = (reader.Number(), reader.Number());
        var flags = reader.Byte();
        DateTimeOffset? mutedUntil = (flags & Muted) != 0 ? Time(reader.Long()) : null;
        var preferences = flags == 0 ? Preferences.None : new Preferences(mutedUntil, (flags & 1) != 0, (flags & 2) != 0);
        var ranges = new VisibleRange[reader.Rest.Length / 24];
        for (var i = 0; i < ranges.Length; i++)
        {
            var (from, before, to, number) = (reader.Number(), reader.Number(), reader.Number(), reader.Number());
            ranges[i] = new VisibleRange(from, before, to == 0 ? null : to, to == 0 ? null : number);
        }
        return new Member(user, role, ranges, delivered, read, readNumber, marksPosition, preferences, rangesPosition);
    }

    public static byte[] Encode(Member member)
    {
        var writer = new PackedWriter()
            .Byte((int)member.Role).Number(member.Delivered).Number(member.Read).Number(member.ReadNumber).Number(member.MarksPosition)
            .Number(member.RangesPosition).Byte(Flags(member.Preferences)).Bytes(MutedUntil(member.Preferences));
        foreach (var range in member.Ranges)
        {
            writer.Number(range.From).Number(range.NumberBefore).Number(range.To ?? 0).Number(range.NumberTo ?? 0);
        }
        return writer.ToArray();
    }

    public static int Flags(Preferences preferences) =>
        (preferences.Pinned ? 1 : 0) | (preferences.Archived ? 2 : 0) | (preferences.MutedUntil is null ? 0 : Muted);

    public static byte[] MutedUntil(Preferences preferences) => preferences.MutedUntil is { } until ? new PackedWriter(8).Long(until.UtcTicks).ToArray() : [];

    /// <summary>The part of an entry's row that never changes but for the body's half of the check.</summary>
    public static PackedWriter Fixed(PackedWriter writer, Guid sender, DateTimeOffset at, Guid clientMessageId, ReadOnlySpan<byte> requestHash, long check) =>
        writer.Id(sender).Long(at.UtcTicks).Id(clientMessageId).Bytes(requestHash).Long(check);

    public static byte[] Encode(EntryRow row)
    {
        var flags = (row.IsDeleted ? Deleted : 0) | (row.IsPinned ? Pinned : 0) | (row.Reactions.Count > 0 ? HasReactions : 0)
            | (row.Target is null ? 0 : HasTarget) | (row.RequestHash is null ? Forgotten : 0) | (row.Changed is null && row.EditedAt is null ? 0 : IsChanged);
        var writer = Fixed(
            new PackedWriter(128).Byte((int)row.Kind).Byte(flags).Number(row.Position).Number(row.Number),
            row.SenderId, row.At, row.ClientMessageId, row.RequestHash ?? new byte[16], row.Check);
        if (row.Target is { } target)
        {
            writer.Number(target);
        }
        if ((flags & IsChanged) != 0)
        {
            writer.Number(row.Changed ?? 0).Long(row.EditedAt?.UtcTicks ?? 0);
        }
        return writer.Bytes(row.Body is null ? [] : row.Body.Utf8.Span).ToArray();
    }

    /// <summary>A row as it is. <paramref name="extra"/>: its reactions, where it has some.</summary>
    public static EntryRow EntryRow(ReadOnlySpan<byte> row, Guid conversation, long seq, ReadOnlySpan<byte> extra, long forgotten)
    {
        var reader = new PackedReader(row);
        var kind = (EntryKind)reader.Byte();
        var flags = reader.Byte();
        var (position, number) = (reader.Number(), reader.Number());
        var (sender, at, id) = (reader.Id(), Time(reader.Long()), reader.Id());
        var hash = reader.Bytes(16).ToArray();
        var check = reader.Long();
        long? target = (flags & HasTarget) != 0 ? reader.Number() : null;
        var (changed, edited) = (flags & IsChanged) != 0 ? (reader.Number(), reader.Long()) : (0, 0);
        return new EntryRow(
            conversation, seq, position, number, kind, sender, at, id, target, Body(reader.Rest), (flags & Deleted) != 0, (flags & Pinned) != 0,
            changed == 0 ? null : changed, edited == 0 ? null : Time(edited), (flags & HasReactions) != 0 ? Reactions(extra) : [],
            (flags & Forgotten) != 0 || position <= forgotten ? null : hash, check);
    }

    /// <summary>An entry as readers get it. <paramref name="extra"/>: its reactions, or for an edit the target's present body.</summary>
    public static LogEntry LogEntry(ReadOnlySpan<byte> row, Guid conversation, int shard, long seq, ReadOnlySpan<byte> extra)
    {
        var reader = new PackedReader(row);
        var kind = (EntryKind)reader.Byte();
        var flags = reader.Byte();
        var (position, number) = (reader.Number(), reader.Number());
        var (sender, at, id) = (reader.Id(), Time(reader.Long()), reader.Id());
        // Its request and its check are not for readers.
        reader.Bytes(16 + 8);
        long? target = (flags & HasTarget) != 0 ? reader.Number() : null;
        var (changed, edited) = (flags & IsChanged) != 0 ? (reader.Number(), reader.Long()) : (0, 0);
        return new LogEntry(shard, position, new Entry
        {
            ConversationId = conversation,
            Seq = seq,
            Kind = kind,
            SenderId = sender,
            At = at,
            Number = number,
            Target = target,
            Body = Body(kind == EntryKind.Edited ? extra : reader.Rest),
            ClientMessageId = id,
            Changed = changed == 0 ? null : changed,
            EditedAt = edited == 0 ? null : Time(edited),
            IsDeleted = (flags & Deleted) != 0 ? true : null,
            IsPinned = (flags & Pinned) != 0 ? true : null,
            Reactions = (flags & HasReactions) != 0 && Reactions(extra) is { Count: > 0 } reactions
                ? [.. reactions.GroupBy(r => r.Emoji).Select(g => new ReactionGroup(g.Key, [.. g.Select(r => r.UserId)]))] : null,
        });
    }

    public static byte[] Encode(IReadOnlyList<ReactionRow> reactions)
    {
        var writer = new PackedWriter();
        foreach (var reaction in reactions.OrderBy(r => r.Added))
        {
            var emoji = Encoding.UTF8.GetBytes(reaction.Emoji);
            writer.Byte(emoji.Length).Bytes(emoji).Id(reaction.UserId).Number(reaction.Added).Number(reaction.First);
        }
        return writer.ToArray();
    }

    public static DateTimeOffset Time(long ticks) => new(ticks, TimeSpan.Zero);

    private static List<ReactionRow> Reactions(ReadOnlySpan<byte> bytes)
    {
        var rows = new List<ReactionRow>();
        var reader = new PackedReader(bytes);
        while (!reader.IsEmpty)
        {
            var emoji = Encoding.UTF8.GetString(reader.Bytes(reader.Byte()));
            rows.Add(new ReactionRow(emoji, reader.Id(), reader.Number(), reader.Number()));
        }
        return [.. rows.OrderBy(r => r.First).ThenBy(r => r.Added)];
    }

    private static JsonBody? Body(ReadOnlySpan<byte> body) => body.IsEmpty ? null : new JsonBody(body.ToArray());
}
