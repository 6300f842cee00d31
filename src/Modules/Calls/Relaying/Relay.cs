using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using ModularChat.Contracts.Calls;

namespace ModularChat.Calls.Relaying;

/// <summary>
/// Credentials of the relay by the shared-secret scheme (draft-uberti-behave-turn-rest-00, section 2.2): the name is the time at which it expires and whom
/// it is for, the password its HMAC-SHA1. The relay needs to know nothing but the secret.
/// </summary>
internal sealed class Relay(IOptions<CallsOptions> options, TimeProvider time)
{
    public IceInfo Open(Guid userId, Guid callId)
    {
        var settings = options.Value;
        var stun = Split(settings.StunUrls);
        var turn = Split(settings.TurnUrls);
        List<IceServer> servers = [];
        if (stun.Length > 0)
        {
            servers.Add(new IceServer(stun));
        }
        if (turn.Length == 0)
        {
            return new IceInfo([.. servers], RelayOnly: false);
        }
        var expiry = time.GetUtcNow().ToUnixTimeSeconds() + settings.CredentialSeconds;
        var name = string.Create(CultureInfo.InvariantCulture, $"{expiry}:{userId:N}.{callId:N}");
        servers.Add(new IceServer(turn, name, Password(settings.TurnSecret, name)));
        return new IceInfo([.. servers], settings.RelayOnly, DateTimeOffset.FromUnixTimeSeconds(expiry));
    }

    /// <summary>The password to a name.</summary>
    public static string Password(string secret, string name) =>
#pragma warning disable CA5350 // The scheme has SHA-1; coturn knows no other here.
        Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(name)));
#pragma warning restore CA5350

    private static string[] Split(string urls) => urls.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
