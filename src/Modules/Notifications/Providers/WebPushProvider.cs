using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
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

    private const int MostTokens = 10_000;
    private static readonly TimeSpan TokenLife = TimeSpan.FromHours(12), LongestRetry = TimeSpan.FromHours(6);

    private readonly HttpClient _http = new(guard.NewHandler(TimeSpan.FromSeconds(options.Value.TimeoutSeconds))) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly ConcurrentDictionary<string, (string Header, DateTimeOffset Renew)> _tokens = new(StringComparer.Ordinal);

    public IReadOnlyList<PushKind> Kinds { get; } = [PushKind.WebPush, PushKind.UnifiedPush];

    public async Task<PushAnswer> SendAsync(SubscriptionRow device, PushMessage message, CancellationToken token)
    {
        var endpoint = new Uri(device.Endpoint);
        var plain = message.Payload.ToJson(Encryption.MaxPlain);
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint)
        {
            Content = new ByteArrayContent(Encryption.Encrypt(plain, device.Key!, device.Auth!, (plain.Length + Pad - 1) / Pad * Pad)),
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        request.Content.Headers.ContentEncoding.Add("aes128gcm");
        request.Headers.TryAddWithoutValidation("Authorization", await AuthorizationAsync(endpoint, token));
        request.Headers.TryAddWithoutValidation("TTL", ((long)Math.Max(0, message.Life.TotalSeconds)).ToString(CultureInfo.InvariantCulture));
        request.Headers.TryAddWithoutValidation("Urgency", message.IsUrgent ? "high" : message.Payload.Kind == PushPayload.Read ? "low" : "normal");
        request.Headers.TryAddWithoutValidation("Topic", message.Topic);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(options.Value.TimeoutSeconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, token);
        try
        {
            // The body is of no interest, whatever its length.
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return Judge(response);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            return new PushAnswer(AnswerKind.Failed, "no answer in time");
        }
        catch (HttpRequestException e)
        {
            return e.GetBaseException() is InsideAddressException
                ? new PushAnswer(AnswerKind.Refused, "the address leads inside")
                : new PushAnswer(AnswerKind.Failed, $"no answer ({e.HttpRequestError})");
        }
    }

    public void Dispose() => _http.Dispose();

    private PushAnswer Judge(HttpResponseMessage response)
    {
        var text = ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
        return response.StatusCode switch
        {
            >= HttpStatusCode.OK and < HttpStatusCode.Ambiguous => new PushAnswer(AnswerKind.Taken, text),
            HttpStatusCode.NotFound or HttpStatusCode.Gone => new PushAnswer(AnswerKind.Gone, text),
            HttpStatusCode.TooManyRequests => new PushAnswer(AnswerKind.Busy, text, RetryAfter(response)),
            HttpStatusCode.ServiceUnavailable when RetryAfter(response) is { } after => new PushAnswer(AnswerKind.Busy, text, after),
            HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError => new PushAnswer(AnswerKind.Failed, text),
            _ => new PushAnswer(AnswerKind.Refused, text),
        };
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var after = response.Headers.RetryAfter?.Delta ?? (response.Headers.RetryAfter?.Date is { } date ? date - time.GetUtcNow() : null);
        return after is { } span && span > TimeSpan.Zero ? (span < LongestRetry ? span : LongestRetry) : null;
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
