using System.Text.Json;
using ModularChat.IntegrationTests.Push.Services;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Push;

/// <summary>A server that is set up for every kind of push service.</summary>
public sealed class ProvidersTests
{
    private const string Path = "me/push/subscriptions";
    private static readonly string Voip = new('b', 64), Background = new('c', 64);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Devices_of_every_kind_are_told_and_those_that_are_gone_are_forgotten()
    {
        var keys = Directory.CreateTempSubdirectory("modularchat-test-");
        try
        {
            await using var google = await FcmServer.StartAsync();
            await using var apple = await ApnsServer.StartAsync();
            await using var hook = await WebhookServer.StartAsync();
            await using var server = await ChatServer.StartAsync(settings:
            [
                .. PushServer.Settings, .. apple.Settings(keys.FullName), "Notifications:Webhook:Enabled=true",
                $"Notifications:Fcm:ServiceAccountFile={google.WriteKeyFile(keys.FullName)}", $"Notifications:Fcm:Url={google.Url}",
            ]);
            var (alice, bob) = (await server.RegisterAsync("alice"), await server.RegisterAsync("bob"));
            var group = await alice.CreateGroupAsync("Team", bob);
            (await bob.AskAsync<JsonElement>(HttpMethod.Get, "push/keys")).GetProperty("kinds").EnumerateArray().Select(kind => kind.GetString())
                .ShouldBe(["webpush", "unifiedpush", "fcm", "apns", "webhook"]);
            await RefusesAsync(bob, hook);
            await SubscribeAsync(bob, new { kind = "fcm", endpoint = ProviderBench.GoogleToken });
            await SubscribeAsync(bob, new { kind = "apns", endpoint = ProviderBench.AppleToken.ToUpperInvariant() });
            await SubscribeAsync(bob, new { kind = "apns", endpoint = Background, topic = "background" });
            await SubscribeAsync(bob, new { kind = "apns", endpoint = Voip, topic = "voip" });
            await SubscribeAsync(bob, new { kind = "webhook", endpoint = hook.Url, keys = new { secret = hook.Secret } });

            var sent = await alice.SendAsync(group.Id, "hello");

            await UntilAsync(() => google.Taken.Length == 1 && apple.Taken.Length == 2 && hook.Taken.Length == 1);
            JsonDocument.Parse(google.Taken[0].GetProperty("data").GetProperty("push").GetString()!).RootElement.GetProperty("text").GetString().ShouldBe("hello");
            apple.Taken.Select(push => (push.Token, push.Headers["apns-push-type"])).ShouldBe([(ProviderBench.AppleToken, "alert"), (Background, "background")], ignoreOrder: true);
            (hook.Taken[0].GetProperty("type").GetString(), hook.Taken[0].GetProperty("data").GetProperty("seq").GetInt64(), hook.Wrong).ShouldBe(("message", sent.Seq, 0));

            await IsClearedAsync(bob, group.Id, sent.Seq, google, apple, hook);

            google.Unregistered[ProviderBench.GoogleToken] = true;
            apple.Reply = () => new ApnsReply(410, "Unregistered");
            hook.Reply = () => 410;
            await alice.SendAsync(group.Id, "to those who are gone");

            // A call is all that the last one takes.
            string?[] left = [];
            await UntilAsync(async () => (left = await EndpointsAsync(bob)).Length == 1);
            left.ShouldBe([Voip]);
        }
        finally
        {
            keys.Delete(recursive: true);
        }
    }

    /// <summary>Read on another device: each kind is told in its own way to take its notification back.</summary>
    private static async Task IsClearedAsync(ChatUser reader, Guid conversation, long seq, FcmServer google, ApnsServer apple, WebhookServer hook)
    {
        await reader.MarkAsync(conversation, read: seq);

        await UntilAsync(() => google.Taken.Length == 2 && apple.Taken.Length == 4 && hook.Taken.Length == 2);
        var message = google.Taken[1];
        message.GetProperty("android").GetProperty("priority").GetString().ShouldBe("NORMAL");
        CheckRead(JsonDocument.Parse(message.GetProperty("data").GetProperty("push").GetString()!).RootElement);
        apple.Taken[2..].Select(push => push.Token).ShouldBe([ProviderBench.AppleToken, Background], ignoreOrder: true);
        foreach (var push in apple.Taken[2..])
        {
            (push.Headers["apns-push-type"], push.Headers["apns-priority"]).ShouldBe(("background", "5"));
            push.Body.GetProperty("aps").ToString().ShouldBe("""{"content-available":1}""");
            CheckRead(push.Body.GetProperty("push"));
        }
        CheckRead(hook.Taken.Single(taken => taken.GetProperty("type").GetString() == "read").GetProperty("data"));
        hook.Wrong.ShouldBe(0);

        void CheckRead(JsonElement push) =>
            (push.GetProperty("kind").GetString(), push.GetProperty("conversationId").GetGuid(), push.GetProperty("seq").GetInt64(), push.GetProperty("unread").GetInt64())
                .ShouldBe(("read", conversation, seq, 0));
    }

    private static async Task RefusesAsync(ChatUser user, WebhookServer hook)
    {
        var wrong = new (object Body, string Field)[]
        {
            (new { kind = "fcm", endpoint = "https://fcm.googleapis.com/x?y" }, "endpoint"),
            (new { kind = "fcm", endpoint = ProviderBench.GoogleToken, topic = "voip" }, "topic"),
            (new { kind = "apns", endpoint = "abc" }, "endpoint"),
            (new { kind = "apns", endpoint = new string('g', 64) }, "endpoint"),
            (new { kind = "apns", endpoint = ProviderBench.AppleToken, topic = "other" }, "topic"),
            (new { kind = "webhook", endpoint = "https://10.0.0.1/hook", keys = new { secret = hook.Secret } }, "endpoint"),
            (new { kind = "webhook", endpoint = "https://169.254.169.254/hook", keys = new { secret = hook.Secret } }, "endpoint"),
            (new { kind = "webhook", endpoint = hook.Url }, "keys.secret"),
            (new { kind = "webhook", endpoint = hook.Url, keys = new { secret = "whsec_AAAA" } }, "keys.secret"),
            (new { kind = "webhook", endpoint = hook.Url, keys = new { secret = hook.Secret["whsec_".Length..] } }, "keys.secret"),
        };
        foreach (var (body, field) in wrong)
        {
            using var response = await user.RequestAsync(HttpMethod.Post, Path, body);
            var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancel)).RootElement;
            (problem.GetProperty("code").GetString(), problem.GetProperty("field").GetString()).ShouldBe(("invalid_request", field), JsonSerializer.Serialize(body));
        }
    }

    private static Task<JsonElement> SubscribeAsync(ChatUser user, object body) => user.AskAsync<JsonElement>(HttpMethod.Post, Path, body);

    private static async Task<string?[]> EndpointsAsync(ChatUser user) =>
        [.. (await user.AskAsync<JsonElement>(HttpMethod.Get, Path)).GetProperty("subscriptions").EnumerateArray().Select(s => s.GetProperty("endpoint").GetString())];

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
