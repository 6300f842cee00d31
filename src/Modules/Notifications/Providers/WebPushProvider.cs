using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Keys;
using ModularChat.Notifications.Storage;
using ModularChat.Notifications.WebPush;
using ModularChat.Storage.Outbound;

namespace ModularChat.Notifications.Providers;

/// <summary>Web Push (RFC 8030) with encryption (RFC 8291) and our key (RFC 8292). A UnifiedPush distributor speaks the same.</summary>
internal sealed class WebPushProvider(OutboundGuard guard, ServerKeys keys, IOptions<NotificationsOptions> options, TimeProvider time) : IPushProvider, IDisposable
{
    /// <summary>Lengths are rounded up to this, so that they tell little.</summary>
    private const int Pad = 512;

    private const int MostTokens = 10_000, MostKeys = 4_096;
    private static readonly TimeSpan TokenLife = TimeSpan.FromHours(12);

    private readonly PushRequests _requests = new(guard.NewHandler(TimeSpan.FromSeconds(options.Value.TimeoutSeconds)), options.Value, time);
    private readonly ConcurrentDictionary<string, (string Header, DateTimeOffset Renew)> _tokens = new(StringComparer.Ordinal);

    /// <summary>By subscription; with what it was read from, because a device may register another.</summary>
    private readonly ConcurrentDictionary<Guid, (byte[] Of, ECDiffieHellmanPublicKey Key)> _keys = new();

    public IReadOnlyList<PushKind> Kinds { get; } = [PushKind.WebPush, PushKind.UnifiedPush];

    public async Task<PushAnswer> SendAsync(SubscriptionRow device, PushMessage message, CancellationToken token)
    {
        var endpoint = new Uri(device.Endpoint);
        var plain = message.Payload.ToJson(Encryption.MaxPlain);
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint)
        {
            Content = new ByteArrayContent(Encryption.Encrypt(plain, device.Key!, device.Auth!, (plain.Length + Pad - 1) / Pad * Pad, KeyOf(device))),
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        request.Content.Headers.ContentEncoding.Add("aes128gcm");
        request.Headers.TryAddWithoutValidation("Authorization", await AuthorizationAsync(endpoint, token));
        request.Headers.TryAddWithoutValidation("TTL", ((long)Math.Max(0, message.Life.TotalSeconds)).ToString(CultureInfo.InvariantCulture));
        request.Headers.TryAddWithoutValidation("Urgency", message.IsUrgent ? "high" : message.Payload.Kind == PushPayload.Read ? "low" : "normal");
        request.Headers.TryAddWithoutValidation("Topic", message.Topic);
        // The body is of no interest, whatever its length.
        return await _requests.SendAsync(request, PushRequests.Judge, readsBody: false, token);
    }

    public void Dispose() => _requests.Dispose();

    /// <summary>One that is in use is never disposed of, only forgotten.</summary>
    private ECDiffieHellmanPublicKey KeyOf(SubscriptionRow device)
    {
        if (_keys.TryGetValue(device.Id, out var known) && known.Of.AsSpan().SequenceEqual(device.Key))
        {
            return known.Key;
        }
        if (_keys.Count >= MostKeys)
        {
            _keys.Clear();
        }
        var key = Encryption.Read(device.Key!);
        _keys[device.Id] = (device.Key!, key);
        return key;
    }

    /// <summary>One token for each service, used for half its life: a signature for each push would cost as much as the encryption.</summary>
    private async ValueTask<string> AuthorizationAsync(Uri endpoint, CancellationToken token)
    {
        var audience = endpoint.GetLeftPart(UriPartial.Authority);
        var set = await keys.GetAsync(token);
        var now = time.GetUtcNow();
        if (_tokens.TryGetValue(audience, out var known) && now < known.Renew)
        {
            return known.Header;
        }
        var header = $"vapid t={Vapid.Sign(audience, options.Value.Contact, set.Signing, now + TokenLife)}, k={set.PublicKey}";
        if (_tokens.Count >= MostTokens)
        {
            _tokens.Clear();
        }
        _tokens[audience] = (header, now + (TokenLife / 2));
        return header;
    }
}
