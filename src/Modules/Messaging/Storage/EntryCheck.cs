using System.Buffers.Binary;
using System.Numerics;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Storage;

/// <summary>
/// The checksum that every engine stores with an entry, so that a flipped byte is found: CRC-32C (RFC 3720, appendix B.4) of what never
/// changes in the upper half, of the body in the lower half. The writer knows both before the engine has given seq and position (those
/// are held together by being dense); an edit replaces the lower half, a deletion or cut makes it 0.
/// </summary>
internal static class EntryCheck
{
    /// <summary>Of an entry that is appended. The body of an edit lies in its target: the entry's own lower half is 0.</summary>
    public static long Of(Append append) =>
        Combine(
            Fixed(append.ConversationId, append.Kind, append.SenderId, append.At, append.ClientMessageId, append.Target),
            append.Body is null || append.Kind == EntryKind.Edited ? 0 : OfBody(append.Body.Utf8.Span));

    /// <summary>What the row's check should be.</summary>
    public static long Of(EntryRow row) =>
        Combine(
            Fixed(row.ConversationId, row.Kind, row.SenderId, row.At, row.ClientMessageId, row.Target),
            row.Body is null ? 0 : OfBody(row.Body.Utf8.Span));

    /// <summary>The check of a row whose body was replaced.</summary>
    public static long WithBody(long check, uint body) => Combine((uint)(check >> 32), body);

    /// <summary>The lower half.</summary>
    public static uint OfBody(ReadOnlySpan<byte> body) => Crc(body, uint.MaxValue) ^ uint.MaxValue;

    private static long Combine(uint constant, uint body) => ((long)constant << 32) | body;

    private static uint Fixed(Guid conversation, EntryKind kind, Guid sender, DateTimeOffset at, Guid clientMessageId, long? target)
    {
        Span<byte> bytes = stackalloc byte[16 + 16 + 16 + 8 + 8 + 1];
        conversation.TryWriteBytes(bytes, bigEndian: true, out _);
        sender.TryWriteBytes(bytes[16..], bigEndian: true, out _);
        clientMessageId.TryWriteBytes(bytes[32..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[48..], at.UtcTicks);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[56..], target ?? 0);
        bytes[64] = (byte)kind;
        return OfBody(bytes);
    }

    private static uint Crc(ReadOnlySpan<byte> bytes, uint crc)
    {
        while (bytes.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }
        foreach (var value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }
        return crc;
    }
}
