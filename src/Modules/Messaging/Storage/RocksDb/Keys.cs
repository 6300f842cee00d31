using System.Buffers.Binary;

namespace ModularChat.Messaging.Storage.RocksDb;

/// <summary>The column families by index.</summary>
internal static class Family
{
    public const int Meta = 0, Entry = 1, Feed = 2, Head = 3, Member = 4, User = 5, Request = 6, Reaction = 7;

    public static readonly string[] Names = ["default", "entry", "feed", "head", "member", "user", "request", "reaction"];

    /// <summary>Those whose keys begin with the shard.</summary>
    public static readonly int[] OfShards = [Entry, Feed, Head, Member, User, Request, Reaction];
}

/// <summary>
/// How keys are made (docs/storage.md): numbers and ids big-endian, so that they sort as they should; the shard first, so that all of it lies
/// together and can be taken away as a range. A method writes into the buffer and returns the part that it used.
/// </summary>
internal static class Keys
{
    /// <summary>No key is longer.</summary>
    public const int MaxLength = 64;

    public const int EntryLength = 26;

    public static ReadOnlySpan<byte> Shard(Span<byte> buffer, int shard)
    {
        BinaryPrimitives.WriteUInt16BigEndian(buffer, (ushort)shard);
        return buffer[..2];
    }

    /// <summary>Of a head, and what keys of entries, members and reactions of a conversation begin with; likewise for a user.</summary>
    public static ReadOnlySpan<byte> Of(Span<byte> buffer, int shard, Guid id)
    {
        Shard(buffer, shard);
        Write(buffer[2..], id);
        return buffer[..18];
    }

    /// <summary>Of an entry, and what keys of its reactions begin with.</summary>
    public static ReadOnlySpan<byte> Entry(Span<byte> buffer, int shard, Guid conversation, long seq)
    {
        Of(buffer, shard, conversation);
        Write(buffer[18..], seq);
        return buffer[..EntryLength];
    }

    public static ReadOnlySpan<byte> Feed(Span<byte> buffer, int shard, long position)
    {
        Shard(buffer, shard);
        Write(buffer[2..], position);
        return buffer[..10];
    }

    /// <summary>Of a member (conversation, user), and in the index from user to conversation (user, conversation).</summary>
    public static ReadOnlySpan<byte> Pair(Span<byte> buffer, int shard, Guid first, Guid second)
    {
        Of(buffer, shard, first);
        Write(buffer[18..], second);
        return buffer[..34];
    }

    /// <summary>Client-made ids are UUIDv7: new ones lie at the end, so most files need not be looked at.</summary>
    public static ReadOnlySpan<byte> Request(Span<byte> buffer, int shard, Guid clientMessageId, Guid conversation, Guid sender)
    {
        Pair(buffer, shard, clientMessageId, conversation);
        Write(buffer[34..], sender);
        return buffer[..50];
    }

    /// <summary>In the order in which reactions are shown.</summary>
    public static ReadOnlySpan<byte> Reaction(Span<byte> buffer, int shard, Guid conversation, long seq, ReactionRow reaction)
    {
        Entry(buffer, shard, conversation, seq);
        Write(buffer[26..], reaction.First);
        Write(buffer[34..], reaction.Added);
        return buffer[..42];
    }

    public static ReadOnlySpan<byte> MetaShard(Span<byte> buffer, int shard)
    {
        "shard"u8.CopyTo(buffer);
        BinaryPrimitives.WriteUInt16BigEndian(buffer[5..], (ushort)shard);
        return buffer[..7];
    }

    public static ReadOnlySpan<byte> MetaRun(Span<byte> buffer, int ordinal)
    {
        "run"u8.CopyTo(buffer);
        BinaryPrimitives.WriteInt32BigEndian(buffer[3..], ordinal);
        return buffer[..7];
    }

    /// <summary>The first key after all that begin with this one.</summary>
    public static ReadOnlySpan<byte> After(Span<byte> buffer, ReadOnlySpan<byte> prefix)
    {
        prefix.CopyTo(buffer);
        for (var i = prefix.Length - 1; i >= 0; i--)
        {
            if (++buffer[i] != 0)
            {
                return buffer[..(i + 1)];
            }
        }
        // All 0xff: no shard has such a number.
        throw new InvalidOperationException("A key without a next one.");
    }

    public static long Number(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadInt64BigEndian(bytes);

    public static Guid Id(ReadOnlySpan<byte> bytes) => new(bytes[..16], bigEndian: true);

    private static void Write(Span<byte> bytes, Guid id) => id.TryWriteBytes(bytes, bigEndian: true, out _);

    private static void Write(Span<byte> bytes, long number) => BinaryPrimitives.WriteInt64BigEndian(bytes, number);
}
