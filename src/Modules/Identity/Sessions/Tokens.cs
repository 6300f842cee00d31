using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace ModularChat.Identity.Sessions;

/// <summary>Secrets that the server hands out once and keeps only a hash of. They have 256 random bits, so a fast hash is enough.</summary>
internal static class Tokens
{
    public const string Session = "mcs_", Application = "mck_", Code = "mcc_";

    private const int PrefixLength = 4, RandomLength = 43;

    public static string New(string prefix) => prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>True when it may be a token of this kind; nothing else is looked up.</summary>
    public static bool Is(string prefix, string token) =>
        token.Length == PrefixLength + RandomLength && token.StartsWith(prefix, StringComparison.Ordinal);

    public static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
