using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ModularChat.Notifications.Providers;

/// <summary>Statements signed with a key on P-256 (RFC 7519, ES256).</summary>
internal static class SignedToken
{
    public static string Make(IReadOnlyDictionary<string, object> header, IReadOnlyDictionary<string, object> claims, ECDsa key)
    {
        var text = $"{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(header))}.{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(claims))}";
        // The key takes no two signatures at once.
        lock (key)
        {
            return $"{text}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation))}";
        }
    }
}
