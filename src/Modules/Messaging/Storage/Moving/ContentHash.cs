using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ModularChat.Messaging.Storage.Moving;

/// <summary>
/// The hash of a set of rows: the SHA-256 of each row's canonical form, added up modulo 2^256. So it does not depend on the order in which an
/// engine gives them, parts can be added, and a row that was replaced later can be left out. Finds damage and mistakes; it is no defence against
/// one who makes up rows to fit.
/// </summary>
internal sealed class ContentHash : IDisposable
{
    private readonly MemoryStream _bytes = new();
    private readonly BinaryWriter _writer;
    private readonly ulong[] _sum = new ulong[4];

    public ContentHash() => _writer = new BinaryWriter(_bytes);

    public long Conversations { get; private set; }
    public long Members { get; private set; }
    public long Entries { get; private set; }

    /// <summary>The sum itself, 32 bytes.</summary>
    public byte[] Sum
    {
        get
        {
            var bytes = new byte[32];
            for (var i = 0; i < 4; i++)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * 8), _sum[i]);
            }
            return bytes;
        }
    }

    public void Add(Membership membership)
    {
        Conversations++;
        Members += membership.Members.Count;
        Begin(1);
        RowCodec.Write(_writer, membership);
        AddBytes();
    }

    public void Add(EntryRow row)
    {
        Entries++;
        Begin(2);
        RowCodec.Write(_writer, row);
        AddBytes();
    }

    /// <summary>All rows of another set.</summary>
    public void Add(ContentHash other)
    {
        (Conversations, Members, Entries) = (Conversations + other.Conversations, Members + other.Members, Entries + other.Entries);
        Add(other.Sum);
    }

    /// <summary>The hash of a shard that holds these rows and stands at this position.</summary>
    public string OfShard(int shard, long position)
    {
        Span<byte> bytes = stackalloc byte[44];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, shard);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[4..], position);
        Sum.CopyTo(bytes[12..]);
        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }

    /// <summary>The hash of a log whose shards have these hashes, in order.</summary>
    public static string OfLog(IEnumerable<string> shards) => Convert.ToHexStringLower(SHA256.HashData([.. shards.SelectMany(Convert.FromHexString)]));

    public bool IsSame(ContentHash other) =>
        (Conversations, Members, Entries) == (other.Conversations, other.Members, other.Entries) && _sum.AsSpan().SequenceEqual(other._sum);

    public void Dispose()
    {
        _writer.Dispose();
        _bytes.Dispose();
    }

    private void Begin(byte kind)
    {
        _bytes.SetLength(0);
        _writer.Write(kind);
    }

    private void AddBytes()
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(_bytes.GetBuffer().AsSpan(0, (int)_bytes.Length), hash);
        Add(hash);
    }

    private void Add(ReadOnlySpan<byte> hash)
    {
        var carry = 0UL;
        for (var i = 0; i < 4; i++)
        {
            var sum = (UInt128)_sum[i] + BinaryPrimitives.ReadUInt64LittleEndian(hash[(i * 8)..]) + carry;
            _sum[i] = (ulong)sum;
            carry = (ulong)(sum >> 64);
        }
    }
}
