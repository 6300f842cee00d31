using System.Security.Cryptography;
using System.Text;

namespace ModularChat.Contracts;

/// <summary>The one place where ids are made.</summary>
public static class Ids
{
    /// <summary>A new time-ordered id (UUID version 7, RFC 9562).</summary>
#pragma warning disable RS0030 // This is the place the ban points to.
    public static Guid New() => Guid.CreateVersion7();
#pragma warning restore RS0030

    /// <summary>
    /// The id of the direct conversation of two users, whoever asks: a UUID version 8 (RFC 9562) from SHA-256 over the
    /// word <c>direct</c> and the two ids in ascending order.
    /// </summary>
    public static Guid Direct(Guid one, Guid other)
    {
        var (low, high) = one.CompareTo(other) <= 0 ? (one, other) : (other, one);
        return Derived("direct"u8, low, high);
    }

    /// <summary>The id of a user's own Self conversation: a UUID version 8 from SHA-256 over the word <c>self</c> and the user id.</summary>
    public static Guid Self(Guid user) => Derived("self"u8, user, Guid.Empty);

    /// <summary>
    /// The id of a change that follows from something else, so that a retry of that makes the same ids: a UUID version 8 from
    /// SHA-256 over the word <c>follow</c>, the first id and the first 16 bytes of the SHA-256 of <paramref name="what"/>.
    /// </summary>
    public static Guid Following(Guid first, string what)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(what), hash);
        return Derived("follow"u8, first, new Guid(hash[..16], bigEndian: true));
    }

    /// <summary>
    /// The logical shard of a conversation: FNV-1a over the 16 big-endian bytes of the id, modulo <paramref name="shardCount"/>.
    /// Part of the storage format: it never changes for a log that exists.
    /// </summary>
    public static int Shard(Guid conversationId, int shardCount)
    {
        Span<byte> bytes = stackalloc byte[16];
        conversationId.TryWriteBytes(bytes, bigEndian: true, out _);
        var hash = 2166136261u;
        foreach (var b in bytes)
        {
            hash = unchecked((hash ^ b) * 16777619u);
        }
        return (int)(hash % (uint)shardCount);
    }

    private static Guid Derived(ReadOnlySpan<byte> kind, Guid first, Guid second)
    {
        Span<byte> input = stackalloc byte[40];
        kind.CopyTo(input);
        first.TryWriteBytes(input[8..], bigEndian: true, out _);
        second.TryWriteBytes(input[24..], bigEndian: true, out _);
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(input, hash);
        // RFC 9562 section 5.8: version 8 in bits 48-51, variant 10 in bits 64-65.
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
