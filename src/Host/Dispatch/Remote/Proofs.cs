using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ModularChat.Host.Dispatch.Remote;

/// <summary>How one node proves to another that it has the cluster's secret, which itself never travels.</summary>
internal static class Proofs
{
    /// <summary>The version of what nodes say to each other. It rises only when an older node would misunderstand a newer one.</summary>
    public const int Protocol = 1;

    /// <summary>HMAC-SHA256 over the parts. Each has its length before it, so that no other parts give the same.</summary>
    public static byte[] Mac(ReadOnlySpan<byte> key, params ReadOnlySpan<string> parts)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        Span<byte> length = stackalloc byte[4];
        foreach (var part in parts)
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            mac.AppendData(length);
            mac.AppendData(bytes);
        }
        return mac.GetHashAndReset();
    }

    /// <summary>The same as text.</summary>
    public static string Of(ReadOnlySpan<byte> key, params ReadOnlySpan<string> parts) => Convert.ToBase64String(Mac(key, parts));

    public static string HashOf(ReadOnlySpan<byte> body) => Convert.ToBase64String(SHA256.HashData(body));

    /// <summary>Compares without telling by its time how much was right.</summary>
    public static bool AreEqual(string given, string right) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(right));

    public static string Number() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    /// <summary>What both say when they meet, in one text: the key of the session is made of it, so that it is new each time.</summary>
    public static string Transcript(Hello hello, Welcome welcome) => string.Join(
        '\n', hello.Protocol, hello.Cluster, hello.Node, hello.Instance, hello.Number, welcome.Node, welcome.Instance, welcome.Number, welcome.Session);
}

/// <summary>The first words of the node that asks.</summary>
/// <param name="Protocol">See <see cref="Proofs.Protocol"/>.</param>
/// <param name="Cluster">The name of its cluster.</param>
/// <param name="Node">Its id.</param>
/// <param name="Instance">Its process.</param>
/// <param name="Version">Of its program.</param>
/// <param name="Number">Random.</param>
/// <param name="Proof">That it has the secret.</param>
internal sealed record Hello(int Protocol, string Cluster, string Node, Guid Instance, string Version, string Number, string Proof)
{
    public string ProofWith(ReadOnlySpan<byte> secret) => Proofs.Of(secret, "hello", $"{Protocol}", Cluster, Node, $"{Instance}", Version, Number);
}

/// <summary>The answer of the node that is asked.</summary>
/// <param name="Node">Its id.</param>
/// <param name="Instance">Its process.</param>
/// <param name="Version">Of its program.</param>
/// <param name="Session">Names the session.</param>
/// <param name="Number">Random.</param>
/// <param name="Clock">Its time, in milliseconds since 1970.</param>
/// <param name="Proof">That it has the secret, and was asked just now.</param>
internal sealed record Welcome(string Node, Guid Instance, string Version, string Session, string Number, long Clock, string Proof);

/// <summary>Why a node does not welcome another.</summary>
/// <param name="Protocol">What it speaks.</param>
/// <param name="Node">Its id.</param>
/// <param name="Version">Of its program.</param>
/// <param name="Why">One sentence.</param>
internal sealed record Unwelcome(int Protocol, string Node, string Version, string Why);
