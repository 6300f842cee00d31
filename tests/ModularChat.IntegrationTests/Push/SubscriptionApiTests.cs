using System.Text.Json;
using ModularChat.Contracts;
using ModularChat.IntegrationTests.Servers;
using ModularChat.IntegrationTests.Upkeep;
using ModularChat.Shared;

namespace ModularChat.IntegrationTests.Push;

public sealed class SubscriptionApiTests
{
    private const string Path = "me/push/subscriptions";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_wrong_with_a_subscription_is_said_by_field()
    {
        await using var server = await ChatServer.StartAsync();
        var alice = await server.RegisterAsync("alice");
        using var device = new PushDevice();
        var keys = new { p256dh = device.P256dh, auth = device.Auth };
        const string Good = "https://push.example.org/1";
        var wrong = new (object Body, string Code, string Field)[]
        {
            (new { keys }, "invalid_request", "endpoint"),
            (new { endpoint = "http://push.example.org/1", keys }, "invalid_request", "endpoint"),
            (new { endpoint = "push.example.org", keys }, "invalid_request", "endpoint"),
            (new { endpoint = "ftp://push.example.org/1", keys }, "invalid_request", "endpoint"),
            (new { endpoint = "https://user:password@push.example.org/1", keys }, "invalid_request", "endpoint"),
            (new { endpoint = Good + "#fragment", keys }, "invalid_request", "endpoint"),
            (new { endpoint = Good + new string('x', 1024), keys }, "too_long", "endpoint"),
            (new { endpoint = "https://127.0.0.1/1", keys }, "invalid_request", "endpoint"),
            (new { endpoint = "https://localhost/1", keys }, "invalid_request", "endpoint"),
            (new { endpoint = "https://[::1]/1", keys }, "invalid_request", "endpoint"),
            (new { endpoint = "https://[::ffff:10.0.0.1]/1", keys }, "invalid_request", "endpoint"),
            (new { endpoint = "https://169.254.169.254/latest/meta-data", keys }, "invalid_request", "endpoint"),
            (new { endpoint = "https://2130706433/1", keys }, "invalid_request", "endpoint"),
            (new { endpoint = Good }, "invalid_request", "keys.p256dh"),
            (new { endpoint = Good, keys = new { device.Auth } }, "invalid_request", "keys.p256dh"),
            (new { endpoint = Good, keys = new { p256dh = device.P256dh[..40], auth = device.Auth } }, "invalid_request", "keys.p256dh"),
            (new { endpoint = Good, keys = new { p256dh = "B" + new string('A', 86), auth = device.Auth } }, "invalid_request", "keys.p256dh"),
            (new { endpoint = Good, keys = new { p256dh = device.P256dh, auth = "AAAA" } }, "invalid_request", "keys.auth"),
            (new { endpoint = Good, keys = new { p256dh = device.P256dh, auth = "***" } }, "invalid_request", "keys.auth"),
            (new { endpoint = Good, keys, name = new string('x', 65) }, "too_long", "name"),
            (new { endpoint = Good, keys, name = "a\nb" }, "invalid_text", "name"),
        };

        foreach (var (body, code, field) in wrong)
        {
            using var response = await alice.RequestAsync(HttpMethod.Post, Path, body);
            var text = await response.Content.ReadAsStringAsync(Cancel);
            var problem = JsonDocument.Parse(text).RootElement;
            (problem.GetProperty("code").GetString(), problem.TryGetProperty("field", out var at) ? at.GetString() : null).ShouldBe((code, field), $"{JsonSerializer.Serialize(body)}: {text}");
        }
        (await alice.AskAsync<JsonElement>(HttpMethod.Get, Path)).GetProperty("subscriptions").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_subscription_goes_with_the_session_of_its_device_and_stays_over_a_restart()
    {
        var folder = Directory.CreateTempSubdirectory("modularchat-test-");
        try
        {
            string key;
            await using (var server = await ChatServer.StartAsync(folder: folder.FullName))
            {
                var first = await server.RegisterAsync("alice");
                key = (await first.AskAsync<JsonElement>(HttpMethod.Get, "push/keys")).GetProperty("webPushKey").GetString()!;
                await SubscribeAsync(first, "https://push.example.org/1");
                var second = await server.LoginAsync("alice");
                await SubscribeAsync(second, "https://push.example.org/2");
                (await first.RequestAsync(HttpMethod.Post, "logout")).Dispose();
                (await EndpointsAsync(second)).ShouldBe(["https://push.example.org/2"]);
            }
            await using (var server = await ChatServer.StartAsync(folder: folder.FullName))
            {
                var again = await server.LoginAsync("alice");
                (await again.AskAsync<JsonElement>(HttpMethod.Get, "push/keys")).GetProperty("webPushKey").GetString().ShouldBe(key);
                (await EndpointsAsync(again)).ShouldBe(["https://push.example.org/2"]);
                var (exit, export) = await CapturedOutput.RunAsync(server.Folder, "user export", new() { ["name"] = "alice" });
                exit.ShouldBe(0);
                JsonDocument.Parse(export.ToString()).RootElement.GetProperty("push").GetProperty("subscriptions").GetArrayLength().ShouldBe(1);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Settings_are_kept_and_a_level_is_set_by_conversation()
    {
        await using var server = await ChatServer.StartAsync(settings: "Notifications:Content=sender");
        var (alice, bob) = (await server.RegisterAsync("alice"), await server.RegisterAsync("bob"));
        var group = await alice.CreateGroupAsync("group", bob);
        var begin = await bob.AskAsync<JsonElement>(HttpMethod.Get, "me/push/settings");
        (begin.GetProperty("level").GetString(), begin.GetProperty("content").GetString(), begin.GetProperty("contentLimit").GetString()).ShouldBe(("all", "full", "sender"));

        await bob.AskAsync<JsonElement>(HttpMethod.Put, "me/push/settings", new { level = "mentions", quietHours = new { from = "22:30", to = "07:00", timeZone = "Europe/Berlin" } });
        await bob.AskAsync<JsonElement>(HttpMethod.Put, $"conversations/{group.Id}/push", new { level = "nothing" });

        var now = await bob.AskAsync<JsonElement>(HttpMethod.Get, "me/push/settings");
        now.GetProperty("level").GetString().ShouldBe("mentions");
        now.GetProperty("quietHours").GetProperty("from").GetString().ShouldBe("22:30");
        now.GetProperty("conversations")[0].GetProperty("level").GetString().ShouldBe("nothing");

        await bob.AskAsync<JsonElement>(HttpMethod.Put, $"conversations/{group.Id}/push", new { level = "default" });
        (await bob.AskAsync<JsonElement>(HttpMethod.Get, "me/push/settings")).GetProperty("conversations").GetArrayLength().ShouldBe(0);
        using var refused = await bob.RequestAsync(HttpMethod.Put, $"conversations/{Ids.New()}/push", new { level = "all" });
        ((int)refused.StatusCode).ShouldBe(404);
    }

    private static async Task SubscribeAsync(ChatUser user, string endpoint)
    {
        using var device = new PushDevice();
        await user.AskAsync<JsonElement>(HttpMethod.Post, Path, new { endpoint, keys = new { p256dh = device.P256dh, auth = device.Auth } });
    }

    private static async Task<string?[]> EndpointsAsync(ChatUser user) =>
        [.. (await user.AskAsync<JsonElement>(HttpMethod.Get, Path)).GetProperty("subscriptions").EnumerateArray().Select(s => s.GetProperty("endpoint").GetString())];
}
