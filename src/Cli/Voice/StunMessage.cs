using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace ModularChat.Cli.Voice;

/// <summary>A STUN or TURN message (RFC 8489, RFC 8656): as much of it as it takes to see whether a relay works.</summary>
internal sealed class StunMessage
{
    public const int Binding = 0x0001, Allocate = 0x0003, Refresh = 0x0004, CreatePermission = 0x0008, SendIndication = 0x0016, DataIndication = 0x0017;
    public const int ErrorCode = 0x0009, Lifetime = 0x000D, PeerAddress = 0x0012, Data = 0x0013, Realm = 0x0014, Nonce = 0x0015, RelayedAddress = 0x0016, Transport = 0x0019, MappedAddress = 0x0020;

    private const int UserName = 0x0006, Integrity = 0x0008, HeaderLength = 20, SuccessBit = 0x0100, ErrorBits = 0x0110;
    private const uint Magic = 0x2112A442;

    private readonly List<(int Type, byte[] Value)> _attributes = [];

    public StunMessage(int type)
    {
        Type = type;
        Id = RandomNumberGenerator.GetBytes(12);
    }

    private StunMessage(int type, byte[] id) => (Type, Id) = (type, id);

    public int Type { get; }

    public byte[] Id { get; }

    public bool IsSuccess => (Type & ErrorBits) == SuccessBit;

    /// <summary>The code of an error answer, as 401; 0 when there is none.</summary>
    public int Error => Find(ErrorCode) is { Length: >= 4 } value ? (value[2] * 100) + value[3] : 0;

    public static bool IsWhole(ReadOnlySpan<byte> bytes, out int length)
    {
        length = bytes.Length >= HeaderLength ? HeaderLength + BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) : HeaderLength;
        return bytes.Length >= HeaderLength && bytes.Length >= length;
    }

    public static StunMessage Read(ReadOnlySpan<byte> bytes)
    {
        if (!IsWhole(bytes, out var length) || BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]) != Magic)
        {
            throw new InvalidDataException("The answer is not of STUN.");
        }
        var message = new StunMessage(BinaryPrimitives.ReadUInt16BigEndian(bytes), bytes[8..20].ToArray());
        for (var at = HeaderLength; at + 4 <= length;)
        {
            var size = BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 2)..]);
            if (at + 4 + size > length)
            {
                break;
            }
            message.Add(BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]), bytes.Slice(at + 4, size).ToArray());
            at += 4 + ((size + 3) & ~3);
        }
        return message;
    }

    public StunMessage Add(int type, byte[] value)
    {
        _attributes.Add((type, value));
        return this;
    }

    public StunMessage Add(int type, IPEndPoint address)
    {
        var ip = address.Address.GetAddressBytes();
        var value = new byte[4 + ip.Length];
        value[1] = (byte)(ip.Length == 4 ? 1 : 2);
        BinaryPrimitives.WriteUInt16BigEndian(value.AsSpan(2), (ushort)(address.Port ^ (int)(Magic >> 16)));
        Mask(ip).CopyTo(value.AsSpan(4));
        return Add(type, value);
    }

    public byte[]? Find(int type) => _attributes.Find(one => one.Type == type).Value;

    public IPEndPoint? FindAddress(int type) => Find(type) is { Length: 8 or 20 } value
        ? new IPEndPoint(new IPAddress(Mask(value[4..])), BinaryPrimitives.ReadUInt16BigEndian(value.AsSpan(2)) ^ (int)(Magic >> 16))
        : null;

    /// <summary>The message on the wire; with a key signed by it (long-term credentials).</summary>
    public byte[] ToBytes(string? user = null, string? password = null, byte[]? realm = null, byte[]? nonce = null)
    {
        using var body = new MemoryStream();
        foreach (var (type, value) in _attributes)
        {
            Write(body, type, value);
        }
        if (user is null || realm is null)
        {
            return Whole(body, (int)body.Length);
        }
        Write(body, UserName, Encoding.UTF8.GetBytes(user));
        Write(body, Realm, realm);
        Write(body, Nonce, nonce ?? []);
#pragma warning disable CA5350, CA5351 // The protocol has MD5 and SHA-1, and coturn knows no others here.
        var key = MD5.HashData([.. Encoding.UTF8.GetBytes(user), (byte)':', .. realm, (byte)':', .. Encoding.UTF8.GetBytes(password ?? "")]);
        // The length counts the signature that follows, the signature what stands before.
        var signature = HMACSHA1.HashData(key, Whole(body, (int)body.Length + 24));
#pragma warning restore CA5350, CA5351
        Write(body, Integrity, signature);
        return Whole(body, (int)body.Length);
    }

    private static void Write(MemoryStream body, int type, byte[] value)
    {
        Span<byte> head = stackalloc byte[4];
        BinaryPrimitives.WriteUInt16BigEndian(head, (ushort)type);
        BinaryPrimitives.WriteUInt16BigEndian(head[2..], (ushort)value.Length);
        body.Write(head);
        body.Write(value);
        body.Write(new byte[-value.Length & 3]);
    }

    private byte[] Whole(MemoryStream body, int length)
    {
        var bytes = new byte[HeaderLength + body.Length];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)Type);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)length);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), Magic);
        Id.CopyTo(bytes.AsSpan(8));
        body.ToArray().CopyTo(bytes.AsSpan(HeaderLength));
        return bytes;
    }

    private byte[] Mask(byte[] ip)
    {
        Span<byte> mask = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32BigEndian(mask, Magic);
        Id.CopyTo(mask[4..]);
        var masked = new byte[ip.Length];
        for (var i = 0; i < ip.Length; i++)
        {
            masked[i] = (byte)(ip[i] ^ mask[i]);
        }
        return masked;
    }
}
