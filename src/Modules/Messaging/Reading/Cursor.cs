using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using ModularChat.Contracts;

namespace ModularChat.Messaging.Reading;

/// <summary>
/// Up to where a device has everything: a run and a position in each shard. Clients hold it as an opaque text: version,
/// run, positions, the rest of an unfinished sync, and a seal keyed by the log, so that only this log's servers make one.
/// </summary>
/// <param name="RunId">The run in which the positions were reached.</param>
/// <param name="Positions">A position for each shard.</param>
/// <param name="Unfinished">Where a sync of several pages goes on; null between syncs.</param>
internal sealed record Cursor(Guid RunId, long[] Positions, UnfinishedSync? Unfinished = null)
{
    private const byte Version = 1, UnfinishedVersion = 2;
    private const int IdLength = 16, SealLength = 8, LongestNumber = 9, LongestText = 16_384;

    public static string Write(Cursor cursor, byte[] key)
    {
        var numbers = (cursor.Positions.Length * (cursor.Unfinished is null ? 1 : 2)) + 2;
        var buffer = new byte[1 + IdLength + (numbers * LongestNumber) + IdLength + SealLength];
        var writer = new Writer(buffer);
        writer.Byte(cursor.Unfinished is null ? Version : UnfinishedVersion);
        writer.Id(cursor.RunId);
        writer.Number(cursor.Positions.Length);
        foreach (var position in cursor.Positions)
        {
            writer.Number(position);
        }
        if (cursor.Unfinished is { } rest)
        {
            foreach (var position in rest.Watermark)
            {
                writer.Number(position);
            }
            writer.Number(rest.Shard);
            writer.Id(rest.ConversationId);
        }
        Seal(buffer.AsSpan(0, writer.Length), key, buffer.AsSpan(writer.Length, SealLength));
        return Base64Url.EncodeToString(buffer.AsSpan(0, writer.Length + SealLength));
    }

    /// <summary>Reads what <see cref="Write"/> wrote under the same key for as many shards.</summary>
    /// <exception cref="ChatException"><see cref="ProblemCodes.InvalidCursor"/> for every other text.</exception>
    public static Cursor Read(string text, byte[] key, int shardCount) =>
        TryRead(text, key, shardCount, out var cursor) ? cursor : throw new ChatException(ProblemCodes.InvalidCursor, "The cursor was not made by this server; start without one.");

    private static bool TryRead(string text, byte[] key, int shardCount, [NotNullWhen(true)] out Cursor? cursor)
    {
        cursor = null;
        if (text.Length is 0 or > LongestText)
        {
            return false;
        }
        var buffer = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        var status = Base64Url.DecodeFromChars(text, buffer, out _, out var length);
        // Padding, white space and stray low bits decode too, but this server never wrote them.
        if (status != OperationStatus.Done || length <= SealLength || Base64Url.EncodeToString(buffer.AsSpan(0, length)) != text)
        {
            return false;
        }
        var content = buffer.AsSpan(0, length - SealLength);
        Span<byte> seal = stackalloc byte[SealLength];
        Seal(content, key, seal);
        return CryptographicOperations.FixedTimeEquals(seal, buffer.AsSpan(length - SealLength, SealLength)) && TryParse(content, shardCount, out cursor);
    }

    private static bool TryParse(ReadOnlySpan<byte> content, int shardCount, [NotNullWhen(true)] out Cursor? cursor)
    {
        cursor = null;
        var reader = new Reader(content);
        if (!reader.Byte(out var version) || version is not (Version or UnfinishedVersion)
            || !reader.Id(out var run)
            || !reader.Number(out var shards) || shards != shardCount
            || !reader.Numbers(shardCount, out var positions))
        {
            return false;
        }
        if (version == Version)
        {
            cursor = new Cursor(run, positions);
            return reader.AtEnd;
        }
        if (!reader.Numbers(shardCount, out var watermark) || !reader.Number(out var shard) || shard >= shardCount || !reader.Id(out var last))
        {
            return false;
        }
        cursor = new Cursor(run, positions, new UnfinishedSync(watermark, (int)shard, last));
        return reader.AtEnd;
    }

    private static void Seal(ReadOnlySpan<byte> content, byte[] key, Span<byte> seal)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, content, hash);
        hash[..SealLength].CopyTo(seal);
    }

    private ref struct Writer(Span<byte> buffer)
    {
        private readonly Span<byte> target = buffer;

        public int Length { get; private set; }

        public void Byte(byte value) => target[Length++] = value;

        public void Id(Guid value)
        {
            value.TryWriteBytes(target[Length..], bigEndian: true, out _);
            Length += IdLength;
        }

        public void Number(long value)
        {
            var rest = (ulong)value;
            while (rest >= 0x80)
            {
                Byte((byte)(rest | 0x80));
                rest >>= 7;
            }
            Byte((byte)rest);
        }
    }

    private ref struct Reader(ReadOnlySpan<byte> content)
    {
        private ReadOnlySpan<byte> rest = content;

        public readonly bool AtEnd => rest.IsEmpty;

        public bool Byte(out byte value)
        {
            value = 0;
            if (rest.IsEmpty)
            {
                return false;
            }
            value = rest[0];
            rest = rest[1..];
            return true;
        }

        public bool Id(out Guid value)
        {
            value = default;
            if (rest.Length < IdLength)
            {
                return false;
            }
            value = new Guid(rest[..IdLength], bigEndian: true);
            rest = rest[IdLength..];
            return true;
        }

        public bool Number(out long value)
        {
            value = 0;
            for (var shift = 0; shift < LongestNumber * 7; shift += 7)
            {
                if (!Byte(out var next))
                {
                    return false;
                }
                value |= (long)(next & 0x7F) << shift;
                if (next < 0x80)
                {
                    return true;
                }
            }
            return false;
        }

        public bool Numbers(int count, out long[] values)
        {
            values = new long[count];
            for (var i = 0; i < count; i++)
            {
                if (!Number(out values[i]))
                {
                    return false;
                }
            }
            return true;
        }
    }
}

/// <summary>The rest of a sync of several pages.</summary>
/// <param name="Watermark">Where the sync ends in each shard, taken at its first page.</param>
/// <param name="Shard">The shard of the last conversation done.</param>
/// <param name="ConversationId">The last conversation done.</param>
internal sealed record UnfinishedSync(long[] Watermark, int Shard, Guid ConversationId);
