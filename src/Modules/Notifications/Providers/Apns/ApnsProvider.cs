using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Options;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Storage;

namespace ModularChat.Notifications.Providers.Apns;

/// <summary>Apple's push service: HTTP/2, and a token of our own.</summary>
internal sealed class ApnsProvider(ApnsTokens tokens, IOptions<NotificationsOptions> options, TimeProvider time) : IPushProvider, IDisposable
{
    private const int LongestWord = 64;

    /// <summary>Apple does not say how long a device that gets too much wants to be left alone.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly PushRequests _requests = new(PushRequests.NewHandler(options.Value), options.Value, time);

    public IReadOnlyList<PushKind> Kinds { get; } = [PushKind.Apns];

    public async Task<PushAnswer> SendAsync(SubscriptionRow device, PushMessage message, CancellationToken token)
    {
        var body = ApnsBody.Write(message.Payload, device.Provider);
        var ours = tokens.Get();
        while (true)
        {
            using var request = Request(device, message, body, ours);
            var isExpired = false;
            var answer = await _requests.SendAsync(
                request,
                reply =>
                {
                    var (reason, since) = Read(reply.Body);
                    isExpired = reason == "ExpiredProviderToken";
                    return Judge(reply, reason, since, device);
                },
                readsBody: true,
                token);
            if (!isExpired || tokens.Another(ours) is not { } another || another == ours)
            {
                return answer;
            }
            ours = another;
        }
    }

    public void Dispose() => _requests.Dispose();

    private HttpRequestMessage Request(SubscriptionRow device, PushMessage message, byte[] body, string ours)
    {
        var (type, topic) = device.Provider switch
        {
            ApnsTopics.Voip => ("voip", options.Value.Apns.BundleId + ".voip"),
            ApnsTopics.Background => ("background", options.Value.Apns.BundleId),
            // It shows nothing: the app is woken, and takes back what it shows.
            _ when message.Payload.Kind == PushPayload.Read => ("background", options.Value.Apns.BundleId),
            _ => ("alert", options.Value.Apns.BundleId),
        };
        // A background push that asks to be first is refused.
        var isFirst = type == "voip" || (type == "alert" && message.IsUrgent);
        var request = new HttpRequestMessage(HttpMethod.Post, $"{options.Value.Apns.Url}/3/device/{device.Endpoint}")
        {
            Content = new ByteArrayContent(body),
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Authorization = new AuthenticationHeaderValue("bearer", ours);
        request.Headers.Add("apns-push-type", type);
        request.Headers.Add("apns-topic", topic);
        request.Headers.Add("apns-id", message.Payload.Id.ToString("D"));
        request.Headers.Add("apns-priority", isFirst ? "10" : "5");
        request.Headers.Add("apns-expiration", (time.GetUtcNow() + message.Life).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        if (type == "alert")
        {
            request.Headers.Add("apns-collapse-id", message.Topic);
        }
        return request;
    }

    private static PushAnswer Judge(ServiceReply reply, string? reason, DateTimeOffset? since, SubscriptionRow device)
    {
        var text = reply.Text(reason);
        return (reply.Status, reason) switch
        {
            (HttpStatusCode.OK, _) => new PushAnswer(AnswerKind.Taken, text),
            // Said of the time before the device has registered: it is back.
            (HttpStatusCode.Gone, _) when since < device.CreatedAt => new PushAnswer(AnswerKind.Refused, text),
            (HttpStatusCode.Gone, _) or (_, "BadDeviceToken") => new PushAnswer(AnswerKind.Gone, text),
            (HttpStatusCode.TooManyRequests, "TooManyRequests") => new PushAnswer(AnswerKind.DeviceBusy, text, reply.RetryAfter ?? Pause),
            (HttpStatusCode.TooManyRequests, _) => new PushAnswer(AnswerKind.Busy, text, reply.RetryAfter ?? Pause),
            // Who we are is wrong, and not this push: it waits until the operator has mended it.
            (HttpStatusCode.Forbidden, _) => new PushAnswer(AnswerKind.Failed, text),
            _ => PushRequests.JudgeFailure(reply, reason),
        };
    }

    private static (string? Reason, DateTimeOffset? Since) Read(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body.Length == 0 ? "{}"u8.ToArray() : body);
            var root = json.RootElement;
            return root.ValueKind != JsonValueKind.Object ? (null, null)
                : (root.TryGetProperty("reason", out var reason) && reason.ValueKind == JsonValueKind.String && reason.GetString() is { Length: > 0 and <= LongestWord } word ? word : null,
                    root.TryGetProperty("timestamp", out var since) && since.ValueKind == JsonValueKind.Number && since.TryGetInt64(out var at) && at is > 0 and < 253_402_300_799_000
                        ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null);
        }
        catch (JsonException)
        {
            return (null, null);
        }
    }
}
