using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ModularChat.Notifications.WebPush;

/// <summary>Who we are, to a push service (RFC 8292): a signed statement for one service.</summary>
internal static class Vapid
{
    private static readonly string Header = Base64Url.EncodeToString("""{"typ":"JWT","alg":"ES256"}"""u8);

    /// <summary>Signs.</summary>
    /// <param name="audience">Scheme and host of the service.</param>
    /// <param name="contact">Whom it may write to.</param>
    /// <param name="key">Our key.</param>
    /// <param name="expires">At most 24 hours from now.</param>
    public static string Sign(string audience, string contact, ECDsa key, DateTimeOffset expires)
    {
        var claims = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>(StringComparer.Ordinal) { ["aud"] = audience, ["exp"] = expires.ToUnixTimeSeconds(), ["sub"] = contact });
        var text = $"{Header}.{Base64Url.EncodeToString(claims)}";
        // The key takes no two signatures at once.
        lock (key)
        {
            return $"{text}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation))}";
        }
    }
}
