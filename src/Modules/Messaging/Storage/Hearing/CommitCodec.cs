using System.Text;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage.Moving;

namespace ModularChat.Messaging.Storage.Hearing;

/// <summary>
/// A commit as bytes, on its way to another node. A form of another version is not read: that node takes the commit from the store.
/// </summary>
internal static class CommitCodec
{
    private const byte Form = 2;
    private const int MostItems = 1_000_000;

    private enum ChangeKind : byte
    {
        None,
        Create,
        ChangeMembers,
        Settings,
        Edit,
        Delete,
        React,
        Pin,
    }

    public static byte[] Write(Commit commit)
    {
        using var bytes = new MemoryStream(256 * (commit.Entries.Count + commit.Heads.Count));
        using var writer = new BinaryWriter(bytes, Encoding.UTF8);
        writer.Write(Form);
        var members = commit.Members.ToLookup(m => m.ConversationId, m => m.Member);
        writer.Write7BitEncodedInt(commit.Heads.Count);
        foreach (var head in commit.Heads)
        {
            RowCodec.Write(writer, new Membership(head, [.. members[head.ConversationId]]));
        }
        writer.Write7BitEncodedInt(commit.Entries.Count);
        foreach (var committed in commit.Entries)
        {
            writer.Write7BitEncodedInt64(committed.Position - commit.PreviousPosition);
            Write(writer, committed.Entry);
            Write(writer, committed.Change);
        }
        writer.Flush();
        return bytes.ToArray();
    }

    /// <summary>Null for bytes that this version cannot read.</summary>
    public static Commit? Read(byte[] content, int shard, int shards, long previousPosition, long position)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(content, writable: false), Encoding.UTF8);
            if (reader.ReadByte() != Form)
            {
                return null;
            }
            var heads = new Head[Count(reader)];
            var members = new List<(Guid, Member)>();
            for (var i = 0; i < heads.Length; i++)
            {
                var touched = RowCodec.ReadMembership(reader, shards);
                heads[i] = touched.Head;
                members.AddRange(touched.Members.Select(m => (touched.Head.ConversationId, m)));
            }
            var entries = new CommittedEntry[Count(reader)];
            for (var i = 0; i < entries.Length; i++)
            {
                entries[i] = new CommittedEntry(previousPosition + reader.Read7BitEncodedInt64(), ReadEntry(reader), ReadChange(reader));
            }
            return reader.BaseStream.Position == content.Length ? new Commit(shard, previousPosition, position, entries, members, heads) : null;
        }
        catch (Exception e) when (e is IOException or FormatException or ArgumentException or InvalidDataException or OverflowException)
        {
            return null;
        }
    }

    private static void Write(BinaryWriter writer, Entry entry)
    {
        RowCodec.WriteId(writer, entry.ConversationId);
        writer.Write7BitEncodedInt64(entry.Seq);
        writer.Write((byte)entry.Kind);
        RowCodec.WriteId(writer, entry.SenderId);
        writer.Write(entry.At.UtcTicks);
        writer.Write7BitEncodedInt64(entry.Number);
        writer.Write7BitEncodedInt64(entry.Target ?? 0);
        writer.Write7BitEncodedInt((entry.Body?.Utf8.Length ?? -1) + 1);
        if (entry.Body is { } body)
        {
            writer.Write(body.Utf8.Span);
        }
        RowCodec.WriteId(writer, entry.ClientMessageId ?? Guid.Empty);
        writer.Write7BitEncodedInt64(entry.Changed ?? 0);
        writer.Write(entry.EditedAt?.UtcTicks ?? 0);
        writer.Write((byte)((entry.IsDeleted == true ? 1 : 0) | (entry.IsPinned == true ? 2 : 0)));
        writer.Write7BitEncodedInt(entry.Reactions?.Length ?? 0);
        foreach (var group in entry.Reactions ?? [])
        {
            writer.Write(group.Emoji);
            writer.Write7BitEncodedInt(group.UserIds.Length);
            Array.ForEach(group.UserIds, id => RowCodec.WriteId(writer, id));
        }
    }

    private static Entry ReadEntry(BinaryReader reader)
    {
        var (conversation, seq, kind, sender) = (RowCodec.ReadId(reader), reader.Read7BitEncodedInt64(), (EntryKind)reader.ReadByte(), RowCodec.ReadId(reader));
        var (at, number, target, length) = (Time(reader.ReadInt64()), reader.Read7BitEncodedInt64(), Unless0(reader.Read7BitEncodedInt64()), reader.Read7BitEncodedInt() - 1);
        var body = length < 0 ? null : new JsonBody(reader.ReadBytes(length));
        var (request, changed, edited, flags) = (RowCodec.ReadId(reader), Unless0(reader.Read7BitEncodedInt64()), reader.ReadInt64(), reader.ReadByte());
        var reactions = new ReactionGroup[Count(reader)];
        for (var i = 0; i < reactions.Length; i++)
        {
            var emoji = reader.ReadString();
            var users = new Guid[Count(reader)];
            for (var j = 0; j < users.Length; j++)
            {
                users[j] = RowCodec.ReadId(reader);
            }
            reactions[i] = new ReactionGroup(emoji, users);
        }
        return new Entry
        {
            ConversationId = conversation,
            Seq = seq,
            Kind = kind,
            SenderId = sender,
            At = at,
            Number = number,
            Target = target,
            Body = body,
            ClientMessageId = request == Guid.Empty ? null : request,
            Changed = changed,
            EditedAt = edited == 0 ? null : Time(edited),
            IsDeleted = (flags & 1) != 0 ? true : null,
            IsPinned = (flags & 2) != 0 ? true : null,
            Reactions = reactions.Length == 0 ? null : reactions,
        };
    }

    private static void Write(BinaryWriter writer, Change? change)
    {
        switch (change)
        {
            case null:
                writer.Write((byte)ChangeKind.None);
                break;
            case Change.Create create:
                writer.Write((byte)ChangeKind.Create);
                writer.Write((byte)create.Kind);
                Write(writer, create.Title);
                writer.Write((byte)create.History);
                writer.Write7BitEncodedInt(create.Members.Count);
                foreach (var (user, role) in create.Members)
                {
                    RowCodec.WriteId(writer, user);
                    writer.Write((byte)role);
                }
                break;
            case Change.ChangeMembers members:
                writer.Write((byte)ChangeKind.ChangeMembers);
                writer.Write7BitEncodedInt(members.Changes.Count);
                foreach (var member in members.Changes)
                {
                    RowCodec.WriteId(writer, member.UserId);
                    writer.Write((byte)member.Role);
                    writer.Write((byte)member.Range);
                }
                break;
            case Change.Settings settings:
                writer.Write((byte)ChangeKind.Settings);
                Write(writer, settings.Title);
                writer.Write((byte)(settings.History is { } history ? (int)history + 1 : 0));
                writer.Write(settings.Keep is not null);
                writer.Write7BitEncodedInt(settings.Keep?.Days ?? 0);
                writer.Write7BitEncodedInt64(settings.Keep?.Count ?? 0);
                break;
            case Change.Edit:
                writer.Write((byte)ChangeKind.Edit);
                break;
            case Change.Delete:
                writer.Write((byte)ChangeKind.Delete);
                break;
            case Change.React react:
                writer.Write((byte)ChangeKind.React);
                writer.Write(react.Emoji);
                writer.Write(react.Remove);
                break;
            case Change.Pin pin:
                writer.Write((byte)ChangeKind.Pin);
                writer.Write(pin.Pinned);
                break;
            default:
                throw new InvalidOperationException($"{change} has no form for other nodes.");
        }
    }

    private static Change? ReadChange(BinaryReader reader)
    {
        var kind = (ChangeKind)reader.ReadByte();
        switch (kind)
        {
            case ChangeKind.None:
                return null;
            case ChangeKind.Create:
                var (conversation, title, visible) = ((ConversationKind)reader.ReadByte(), ReadText(reader), (HistoryVisibility)reader.ReadByte());
                var members = new (Guid, MemberRole)[Count(reader)];
                for (var i = 0; i < members.Length; i++)
                {
                    members[i] = (RowCodec.ReadId(reader), (MemberRole)reader.ReadByte());
                }
                return new Change.Create(conversation, title, visible, members);
            case ChangeKind.ChangeMembers:
                var changes = new MemberChange[Count(reader)];
                for (var i = 0; i < changes.Length; i++)
                {
                    changes[i] = new MemberChange(RowCodec.ReadId(reader), (MemberRole)reader.ReadByte(), (RangeChange)reader.ReadByte());
                }
                return new Change.ChangeMembers(changes);
            case ChangeKind.Settings:
                return new Change.Settings(ReadText(reader), reader.ReadByte() is > 0 and var history ? (HistoryVisibility)(history - 1) : null, ReadKeep(reader));
            case ChangeKind.Edit:
                return new Change.Edit();
            case ChangeKind.Delete:
                return new Change.Delete();
            case ChangeKind.React:
                return new Change.React(reader.ReadString(), reader.ReadBoolean());
            case ChangeKind.Pin:
                return new Change.Pin(reader.ReadBoolean());
            default:
                throw new InvalidDataException("An unknown change.");
        }
    }

    private static void Write(BinaryWriter writer, string? text)
    {
        writer.Write(text is not null);
        writer.Write(text ?? "");
    }

    private static string? ReadText(BinaryReader reader)
    {
        var isThere = reader.ReadBoolean();
        var text = reader.ReadString();
        return isThere ? text : null;
    }

    private static KeepRule? ReadKeep(BinaryReader reader)
    {
        var (isThere, days, count) = (reader.ReadBoolean(), reader.Read7BitEncodedInt(), reader.Read7BitEncodedInt64());
        return isThere ? new KeepRule(days, count) : null;
    }

    private static DateTimeOffset Time(long ticks) => new(ticks, TimeSpan.Zero);

    private static long? Unless0(long value) => value == 0 ? null : value;

    /// <summary>A length that cannot be true must not become an allocation.</summary>
    private static int Count(BinaryReader reader) =>
        reader.Read7BitEncodedInt() is >= 0 and < MostItems and var count && count <= reader.BaseStream.Length ? count : throw new InvalidDataException("An impossible length.");
}
