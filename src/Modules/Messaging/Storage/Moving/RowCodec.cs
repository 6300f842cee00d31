using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Storage.Moving;

/// <summary>
/// The one form in which rows are hashed and kept in files, the same for every engine: little-endian numbers, ids as 16 big-endian bytes,
/// times as UTC ticks, lists in their natural order. Part of the storage format: docs/storage.md has it, and it never changes for a version.
/// </summary>
internal static class RowCodec
{
    public static void Write(BinaryWriter writer, Membership membership)
    {
        var head = membership.Head;
        WriteId(writer, head.ConversationId);
        writer.Write((byte)head.Kind);
        // 1 a title, 2 a rule of what is kept: it comes behind the cut, and where there is none the form is that of before there were any.
        writer.Write((byte)((head.Title is null ? 0 : 1) | (head.Keep is null ? 0 : 2)));
        writer.Write(head.Title ?? "");
        writer.Write((byte)head.History);
        writer.Write(head.Seq);
        writer.Write(head.Position);
        writer.Write(head.Number);
        writer.Write(head.MembersSeq);
        writer.Write(head.MembersPosition);
        writer.Write(head.MarksPosition);
        writer.Write(head.MemberCount);
        writer.Write(head.Cut);
        if (head.Keep is { } keep)
        {
            writer.Write(keep.Days);
            writer.Write(keep.Count);
        }
        writer.Write(membership.Members.Count);
        foreach (var member in membership.Members.OrderBy(m => m.UserId))
        {
            Write(writer, member);
        }
    }

    public static Membership ReadMembership(BinaryReader reader, int shards)
    {
        var id = ReadId(reader);
        var kind = (ConversationKind)reader.ReadByte();
        var flags = reader.ReadByte();
        var title = reader.ReadString();
        var head = new Head(
            id, Ids.Shard(id, shards), kind, (flags & 1) != 0 ? title : null, (HistoryVisibility)reader.ReadByte(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(),
            reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt32(), reader.ReadInt64(),
            (flags & 2) != 0 ? new KeepRule(reader.ReadInt32(), reader.ReadInt64()) : null);
        var members = new Member[Count(reader)];
        for (var i = 0; i < members.Length; i++)
        {
            members[i] = ReadMember(reader);
        }
        return new Membership(head, members);
    }

    public static void Write(BinaryWriter writer, EntryRow row)
    {
        WriteId(writer, row.ConversationId);
        writer.Write(row.Seq);
        writer.Write(row.Position);
        writer.Write(row.Number);
        writer.Write((byte)row.Kind);
        WriteId(writer, row.SenderId);
        writer.Write(row.At.UtcTicks);
        WriteId(writer, row.ClientMessageId);
        writer.Write(row.Target ?? 0);
        writer.Write(row.Body?.Utf8.Length ?? -1);
        if (row.Body is not null)
        {
            writer.Write(row.Body.Utf8.Span);
        }
        writer.Write((byte)((row.IsDeleted ? 1 : 0) | (row.IsPinned ? 2 : 0)));
        writer.Write(row.Changed ?? 0);
        writer.Write(row.EditedAt?.UtcTicks ?? 0);
        writer.Write(row.Reactions.Count);
        foreach (var reaction in row.Reactions.OrderBy(r => r.First).ThenBy(r => r.Added))
        {
            writer.Write(reaction.Emoji);
            WriteId(writer, reaction.UserId);
            writer.Write(reaction.Added);
            writer.Write(reaction.First);
        }
        writer.Write((byte)(row.RequestHash?.Length ?? 0));
        writer.Write(row.RequestHash ?? []);
        writer.Write(row.Check);
    }

    public static EntryRow ReadEntry(BinaryReader reader)
    {
        var id = ReadId(reader);
        var (seq, position, number, kind) = (reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), (EntryKind)reader.ReadByte());
        var (sender, at, request, target) = (ReadId(reader), Time(reader.ReadInt64()), ReadId(reader), Unless0(reader.ReadInt64()));
        var length = reader.ReadInt32();
        var body = length < 0 ? null : new JsonBody(reader.ReadBytes(length));
        var (flags, changed, edited) = (reader.ReadByte(), Unless0(reader.ReadInt64()), reader.ReadInt64());
        var reactions = new ReactionRow[Count(reader)];
        for (var i = 0; i < reactions.Length; i++)
        {
            reactions[i] = new ReactionRow(reader.ReadString(), ReadId(reader), reader.ReadInt64(), reader.ReadInt64());
        }
        var hash = reader.ReadBytes(reader.ReadByte());
        return new EntryRow(
            id, seq, position, number, kind, sender, at, request, target, body, (flags & 1) != 0, (flags & 2) != 0, changed, edited == 0 ? null : Time(edited),
            reactions, hash.Length == 0 ? null : hash, reader.ReadInt64());
    }

    public static void WriteId(BinaryWriter writer, Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        writer.Write(bytes);
    }

    public static Guid ReadId(BinaryReader reader) => new(reader.ReadBytes(16), bigEndian: true);

    private static void Write(BinaryWriter writer, Member member)
    {
        WriteId(writer, member.UserId);
        writer.Write((byte)member.Role);
        writer.Write(member.Ranges.Length);
        foreach (var range in member.Ranges)
        {
            writer.Write(range.From);
            writer.Write(range.NumberBefore);
            writer.Write(range.To ?? -1);
            writer.Write(range.NumberTo ?? -1);
        }
        writer.Write(member.Delivered);
        writer.Write(member.Read);
        writer.Write(member.ReadNumber);
        writer.Write(member.MarksPosition);
        writer.Write(member.Preferences.MutedUntil?.UtcTicks ?? 0);
        writer.Write((byte)((member.Preferences.Pinned ? 1 : 0) | (member.Preferences.Archived ? 2 : 0)));
        writer.Write(member.RangesPosition);
    }

    private static Member ReadMember(BinaryReader reader)
    {
        var (user, role) = (ReadId(reader), (MemberRole)reader.ReadByte());
        var ranges = new VisibleRange[Count(reader)];
        for (var i = 0; i < ranges.Length; i++)
        {
            var (from, before, to, number) = (reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64());
            ranges[i] = new VisibleRange(from, before, to < 0 ? null : to, to < 0 ? null : number);
        }
        var (delivered, read, readNumber, marks) = (reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64());
        var (muted, flags) = (reader.ReadInt64(), reader.ReadByte());
        var preferences = muted == 0 && flags == 0 ? Preferences.None : new Preferences(muted == 0 ? null : Time(muted), (flags & 1) != 0, (flags & 2) != 0);
        return new Member(user, role, ranges, delivered, read, readNumber, marks, preferences, reader.ReadInt64());
    }

    private static DateTimeOffset Time(long ticks) => new(ticks, TimeSpan.Zero);

    private static long? Unless0(long value) => value == 0 ? null : value;

    /// <summary>A length that cannot be true must not become an allocation; the file's checksum was right, so this is a foreign file.</summary>
    private static int Count(BinaryReader reader) =>
        reader.ReadInt32() is >= 0 and < 10_000_000 and var count ? count : throw new InvalidDataException("A record has an impossible length.");
}
