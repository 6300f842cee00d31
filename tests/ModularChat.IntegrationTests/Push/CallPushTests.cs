using System.Text.Json;
using ModularChat.Contracts;
using ModularChat.IntegrationTests.Push.Services;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Push;

public sealed class CallPushTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_rings_on_devices_that_are_not_connected_until_it_rings_no_longer()
    {
        var keys = Directory.CreateTempSubdirectory("modularchat-test-");
        try
        {
            await using var push = await PushServer.StartAsync();
            await using var apple = await ApnsServer.StartAsync();
            await using var server = await ChatServer.StartAsync(settings: [.. PushServer.Settings, .. apple.Settings(keys.FullName), "Calls:RingSeconds=60", "Notifications:BreakerFailures=1000"]);
            var (alice, bob) = (await server.RegisterAsync("alice"), await server.RegisterAsync("bob"));
            var direct = await alice.OpenDirectAsync(bob);
            var device = await push.SubscribeAsync(bob, "bob");
            var telephone = await server.LoginAsync("bob");
            foreach (var (topic, token) in new[] { ("alert", ProviderBench.AppleToken), ("voip", new string('b', 64)) })
            {
                await telephone.AskAsync<JsonElement>(HttpMethod.Post, "me/push/subscriptions", new { kind = "apns", endpoint = token, topic });
            }

            // It rings, and the caller gives up.
            var (first, leg) = await StartAsync(alice, direct.Id);
            var said = (await device.WaitAsync(1))[0];
            Said(said).ShouldBe(("call", first, direct.Id));
            said.GetProperty("sender").GetProperty("name").GetString().ShouldBe("alice");
            var headers = push.Taken[0].Headers;
            headers["Urgency"].ShouldBe("high");
            int.Parse(headers["TTL"], System.Globalization.CultureInfo.InvariantCulture).ShouldBeInRange(1, 60);
            await UntilAsync(() => apple.Taken.Length == 1);
            apple.Taken[0].Headers["apns-push-type"].ShouldBe("voip", "the telephone has a token for calls");
            apple.Taken[0].Body.GetProperty("push").GetProperty("callId").GetGuid().ShouldBe(first);
            await alice.AskAsync<JsonElement>(HttpMethod.Post, $"calls/{first}/hangup", new { legId = leg });
            Said((await device.WaitAsync(2))[1]).ShouldBe(("callEnded", first, direct.Id));
            push.Taken[1].Headers["Topic"].ShouldBe(headers["Topic"]);

            // It could not be sent before it was over: nobody is told anything.
            push.Reply = _ => new PushReply(500);
            var (second, secondLeg) = await StartAsync(alice, direct.Id);
            await UntilAsync(async () => (await StepsAsync(bob)).Contains("tried", StringComparison.Ordinal));
            await alice.AskAsync<JsonElement>(HttpMethod.Post, $"calls/{second}/hangup", new { legId = secondLeg });
            await UntilAsync(async () => (await StepsAsync(bob)).Contains("call_over", StringComparison.Ordinal));
            push.Reply = _ => new PushReply();

            // It does not ring where nobody wants it, and the trace says so.
            await bob.AskAsync<JsonElement>(HttpMethod.Put, $"conversations/{direct.Id}/push", new { level = "nothing" });
            var (third, thirdLeg) = await StartAsync(alice, direct.Id);
            await UntilAsync(async () => (await StepsAsync(bob)).Contains("suppressed level", StringComparison.Ordinal));
            await alice.AskAsync<JsonElement>(HttpMethod.Post, $"calls/{third}/hangup", new { legId = thirdLeg });
            device.Pushes.Select(one => Said(one).Call).Distinct().ShouldBe([first]);
        }
        finally
        {
            keys.Delete(recursive: true);
        }
    }

    private static (string? Kind, Guid Call, Guid Conversation) Said(JsonElement push) =>
        (push.GetProperty("kind").GetString(), push.GetProperty("callId").GetGuid(), push.GetProperty("conversationId").GetGuid());

    private static async Task<(Guid Call, Guid Leg)> StartAsync(ChatUser caller, Guid conversationId)
    {
        var (call, leg) = (Ids.New(), Ids.New());
        await caller.AskAsync<JsonElement>(HttpMethod.Post, $"conversations/{conversationId}/calls", new { callId = call, legId = leg });
        return (call, leg);
    }

    private static async Task<string> StepsAsync(ChatUser user) =>
        string.Join('\n', (await user.AskAsync<JsonElement>(HttpMethod.Get, "me/push/trace")).GetProperty("steps").EnumerateArray()
            .Select(step => $"{step.GetProperty("step").GetString()} {(step.TryGetProperty("detail", out var detail) ? detail.GetString() : "")}"));

    private static Task UntilAsync(Func<bool> isSo) => UntilAsync(() => Task.FromResult(isSo()));

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        while (!await isSo())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(30), TimeProvider.System, limit.Token);
        }
    }
}
