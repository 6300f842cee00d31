using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ModularChat.IntegrationTests.Gateway;
using ModularChat.IntegrationTests.Hub;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Presence;

/// <summary>Being there, and being told who is, over every transport, on real sockets and in real time.</summary>
public sealed class PresenceTransportTests(ITestOutputHelper output)
{
    private const int OfflineAfter = 4;
    private static readonly string[] Settings = ["Gateway:HeartbeatSeconds=1", $"Gateway:OfflineAfterSeconds={OfflineAfter}"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("poll")]
    [InlineData("longpoll")]
    [InlineData("events")]
    [InlineData("websocket")]
    [InlineData("signalr")]
    public async Task A_device_is_there_at_once_gone_when_it_was_away_for_the_time_and_gone_at_once_when_it_logs_out(string transport)
    {
        await using var server = await ChatServer.StartAsync(settings: Settings);
        var users = await server.RegisterAsync("anna", "ben");
        await using var anna = await PresenceWatcher.StartAsync(server.Url, users[0], users[1].Id);
        await anna.BecomesAsync("offline");

        var leave = await EnterAsync(server, users[1], transport);
        output.WriteLine($"{transport}: online after {(await anna.BecomesAsync("online")).TotalSeconds:0.0} s");
        await leave();
        var gone = await anna.BecomesAsync("offline");
        output.WriteLine($"{transport}: offline {gone.TotalSeconds:0.0} s after it broke off, by the rules {OfflineAfter} and up to a second more");
        gone.TotalSeconds.ShouldBeGreaterThan(OfflineAfter - 1.5, "It may come back for so long.");

        leave = await EnterAsync(server, users[1], transport);
        await anna.BecomesAsync("online");
        (await users[1].RequestAsync(HttpMethod.Post, "logout")).EnsureSuccessStatusCode();
        output.WriteLine($"{transport}: offline {(await anna.BecomesAsync("offline")).TotalSeconds:0.0} s after the log-out");
        await leave();
        anna.States.ShouldBe(["offline", "online", "offline", "online", "offline"]);
    }

    [Theory]
    [InlineData("poll")]
    [InlineData("websocket")]
    public async Task A_device_that_drops_and_comes_back_in_time_never_shows(string transport)
    {
        await using var server = await ChatServer.StartAsync(settings: Settings);
        var users = await server.RegisterAsync("anna", "ben");
        await using var anna = await PresenceWatcher.StartAsync(server.Url, users[0], users[1].Id);
        for (var i = 0; i < 5; i++)
        {
            var leave = await EnterAsync(server, users[1], transport);
            await anna.BecomesAsync("online");
            await Task.Delay(200, Token);
            await leave();
            await Task.Delay(1200, Token);
        }
        await users[1].AskAsync<JsonNode>(HttpMethod.Put, "me/presence", new { state = "dnd" });
        await anna.BecomesAsync("dnd");
        anna.States.SkipWhile(state => state == "offline").ShouldBe(["online", "dnd"]);
    }

    [Fact]
    public async Task Presence_comes_over_every_transport_that_pushes()
    {
        await using var server = await ChatServer.StartAsync(settings: Settings);
        var users = await server.RegisterAsync("anna", "ben");
        var watch = new JsonObject { ["userIds"] = new JsonArray(users[1].Id) };
        var (hub, _) = await HubClient.LiveAsync(server.Url, users[0].Token, Token);
        await using var stream = await EventStream.OpenAsync(users[0].Http, Token);
        var connection = (await stream.ExpectAsync("hello", Token))["connectionId"]!.GetValue<Guid>();
        var (socket, _) = await RawSocket.LiveAsync(server.Url, users[0].Token, Token);
        await using (hub)
        await using (socket)
        {
            (await hub.AskAsync("Watch", watch, Token))["type"]!.GetValue<string>().ShouldBe("ok");
            using var put = await users[0].Http.PutAsJsonAsync($"connections/{connection}/watch", watch, Token);
            put.EnsureSuccessStatusCode();
            await socket.SendAsync(new JsonObject { ["type"] = "watch", ["id"] = 7, ["userIds"] = new JsonArray(users[1].Id) }, Token);
            (await socket.ExpectAsync("ok", Token))["id"]!.GetValue<int>().ShouldBe(7);

            var leave = await EnterAsync(server, users[1], "websocket");
            Task<string>[] told =
            [
                UntilAsync("online", async () => await hub.ExpectAsync("presence", Token)),
                UntilAsync("online", () => stream.ExpectAsync("presence", Token)),
                UntilAsync("online", () => socket.ExpectAsync("presence", Token)),
                UntilAsync("online", async () => await AskAsync(users[0], users[1].Id)),
            ];
            (await Task.WhenAll(told)).ShouldAllBe(state => state == "online");
            (await hub.AskAsync("Active", new { active = true }, Token))["type"]!.GetValue<string>().ShouldBe("heartbeat");
            using var beat = await users[0].Http.PostAsJsonAsync($"connections/{connection}/heartbeat", new { active = true }, Token);
            beat.EnsureSuccessStatusCode();
            await leave();
        }

        async Task<string> UntilAsync(string state, Func<Task<JsonNode>> next)
        {
            while (true)
            {
                if ((await next())["users"]!.AsArray().FirstOrDefault(user => user!["userId"]!.GetValue<Guid>() == users[1].Id)?["state"]!.GetValue<string>() == state)
                {
                    return state;
                }
            }
        }
    }

    private static async Task<JsonNode> AskAsync(ChatUser viewer, Guid user)
    {
        await Task.Delay(100, Token);
        return await viewer.AskAsync<JsonNode>(HttpMethod.Get, $"presence?userIds={user}");
    }

    /// <summary>Comes, by this transport; gives what breaks off without a word.</summary>
    private static async Task<Func<Task>> EnterAsync(ChatServer server, ChatUser user, string transport)
    {
        switch (transport)
        {
            case "poll":
                await user.SyncAsync();
                return () => Task.CompletedTask;
            case "longpoll":
                var page = await user.SyncAllAsync();
                var stop = new CancellationTokenSource();
                var poll = user.Http.GetAsync($"sync?wait=30&cursor={Uri.EscapeDataString(page.Cursor)}", stop.Token);
                return async () =>
                {
                    await stop.CancelAsync();
                    await poll.ContinueWith(static _ => { }, TaskScheduler.Default);
                };
            case "events":
                var stream = await EventStream.OpenAsync(user.Http, Token);
                await stream.ExpectAsync("live", Token);
                return async () => await stream.DisposeAsync();
            case "websocket":
                var (socket, _) = await RawSocket.LiveAsync(server.Url, user.Token, Token);
                return async () => await socket.DisposeAsync();
            default:
                var (hub, _) = await HubClient.LiveAsync(server.Url, user.Token, Token);
                return async () => await hub.DisposeAsync();
        }
    }
}
