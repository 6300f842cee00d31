using ModularChat.Contracts.Notifications;
using ModularChat.IntegrationTests.Push.Services;
using ModularChat.Notifications.Providers;

namespace ModularChat.IntegrationTests.Push;

public sealed class BrokenServiceTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Fault.Garbage)]
    [InlineData(Fault.HangsUp)]
    [InlineData(Fault.EndsInTheMiddle)]
    [InlineData(Fault.Silent)]
    [InlineData(Fault.Portal)]
    [InlineData(Fault.Endless)]
    public async Task A_service_that_is_broken_is_a_failure_and_no_more(Fault fault)
    {
        using var bench = new ProviderBench(TimeProvider.System);
        bench.Options.TimeoutSeconds = 1;
        await using var google = await FcmServer.StartAsync();
        await using var apple = await ApnsServer.StartAsync();
        using var broken = new BrokenServer(fault);
        var answers = await Task.WhenAll(
            bench.Fcm(google, broken.Url).SendAsync(bench.Device(PushKind.Fcm, ProviderBench.GoogleToken, "fcm"), ProviderBench.Message(), Cancel),
            bench.Apns(apple, broken.Url).SendAsync(bench.Device(PushKind.Apns, ProviderBench.AppleToken, "apns"), ProviderBench.Message(), Cancel),
            bench.Webhook().SendAsync(bench.Device(PushKind.Webhook, broken.Url, "hook", new byte[32]), ProviderBench.Message(), Cancel));

        // Of a webhook any 200 counts: it is for its owner to say.
        answers.Select(answer => answer.Kind).ShouldBe([AnswerKind.Failed, AnswerKind.Failed, fault == Fault.Portal ? AnswerKind.Taken : AnswerKind.Failed], answers[0].Text);
        answers.ShouldAllBe(answer => answer.Text.Length < 100);
    }
}
