using System.Text.Json;
using System.Text.Json.Nodes;
using ModularChat.IntegrationTests.Hub;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Push;

/// <summary>Our Web Push before a judge that others have written: npm's web-push-testing.</summary>
public sealed class PushJudgeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_push_service_of_others_accepts_our_signature_and_decrypts_what_was_written()
    {
        Assert.SkipUnless(JavaScriptProgram.Missing is null, JavaScriptProgram.Missing ?? "");
        await using var server = await ChatServer.StartAsync(settings: PushServer.Settings);
        var (alice, bob) = (await server.RegisterAsync("alice"), await server.RegisterAsync("bob"));
        var direct = await alice.OpenDirectAsync(bob);
        await using var judge = await JavaScriptProgram.StartAsync("judge.mjs", Token);
        var key = (await bob.AskAsync<JsonElement>(HttpMethod.Get, "push/keys")).GetProperty("webPushKey").GetString();
        await judge.SayAsync(new JsonObject { ["key"] = key }, Token);
        var subscribed = await judge.ExpectAsync("subscribed", Token);
        await bob.AskAsync<JsonElement>(HttpMethod.Post, "me/push/subscriptions", new
        {
            endpoint = subscribed["endpoint"]!.GetValue<string>(),
            keys = new { p256dh = subscribed["p256dh"]!.GetValue<string>(), auth = subscribed["auth"]!.GetValue<string>() },
        });

        await alice.SendAsync(direct.Id, "grüße, 世界 😀");

        await judge.SayAsync([], Token);
        var received = await judge.ExpectAsync("received", Token);
        JsonDocument.Parse(received["text"]!.GetValue<string>()).RootElement.GetProperty("text").GetString().ShouldBe("grüße, 世界 😀");
    }
}
