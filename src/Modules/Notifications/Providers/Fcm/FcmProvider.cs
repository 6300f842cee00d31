using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Storage;

namespace ModularChat.Notifications.Providers.Fcm;

/// <summary>Firebase Cloud Messaging by its HTTP v1 interface. The app gets a data message, whose one field is what a browser gets, and shows it itself.</summary>
internal sealed class FcmProvider(FcmTokens tokens, IOptions<NotificationsOptions> options, TimeProvider time) : IPushProvider, IDisposable
{
    /// <summary>What <see cref="SubscriptionRow.Provider"/> is.</summary>
    public const string Service = "fcm";

    /// <summary>FCM takes 4,096 bytes of data, names included.</summary>
    private const int MostPayload = 4_000;

    private const int LongestLife = 2_419_200;

    /// <summary>What FCM wants to be left alone for when it does not say.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly PushRequests _requests = new(PushRequests.NewHandler(options.Value), options.Value, time);
    private readonly Uri _address = new(
        $"{options.Value.Fcm.Url}/v1/projects/{Uri.EscapeDataString(options.Value.Fcm.ProjectId is { Length: > 0 } project ? project : tokens.Account.ProjectId)}/messages:send");

    public IReadOnlyList<PushKind> Kinds { get; } = [PushKind.Fcm];

    public async Task<PushAnswer> SendAsync(SubscriptionRow device, PushMessage message, CancellationToken token)
    {
        var body = Body(device, message);
        var (access, reason) = await tokens.GetAsync(token);
        for (var isFirst = true; access is not null; isFirst = false)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, _address)
            {
                Content = new ByteArrayContent(body),
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
            };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", access);
            var isRefused = false;
            var answer = await _requests.SendAsync(
                request,
                reply =>
                {
                    var error = FcmError.Read(reply.Body);
                    isRefused = reply.Status == HttpStatusCode.Unauthorized && error.Code is null;
                    return Judge(reply, error);
                },
                readsBody: true,
                token);
            if (!isRefused || !isFirst)
            {
                return answer;
            }
            // It may have been withdrawn before its time.
            (access, reason) = await tokens.RenewAsync(access!, token);
        }
        return new PushAnswer(AnswerKind.Failed, reason!);
    }

    public void Dispose() => _requests.Dispose();

    /// <summary>
    /// No collapse key: FCM keeps four of them for a device and drops what else waits, but a hundred messages without one. What is of one conversation the app
    /// puts together by its id.
    /// </summary>
    private static byte[] Body(SubscriptionRow device, PushMessage message)
    {
        var life = Math.Clamp((long)message.Life.TotalSeconds, 0, LongestLife);
        return JsonSerializer.SerializeToUtf8Bytes(new
        {
            message = new
            {
                token = device.Endpoint,
                data = new { push = Encoding.UTF8.GetString(message.Payload.ToJson(MostPayload)) },
                android = new { priority = message.IsUrgent ? "HIGH" : "NORMAL", ttl = string.Create(CultureInfo.InvariantCulture, $"{life}s") },
            },
        });
    }

    private static PushAnswer Judge(ServiceReply reply, FcmError error)
    {
        var text = reply.Text(error.Code ?? error.Status);
        return (reply.Status, error.Code) switch
        {
            // Anybody may answer 200, a captive portal for one; FCM names the message.
            (HttpStatusCode.OK, _) => error.IsTaken ? new PushAnswer(AnswerKind.Taken, text) : new PushAnswer(AnswerKind.Failed, reply.Text("that is no answer of FCM")),
            // Only with its word for it: a wrong project is 404 too, and all devices would be gone.
            (_, "UNREGISTERED") => new PushAnswer(AnswerKind.Gone, text),
            (HttpStatusCode.BadRequest, "INVALID_ARGUMENT") when error.IsAboutToken => new PushAnswer(AnswerKind.Gone, text),
            (_, "SENDER_ID_MISMATCH") => new PushAnswer(AnswerKind.Refused, text),
            (HttpStatusCode.TooManyRequests, _) => new PushAnswer(AnswerKind.Busy, text, reply.RetryAfter ?? Pause),
            // Who we are is wrong, and not this push: it waits until the operator has mended it.
            (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound, _) => new PushAnswer(AnswerKind.Failed, text),
            _ => PushRequests.JudgeFailure(reply, error.Code ?? error.Status),
        };
    }
}
