using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Storage;
using ModularChat.Storage.Outbound;

namespace ModularChat.Notifications.Providers.Webhooks;

/// <summary>A request to an address that a user has named, signed as Standard Webhooks 1.0.0 says: HMAC-SHA256 over id, time and body under the secret that the user gave.</summary>
internal sealed class WebhookProvider(OutboundGuard guard, IOptions<NotificationsOptions> options, TimeProvider time) : IPushProvider, IDisposable
{
    private const int MostBytes = 20_000;

    private readonly PushRequests _requests = new(guard.NewHandler(TimeSpan.FromSeconds(options.Value.TimeoutSeconds)), options.Value, time);

    public IReadOnlyList<PushKind> Kinds { get; } = [PushKind.Webhook];

    public async Task<PushAnswer> SendAsync(SubscriptionRow device, PushMessage message, CancellationToken token)
    {
        var now = time.GetUtcNow();
        var id = message.Payload.Id.ToString("D");
        var at = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var body = message.Payload.Fit(MostBytes, payload => JsonSerializer.SerializeToUtf8Bytes(new Body(payload.Kind, now, payload), PushPayload.Json));
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(device.Endpoint))
        {
            Content = new ByteArrayContent(body),
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", at);
        byte[] signed = [.. Encoding.ASCII.GetBytes($"{id}.{at}."), .. body];
        request.Headers.Add("webhook-signature", $"v1,{Convert.ToBase64String(HMACSHA256.HashData(device.Key!, signed))}");
        return await _requests.SendAsync(request, PushRequests.Judge, readsBody: false, token);
    }

    public void Dispose() => _requests.Dispose();

    private sealed record Body(string Type, DateTimeOffset Timestamp, PushPayload Data);
}
