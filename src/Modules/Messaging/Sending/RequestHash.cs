using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Sending;

/// <summary>
/// 16 bytes that tell a retry from another request under the same id. Keyed with the log's own key, so that the hash of a
/// deleted message does not give its text away to one who reads the store without the key. Over what the caller asked for,
/// not over what became of it: a retry hashes alike though members or mentions have changed meanwhile.
/// </summary>
internal sealed class RequestHash(IMessageLog log)
{
    private const int Length = 16;

    /// <summary>For requests about messages and settings.</summary>
    /// <param name="kind">What was asked for.</param>
    /// <param name="target">The message or other number that it is about.</param>
    /// <param name="flag">Whatever else tells two requests apart.</param>
    /// <param name="text">The text.</param>
    public byte[] Of(EntryKind kind, long target, long flag, string? text)
    {
        var size = 17 + Encoding.UTF8.GetMaxByteCount(text?.Length ?? 0);
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            buffer[0] = (byte)kind;
            BinaryPrimitives.WriteInt64LittleEndian(buffer.AsSpan(1), target);
            BinaryPrimitives.WriteInt64LittleEndian(buffer.AsSpan(9), flag);
            var used = 17 + (text is null ? 0 : Encoding.UTF8.GetBytes(text, buffer.AsSpan(17)));
            Span<byte> full = stackalloc byte[HMACSHA256.HashSizeInBytes];
            HMACSHA256.HashData(log.Info.Key, buffer.AsSpan(0, used), full);
            return full[..Length].ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    /// <summary>For requests about people.</summary>
    public byte[] Of(EntryKind kind, long target, long flag, string? text, ReadOnlySpan<Guid> userIds)
    {
        var joined = new StringBuilder(text).Append('\n');
        foreach (var id in userIds)
        {
            joined.Append(id);
        }
        return Of(kind, target, flag, joined.ToString());
    }
}
