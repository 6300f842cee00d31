using System.Text;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage.Writing;

namespace ModularChat.Messaging.Storage.RocksDb;

/// <summary>An entry's row in its present state, without its reactions and its request.</summary>
internal sealed class StoredEntry
{
    public required int Shard { get; init; }
    public required Guid ConversationId { get; init; }
    public required long Seq { get; init; }
    public required long Position { get; init; }
    public required long Number { get; init; }
    public required EntryKind Kind { get; init; }
    public required Guid SenderId { get; init; }
    public required DateTimeOffset At { get; init; }
    public required Guid ClientMessageId { get; init; }
    public required long? Target { get; init; }
    public JsonBody? Body { get; set; }
    public MessageState State { get; set; }
    public long? Changed { get; set; }
    public DateTimeOffset? EditedAt { get; set; }
    public long Check { get; set; }

    /// <summary>True when this transaction made it.</summary>
    public bool IsNew { get; init; }

    /// <summary>True when this transaction is to write it.</summary>
    public bool IsChanged { get; set; }

    /// <summary>True when this transaction takes it away.</summary>
    public bool HasLeft { get; set; }
}

/// <summary>How rows lie in values. The order is the format.</summary>
internal static class Values
{
    private const byte HasBody = 1, HasTitle = 1, HasKeep = 2, IsPinned = 1, IsArchived = 2;

    public static ReadOnlySpan<byte> Of(ValueWriter writer, StoredEntry entry)
    {
        writer.Begin().Add((byte)entry.Kind).Add((byte)entry.State).Add(entry.Position).Add(entry.Number).Add(entry.SenderId).Add(entry.At)
            .Add(entry.ClientMessageId).Add(entry.Target ?? 0).Add(entry.Changed ?? 0).Add(entry.EditedAt?.UtcTicks ?? 0).Add(entry.Check);
        // An empty body is not the same as none.
        return (entry.Body is { } body ? writer.Add(HasBody).Add(body.Utf8.Span) : writer.Add(0)).Written;
    }

    public static StoredEntry Entry(int shard, Guid conversation, long seq, ReadOnlySpan<byte> value)
    {
        var reader = new ValueReader(value);
        var (kind, state) = ((EntryKind)reader.Byte(), (MessageState)reader.Byte());
        return new StoredEntry
        {
            Shard = shard,
            ConversationId = conversation,
            Seq = seq,
            Kind = kind,
            State = state,
            Position = reader.Number(),
            Number = reader.Number(),
            SenderId = reader.Id(),
            At = reader.Time(),
            ClientMessageId = reader.Id(),
            Target = reader.NullableNumber(),
            Changed = reader.NullableNumber(),
            EditedAt = reader.NullableTime(),
            Check = reader.Number(),
            Body = reader.Byte() == HasBody ? new JsonBody(reader.Rest.ToArray()) : null,
        };
    }

    public static ReadOnlySpan<byte> Of(ValueWriter writer, Head head)
    {
        writer.Begin().Add((byte)head.Kind).Add((byte)head.History).Add(head.Seq).Add(head.Position).Add(head.Number).Add(head.MembersSeq)
            .Add(head.MembersPosition).Add(head.MarksPosition).Add(head.MemberCount).Add(head.Cut);
        writer.Add((byte)((head.Title is null ? 0 : HasTitle) | (head.Keep is null ? 0 : HasKeep)));
        if (head.Keep is { } keep)
        {
            writer.Add((long)keep.Days).Add(keep.Count);
        }
        return (head.Title is { } title ? writer.Add(Encoding.UTF8.GetBytes(title)) : writer).Written;
    }

    public static Head Head(int shard, Guid conversation, ReadOnlySpan<byte> value)
    {
        var reader = new ValueReader(value);
        var (kind, history) = ((ConversationKind)reader.Byte(), (HistoryVisibility)reader.Byte());
        var (seq, position, number, membersSeq, membersPosition) = (reader.Number(), reader.Number(), reader.Number(), reader.Number(), reader.Number());
        var (marksPosition, memberCount, cut) = (reader.Number(), reader.Number(), reader.Number());
        var flags = reader.Byte();
        var keep = (flags & HasKeep) != 0 ? new KeepRule((int)reader.Number(), reader.Number()) : null;
        var title = (flags & HasTitle) != 0 ? Encoding.UTF8.GetString(reader.Rest) : null;
        return new Head(conversation, shard, kind, title, history, seq, position, number, membersSeq, membersPosition, marksPosition, (int)memberCount, cut, keep);
    }

    public static ReadOnlySpan<byte> Of(ValueWriter writer, Member member)
    {
        var preferences = member.Preferences;
        writer.Begin().Add((byte)member.Role).Add((byte)((preferences.Pinned ? IsPinned : 0) | (preferences.Archived ? IsArchived : 0)))
            .Add(member.Delivered).Add(member.Read).Add(member.ReadNumber).Add(member.MarksPosition).Add(preferences.MutedUntil?.UtcTicks ?? 0).Add(member.RangesPosition);
        foreach (var range in member.Ranges)
        {
            writer.Add(range.From).Add(range.NumberBefore).Add(range.To ?? -1).Add(range.NumberTo ?? -1);
        }
        return writer.Written;
    }

    public static Member Member(Guid user, ReadOnlySpan<byte> value)
    {
        var reader = new ValueReader(value);
        var (role, flags) = ((MemberRole)reader.Byte(), reader.Byte());
        var (delivered, read, readNumber, marksPosition) = (reader.Number(), reader.Number(), reader.Number(), reader.Number());
        var mutedUntil = reader.NullableTime();
        var rangesPosition = reader.Number();
        var ranges = new VisibleRange[reader.Rest.Length / 32];
        for (var i = 0; i < ranges.Length; i++)
        {
            var (from, before, to, numberTo) = (reader.Number(), reader.Number(), reader.Number(), reader.Number());
            ranges[i] = new VisibleRange(from, before, to < 0 ? null : to, numberTo < 0 ? null : numberTo);
        }
        var preferences = mutedUntil is null && flags == 0 ? Preferences.None : new Preferences(mutedUntil, (flags & IsPinned) != 0, (flags & IsArchived) != 0);
        return new Member(user, role, ranges, delivered, read, readNumber, marksPosition, preferences, rangesPosition);
    }

    public static ReadOnlySpan<byte> Of(ValueWriter writer, ReactionRow reaction) =>
        writer.Begin().Add(reaction.UserId).Add(Encoding.UTF8.GetBytes(reaction.Emoji)).Written;

    public static ReactionRow Reaction(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        new(Encoding.UTF8.GetString(value[16..]), Keys.Id(value), Keys.Number(key[34..]), Keys.Number(key[26..]));

    public static ReadOnlySpan<byte> Of(ValueWriter writer, StoredRequest request) =>
        writer.Begin().Add(request.Hash).Add(request.Seq).Add(request.Position).Add(request.At).Written;

    public static StoredRequest Request(ReadOnlySpan<byte> value)
    {
        var reader = new ValueReader(value[16..]);
        return new StoredRequest(value[..16].ToArray(), reader.Number(), reader.Number(), reader.Time());
    }
}

/// <summary>What is remembered of a request.</summary>
internal sealed record StoredRequest(byte[] Hash, long Seq, long Position, DateTimeOffset At);

/// <summary>A shard's row: state, position, and up to where requests are forgotten.</summary>
internal sealed record StoredShard(ShardState State, long Position, long Forgotten)
{
    public ReadOnlySpan<byte> Write(ValueWriter writer) => writer.Begin().Add((byte)State).Add(Position).Add(Forgotten).Written;

    public static StoredShard Read(ReadOnlySpan<byte> value)
    {
        var reader = new ValueReader(value);
        return new StoredShard((ShardState)reader.Byte(), reader.Number(), reader.Number());
    }
}
