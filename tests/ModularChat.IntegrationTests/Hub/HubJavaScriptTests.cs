using System.Text.Json.Nodes;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Hub;

/// <summary>Microsoft's JavaScript client from npm, on each transport of SignalR.</summary>
public sealed class HubJavaScriptTests
{
    private const int Count = 50;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("WebSockets")]
    [InlineData("ServerSentEvents")]
    [InlineData("LongPolling")]
    public async Task The_official_client_sends_receives_goes_away_and_comes_back_with_its_cursor(string transport)
    {
        Assert.SkipUnless(JavaScriptProgram.Missing is null, JavaScriptProgram.Missing ?? "");
        await using var server = await ChatServer.StartAsync();
        var users = await server.RegisterAsync("anna", "boris");
        var browser = await server.LoginAsync("anna");
        var group = await users[0].CreateGroupAsync("Team", users[1]);
        await users[1].SendAsync(group.Id, "before");
        await using var script = await JavaScriptProgram.StartAsync("hub.mjs", Token);
        await script.SayAsync(
            new JsonObject { ["url"] = server.Url.ToString(), ["token"] = browser.Token, ["conversationId"] = group.Id, ["transport"] = transport }, Token);
        await script.ExpectAsync("live", Token);

        await script.SayAsync(new JsonObject { ["count"] = Count }, Token);
        var last = 0L;
        for (var i = 0; i < Count; i++)
        {
            last = (await users[1].SendAsync(group.Id, $"boris {i}")).Seq;
        }
        var sent = await script.ExpectAsync("sent", Token);
        sent["seqs"]!.AsArray().Select(seq => seq!.GetValue<long>()).ShouldBeInOrder();
        sent["answers"]!.ToJsonString().ShouldBe(
            """{"edit":"ack","react":"ack","delete":"ack","mark":"ok","typing":"ok","heartbeat":"heartbeat","bad":"malformed_json","unknown":"thrown"}""");

        last = (await users[1].SendAsync(group.Id, "last")).Seq;
        await script.SayAsync(new JsonObject { ["last"] = last }, Token);
        await script.ExpectAsync("away", Token);
        var away = (await users[1].SendAsync(group.Id, "while away")).Seq;
        away.ShouldBe(last + 1);

        await script.SayAsync([], Token);
        var back = await script.ExpectAsync("back", Token);
        back["came"]!.GetValue<int>().ShouldBe(1);
        back["doubled"]!.GetValue<int>().ShouldBe(0);
        back["entries"]!.AsArray().Select(seq => seq!.GetValue<long>()).ShouldBe(Enumerable.Range(1, (int)away).Select(seq => (long)seq));

        await script.SayAsync([], Token);
        (await users[0].RequestAsync(HttpMethod.Delete, $"devices/{browser.DeviceId}")).EnsureSuccessStatusCode();
        var closed = await script.ExpectAsync("closed", Token);
        closed["code"]!.GetValue<int>().ShouldBe(4100);
        closed["reason"]!.GetValue<string>().ShouldBe("unauthorized");
        if (transport != "LongPolling")
        {
            closed["error"]!.GetValue<string>().ShouldContain("4100 unauthorized");
        }
    }
}
