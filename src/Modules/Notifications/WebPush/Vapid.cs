using System.Security.Cryptography;
using ModularChat.Notifications.Providers;

namespace ModularChat.Notifications.WebPush;

/// <summary>Who we are, to a push service (RFC 8292): a signed statement for one service.</summary>
internal static class Vapid
{
    /// <summary>Signs.</summary>
    /// <param name="audience">Scheme and host of the service.</param>
    /// <param name="contact">Whom it may write to.</param>
    /// <param name="key">Our key.</param>
    /// <param name="expires">At most 24 hours from now.</param>
    public static string Sign(string audience, string contact, ECDsa key, DateTimeOffset expires) =>
        SignedToken.Make(
            new Dictionary<string, object>(StringComparer.Ordinal) { ["typ"] = "JWT", ["alg"] = "ES256" },
            new Dictionary<string, object>(StringComparer.Ordinal) { ["aud"] = audience, ["exp"] = expires.ToUnixTimeSeconds(), ["sub"] = contact },
            key);
}
