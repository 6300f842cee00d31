using System.Text.Json;
using ModularChat.Contracts.Notifications;
using ModularChat.IntegrationTests.Push.Services;
using ModularChat.Notifications.Providers;
using ModularChat.Shared;

namespace ModularChat.IntegrationTests.Push;

public sealed class FcmTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_is_sent_as_FCM_wants_it_and_its_answers_are_understood()
    {
        var time = new ManualTime();
        using var bench = new ProviderBench(time);
        await using var server = await FcmServer.StartAsync(time);
        var fcm = bench.Fcm(server);
        var device = bench.Device(PushKind.Fcm, ProviderBench.GoogleToken, "fcm");
        var message = ProviderBench.Message(new string('ü', 10_000));

        (await fcm.SendAsync(device, message, Cancel)).ShouldBe(new PushAnswer(AnswerKind.Taken, "200"));

        var taken = server.Taken.ShouldHaveSingleItem();
        taken.GetProperty("token").GetString().ShouldBe(ProviderBench.GoogleToken);
        var push = JsonDocument.Parse(taken.GetProperty("data").GetProperty("push").GetString()!).RootElement;
        push.GetProperty("id").GetGuid().ShouldBe(message.Payload.Id);
        push.GetProperty("truncated").GetBoolean().ShouldBeTrue();
        push.GetProperty("text").GetString()!.Length.ShouldBeGreaterThan(1_500);
        taken.GetProperty("android").GetProperty("priority").GetString().ShouldBe("HIGH");
        taken.GetProperty("android").GetProperty("ttl").GetString().ShouldBe("3600s");

        await AnswersAsync(new FcmReply(429, "QUOTA_EXCEEDED"), AnswerKind.Busy, TimeSpan.FromMinutes(1));
        await AnswersAsync(new FcmReply(429, "QUOTA_EXCEEDED", "17"), AnswerKind.Busy, TimeSpan.FromSeconds(17));
        await AnswersAsync(new FcmReply(503, "UNAVAILABLE", "7"), AnswerKind.Busy, TimeSpan.FromSeconds(7));
        await AnswersAsync(new FcmReply(503, "UNAVAILABLE"), AnswerKind.Failed);
        await AnswersAsync(new FcmReply(500, "INTERNAL"), AnswerKind.Failed);
        await AnswersAsync(new FcmReply(403, "SENDER_ID_MISMATCH"), AnswerKind.Refused);
        await AnswersAsync(new FcmReply(401, "THIRD_PARTY_AUTH_ERROR"), AnswerKind.Failed);
        server.Unregistered[ProviderBench.GoogleToken] = true;
        await AnswersAsync(new FcmReply(), AnswerKind.Gone, text: "404 UNREGISTERED");
        device = bench.Device(PushKind.Fcm, "no-token", "fcm");
        await AnswersAsync(new FcmReply(), AnswerKind.Gone, text: "400 INVALID_ARGUMENT");
        server.Given.ShouldBe(1);

        async Task AnswersAsync(FcmReply reply, AnswerKind kind, TimeSpan? retryAfter = null, string? text = null)
        {
            server.Reply = () => reply;
            (await fcm.SendAsync(device, message, Cancel)).ShouldBe(new PushAnswer(kind, text ?? $"{reply.Status} {reply.Error}", retryAfter));
        }
    }

    [Fact]
    public async Task An_access_token_is_used_as_long_as_it_holds_and_another_fetched_for_one_that_is_refused()
    {
        var time = new ManualTime();
        using var bench = new ProviderBench(time);
        await using var server = await FcmServer.StartAsync(time);
        var fcm = bench.Fcm(server);
        var device = bench.Device(PushKind.Fcm, ProviderBench.GoogleToken, "fcm");

        await TakesAsync(asked: 1, given: 1);
        await TakesAsync(asked: 2, given: 1);
        time.Advance(TimeSpan.FromHours(2));
        await TakesAsync(asked: 3, given: 2);
        // Before its time: the refused attempt is one of the requests.
        server.Withdraw();
        await TakesAsync(asked: 5, given: 3);

        async Task TakesAsync(int asked, int given)
        {
            (await fcm.SendAsync(device, ProviderBench.Message(), Cancel)).Kind.ShouldBe(AnswerKind.Taken);
            (server.Asked, server.Given).ShouldBe((asked, given));
        }
    }

    [Fact]
    public async Task An_account_or_a_project_that_is_wrong_takes_no_device_away()
    {
        var time = new ManualTime();
        using var bench = new ProviderBench(time);
        await using var server = await FcmServer.StartAsync(time);
        await using var other = await FcmServer.StartAsync(time);
        // The key of one service, sent to the other.
        var fcm = bench.Fcm(other, server.Url);
        var device = bench.Device(PushKind.Fcm, ProviderBench.GoogleToken, "fcm");
        (await fcm.SendAsync(device, ProviderBench.Message(), Cancel)).ShouldBe(new PushAnswer(AnswerKind.Failed, "401 UNAUTHENTICATED"));

        bench.Options.Fcm.ProjectId = "another-project";
        (await bench.Fcm(server).SendAsync(device, ProviderBench.Message(), Cancel)).ShouldBe(new PushAnswer(AnswerKind.Failed, "403 PERMISSION_DENIED"));

        await other.DisposeAsync();
        time.Advance(TimeSpan.FromHours(2));
        (await fcm.SendAsync(device, ProviderBench.Message(), Cancel)).Text.ShouldStartWith("no access token");
    }
}
