using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Providers;
using ModularChat.Notifications.Providers.Apns;
using ModularChat.Notifications.Providers.Fcm;
using ModularChat.Storage.Outbound;

namespace ModularChat.Notifications.Subscriptions;

/// <summary>What a subscription is made of, once it is found right.</summary>
internal sealed record CheckedSubscription(PushKind Kind, string Provider, string Endpoint, byte[] Hash, byte[]? Key, byte[]? Auth, string Name);

/// <summary>What a subscription has to look like. An address that leads inside is refused here, and again each time it is connected to.</summary>
internal sealed partial class SubscriptionRules(IOptions<NotificationsOptions> options, OutboundGuard guard, IEnumerable<IPushProvider> providers)
{
    private const int PointLength = 65, AuthLength = 16, MaxName = 64, LeastSecret = 24, MaxSecret = 64;
    private const string SecretPrefix = "whsec_";

    /// <summary>What this server sends by.</summary>
    public IReadOnlyList<PushKind> Kinds { get; } = [.. providers.SelectMany(provider => provider.Kinds)];

    public async Task<CheckedSubscription> CheckAsync(PutPushSubscription request, CancellationToken token)
    {
        var kind = request.Kind ?? PushKind.WebPush;
        if (!Kinds.Contains(kind))
        {
            throw ChatException.Invalid("kind", "This server does not send by this kind of push; GET /push/keys lists those that it has.");
        }
        var endpoint = request.Endpoint ?? throw ChatException.Invalid("endpoint", "endpoint is missing.");
        if (endpoint.Length > options.Value.MaxPushEndpointLength)
        {
            throw ChatException.TooLong("endpoint", options.Value.MaxPushEndpointLength, "characters");
        }
        var name = Name(request.Name);
        if (request.Topic is not null && kind != PushKind.Apns)
        {
            throw ChatException.Invalid("topic", "topic is there with the kind apns only.");
        }
        switch (kind)
        {
            case PushKind.Fcm:
                return FcmToken().IsMatch(endpoint)
                    ? Checked(kind, FcmProvider.Service, endpoint, null, null, name)
                    : throw ChatException.Invalid("endpoint", "endpoint is the registration token that FCM gave the app.");
            case PushKind.Apns:
                var service = ApnsTopics.Service(request.Topic) ?? throw ChatException.Invalid("topic", "topic is alert, background or voip.");
                return ApnsToken().IsMatch(endpoint)
                    ? Checked(kind, service, endpoint.ToLowerInvariant(), null, null, name)
                    : throw ChatException.Invalid("endpoint", "endpoint is the device token that Apple gave the app, in hexadecimal.");
            case PushKind.Webhook:
                var (hook, secret) = (Address(endpoint), Secret(request.Secret));
                await RequireOutsideAsync(hook, token);
                return Checked(kind, hook.Authority, endpoint, secret, null, name);
            default:
                var address = Address(endpoint);
                var key = Point(request.P256dh);
                var auth = Bytes("keys.auth", request.Auth);
                if (auth.Length != AuthLength)
                {
                    throw ChatException.Invalid("keys.auth", "keys.auth is 16 bytes in base64url.");
                }
                await RequireOutsideAsync(address, token);
                return Checked(kind, address.Authority, endpoint, key, auth, name);
        }
    }

    private static CheckedSubscription Checked(PushKind kind, string provider, string endpoint, byte[]? key, byte[]? auth, string name) =>
        new(kind, provider, endpoint, Hash(kind, endpoint), key, auth, name);

    private static string Name(string? given)
    {
        var name = (given ?? "").Trim();
        if (name.Length > MaxName)
        {
            throw ChatException.TooLong("name", MaxName, "characters");
        }
        return name.Any(char.IsControl) ? throw new ChatException(ProblemCodes.InvalidText, "name holds control characters.") { Field = "name" } : name;
    }

    private async Task RequireOutsideAsync(Uri address, CancellationToken token)
    {
        if (await guard.LeadsInsideAsync(address.IdnHost, token))
        {
            throw ChatException.Invalid("endpoint", "endpoint leads to an address inside, which this server does not connect to.");
        }
    }

    private static byte[] Secret(string? text)
    {
        var given = text ?? throw ChatException.Invalid("keys.secret", "keys.secret is missing.");
        var bytes = new byte[MaxSecret];
        return given.StartsWith(SecretPrefix, StringComparison.Ordinal) && Convert.TryFromBase64String(given[SecretPrefix.Length..], bytes, out var length) && length >= LeastSecret
            ? bytes[..length]
            : throw ChatException.Invalid("keys.secret", $"keys.secret is {SecretPrefix} and {LeastSecret} to {MaxSecret} bytes in base64.");
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_:.-]+\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex FcmToken();

    // Apple says that the length may change.
    [GeneratedRegex(@"\A(?:[0-9A-Fa-f]{2}){32,100}\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex ApnsToken();

    /// <summary>Names an endpoint; the address itself is as good as a key to it.</summary>
    public static byte[] Hash(PushKind kind, string endpoint) => SHA256.HashData(Encoding.UTF8.GetBytes($"{(int)kind} {endpoint}"));

    private Uri Address(string endpoint)
    {
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var address) || address.IdnHost.Length == 0
            || (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp) || address.UserInfo.Length > 0 || address.Fragment.Length > 0)
        {
            throw ChatException.Invalid("endpoint", "endpoint is an https address without a name, a password or a fragment.");
        }
        return address.Scheme == Uri.UriSchemeHttps || options.Value.AllowHttpEndpoints
            ? address
            : throw ChatException.Invalid("endpoint", "endpoint must be https.");
    }

    private static byte[] Point(string? text)
    {
        var bytes = Bytes("keys.p256dh", text);
        if (bytes.Length == PointLength && bytes[0] == 4)
        {
            try
            {
                // Refuses a point that is not on the curve.
                using var _ = ECDiffieHellman.Create(WebPush.Encryption.Parameters(bytes));
                return bytes;
            }
            catch (CryptographicException)
            {
                // Said below.
            }
        }
        throw ChatException.Invalid("keys.p256dh", "keys.p256dh is an uncompressed point on P-256: 65 bytes in base64url.");
    }

    private static byte[] Bytes(string field, string? text)
    {
        var unpadded = (text ?? throw ChatException.Invalid(field, $"{field} is missing.")).TrimEnd('=');
        return unpadded.Length <= 200 && Base64Url.IsValid(unpadded)
            ? Base64Url.DecodeFromChars(unpadded)
            : throw ChatException.Invalid(field, $"{field} is not base64url.");
    }
}
