using System.Globalization;
using ModularChat.Contracts.Notifications;
using ModularChat.IntegrationTests.Push.Services;
using ModularChat.Notifications.Providers;
using ModularChat.Shared;

namespace ModularChat.IntegrationTests.Push;

public sealed class ApnsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_push_is_sent_as_Apple_wants_it_for_each_topic()
    {
        var time = new ManualTime();
        using var bench = new ProviderBench(time);
        await using var server = await ApnsServer.StartAsync(time);
        var apns = bench.Apns(server);
        var message = ProviderBench.Message(new string('ü', 10_000));

        var alert = await TakenAsync("apns", message);
        Header(alert, "apns-push-type", "apns-topic", "apns-priority").ShouldBe(["alert", ApnsServer.Bundle, "10"]);
        Header(alert, "apns-id", "apns-collapse-id").ShouldBe([message.Payload.Id.ToString(), message.Topic]);
        Header(alert, "apns-expiration").ShouldBe([(time.GetUtcNow() + TimeSpan.FromHours(1)).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)]);
        var aps = alert.Body.GetProperty("aps");
        (aps.GetProperty("badge").GetInt64(), aps.GetProperty("thread-id").GetGuid()).ShouldBe((3, message.Payload.ConversationId!.Value));
        (aps.GetProperty("alert").GetProperty("title").GetString(), aps.GetProperty("alert").GetProperty("subtitle").GetString()).ShouldBe(("Team", "Alice"));
        aps.GetProperty("alert").GetProperty("body").GetString()!.Length.ShouldBeGreaterThan(1_000);
        alert.Body.GetProperty("push").GetProperty("seq").GetInt64().ShouldBe(17);

        (await TakenAsync("apns", ProviderBench.Message(isUrgent: false))).Headers["apns-priority"].ShouldBe("5");

        var background = await TakenAsync("apns-background", message);
        Header(background, "apns-push-type", "apns-topic", "apns-priority").ShouldBe(["background", ApnsServer.Bundle, "5"]);
        background.Body.GetProperty("aps").GetProperty("content-available").GetInt32().ShouldBe(1);
        background.Body.GetProperty("push").GetProperty("text").GetString().ShouldNotBeNull();

        var call = message with { Payload = new PushPayload { Id = message.Payload.Id, Kind = "call", CallId = message.Payload.Id, Sender = message.Payload.Sender } };
        var voip = await TakenAsync("apns-voip", call);
        Header(voip, "apns-push-type", "apns-topic", "apns-priority").ShouldBe(["voip", ApnsServer.Bundle + ".voip", "10"]);
        voip.Body.GetProperty("push").GetProperty("callId").GetGuid().ShouldBe(message.Payload.Id);

        // Nothing of what was written where the user wants nothing said.
        var silent = await TakenAsync("apns", message with { Payload = new PushPayload { Id = message.Payload.Id, Kind = "message", ConversationId = message.Payload.ConversationId, Unread = 1 } });
        silent.Body.GetProperty("aps").GetProperty("alert").ToString().ShouldBe("""{"body":"New message"}""");

        async Task<ApnsPush> TakenAsync(string service, PushMessage push)
        {
            (await apns.SendAsync(bench.Device(PushKind.Apns, ProviderBench.AppleToken, service), push, Cancel)).ShouldBe(new PushAnswer(AnswerKind.Taken, "200"));
            return server.Taken[^1];
        }

        static string[] Header(ApnsPush push, params string[] names) => [.. names.Select(name => push.Headers[name])];
    }

    [Fact]
    public async Task What_Apple_answers_is_understood()
    {
        var time = new ManualTime();
        using var bench = new ProviderBench(time);
        await using var server = await ApnsServer.StartAsync(time);
        var apns = bench.Apns(server);
        var device = bench.Device(PushKind.Apns, ProviderBench.AppleToken, "apns");
        var registered = time.GetUtcNow().ToUnixTimeMilliseconds();

        await AnswersAsync(new ApnsReply(410, "Unregistered", registered + 1), AnswerKind.Gone);
        await AnswersAsync(new ApnsReply(410, "ExpiredToken"), AnswerKind.Gone);
        // Gone before it registered again: it is there.
        await AnswersAsync(new ApnsReply(410, "Unregistered", registered - 1), AnswerKind.Refused);
        await AnswersAsync(new ApnsReply(400, "BadDeviceToken"), AnswerKind.Gone);
        await AnswersAsync(new ApnsReply(400, "DeviceTokenNotForTopic"), AnswerKind.Refused);
        await AnswersAsync(new ApnsReply(429, "TooManyRequests"), AnswerKind.DeviceBusy, TimeSpan.FromMinutes(1));
        await AnswersAsync(new ApnsReply(503, "ServiceUnavailable", RetryAfter: "9"), AnswerKind.Busy, TimeSpan.FromSeconds(9));
        await AnswersAsync(new ApnsReply(503, "Shutdown"), AnswerKind.Failed);
        await AnswersAsync(new ApnsReply(500, "InternalServerError"), AnswerKind.Failed);
        await AnswersAsync(new ApnsReply(403, "InvalidProviderToken"), AnswerKind.Failed);
        await AnswersAsync(new ApnsReply(413, "PayloadTooLarge"), AnswerKind.Refused);

        async Task AnswersAsync(ApnsReply reply, AnswerKind kind, TimeSpan? retryAfter = null)
        {
            server.Reply = () => reply;
            (await apns.SendAsync(device, ProviderBench.Message(), Cancel)).ShouldBe(new PushAnswer(kind, $"{reply.Status} {reply.Reason}", retryAfter));
        }
    }

    [Fact]
    public async Task Our_token_is_renewed_before_it_runs_out_and_never_too_often()
    {
        var time = new ManualTime();
        using var bench = new ProviderBench(time);
        await using var server = await ApnsServer.StartAsync(time);
        var apns = bench.Apns(server);
        var device = bench.Device(PushKind.Apns, ProviderBench.AppleToken, "apns");

        await SendsAsync(AnswerKind.Taken, asked: 1, tokens: 1);
        time.Advance(TimeSpan.FromMinutes(49));
        await SendsAsync(AnswerKind.Taken, asked: 2, tokens: 1);
        time.Advance(TimeSpan.FromMinutes(2));
        await SendsAsync(AnswerKind.Taken, asked: 3, tokens: 2);

        // Apple lets it count for less: a token that is old enough is made anew within the same attempt.
        server.TokenLife = TimeSpan.FromMinutes(10);
        time.Advance(TimeSpan.FromMinutes(25));
        await SendsAsync(AnswerKind.Taken, asked: 5, tokens: 3);
        // A young one is not: too many are refused. The push is tried again later.
        time.Advance(TimeSpan.FromMinutes(11));
        await SendsAsync(AnswerKind.Failed, asked: 6, tokens: 3);

        async Task SendsAsync(AnswerKind kind, int asked, int tokens)
        {
            (await apns.SendAsync(device, ProviderBench.Message(), Cancel)).Kind.ShouldBe(kind);
            (server.Asked, server.Tokens).ShouldBe((asked, tokens));
        }
    }
}
