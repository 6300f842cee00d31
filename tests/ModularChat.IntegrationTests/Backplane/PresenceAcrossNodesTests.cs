using System.Text.Json.Nodes;
using ModularChat.IntegrationTests.Gateway;
using ModularChat.IntegrationTests.Presence;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Backplane;

/// <summary>Who is there, told by another node than the one that holds their connection. Real time, with ample slack; the times are printed.</summary>
public sealed class PresenceAcrossNodesTests(ITestOutputHelper output)
{
    private const int OfflineAfter = 4;

    private static readonly string[] Settings = ["Gateway:HeartbeatSeconds=1", $"Gateway:OfflineAfterSeconds={OfflineAfter}"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Coming_choosing_and_going_at_one_node_show_at_the_other()
    {
        await using var nodes = await TwoNodes.StartAsync("postgresql", 500, Token, Settings);
        var (anna, ben) = (await nodes.A.RegisterAsync("anna"), await nodes.A.RegisterAsync("ben"));
        await using var watcher = await PresenceWatcher.StartAsync(nodes.A.Url, anna, ben.Id);
        await watcher.BecomesAsync("offline");
        await using (await PresenceWatcher.StartAsync(nodes.B.Url, ben, anna.Id))
        {
            output.WriteLine($"online after {(await watcher.BecomesAsync("online")).TotalSeconds:0.0} s");
            // Chosen at a node that does not hold the connection.
            await ben.AskAsync<JsonNode>(HttpMethod.Put, "me/presence", new { state = "dnd", status = new { text = "in a meeting" } });
            await watcher.BecomesAsync("dnd");
            var atB = await (ben with { Http = nodes.B.NewClient(ben.Token) }).AskAsync<JsonNode>(HttpMethod.Get, $"presence?userIds={ben.Id}");
            atB["users"]![0]!["chosen"]!.GetValue<string>().ShouldBe("dnd");
            atB["users"]![0]!["status"]!["text"]!.GetValue<string>().ShouldBe("in a meeting");
        }
        output.WriteLine($"offline after {(await watcher.BecomesAsync("offline")).TotalSeconds:0.0} s, by the rules {OfflineAfter} and two ticks");
        watcher.States.ShouldBe(["offline", "online", "dnd", "offline"]);
    }

    [Fact]
    public async Task After_kill_9_of_a_node_who_came_back_elsewhere_never_shows_and_who_did_not_is_offline()
    {
        await using var nodes = await TwoNodes.StartAsync("postgresql", 500, Token, Settings);
        var users = await nodes.A.RegisterAsync("anna", "ben", "carl");
        var folder = Directory.CreateTempSubdirectory("modularchat-presence-").FullName;
        var killed = await ServerProcess.StartAsync(folder, settings: nodes.Settings);
        try
        {
            await using var ben = await PresenceWatcher.StartAsync(nodes.A.Url, users[0], users[1].Id);
            await using var carl = await PresenceWatcher.StartAsync(nodes.B.Url, users[0], users[2].Id);
            await ben.BecomesAsync("offline");
            await carl.BecomesAsync("offline");
            await using var bens = await PresenceWatcher.StartAsync(killed.Url, users[1], users[0].Id);
            await using var carls = await PresenceWatcher.StartAsync(killed.Url, users[2], users[0].Id);
            await ben.BecomesAsync("online");
            await carl.BecomesAsync("online");

            await killed.KillAsync();
            await using var back = await PresenceWatcher.StartAsync(nodes.B.Url, users[1], users[0].Id);
            output.WriteLine($"offline after {(await carl.BecomesAsync("offline")).TotalSeconds:0.0} s, by the rules {OfflineAfter} and two ticks");
            await Task.Delay(TimeSpan.FromSeconds(OfflineAfter), Token);
            var seen = await users[0].AskAsync<JsonNode>(HttpMethod.Get, $"presence?userIds={users[1].Id},{users[2].Id}");
            seen["users"]![0]!["state"]!.GetValue<string>().ShouldBe("online");
            seen["users"]![1]!["state"]!.GetValue<string>().ShouldBe("offline");
            seen["users"]![1]!["lastSeen"].ShouldNotBeNull();
            ben.States.ShouldBe(["offline", "online"]);
            carl.States.ShouldBe(["offline", "online", "offline"]);
        }
        finally
        {
            await killed.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_connection_may_be_let_watch_at_another_node()
    {
        await using var nodes = await TwoNodes.StartAsync("postgresql", 500, Token, Settings);
        var (anna, ben) = (await nodes.A.RegisterAsync("anna"), await nodes.A.RegisterAsync("ben"));
        await using var socket = await RawSocket.OpenAsync(nodes.B.Url, Token);
        await socket.SendAsync(new JsonObject { ["type"] = "hello", ["token"] = anna.Token }, Token);
        var connection = (await socket.ExpectAsync("hello", Token))["connectionId"]!.GetValue<Guid>();
        await socket.ExpectAsync("live", Token);
        for (var i = 0; ; i++)
        {
            // Which connections there are is told to other nodes once a second.
            using var asked = await anna.RequestAsync(HttpMethod.Put, $"connections/{connection}/watch", new { userIds = new[] { ben.Id } });
            if (asked.IsSuccessStatusCode || i > 50)
            {
                asked.IsSuccessStatusCode.ShouldBeTrue();
                break;
            }
            await Task.Delay(200, Token);
        }
        (await socket.ExpectAsync("presence", Token))["users"]![0]!["userId"]!.GetValue<Guid>().ShouldBe(ben.Id);
        using var other = await ben.RequestAsync(HttpMethod.Put, $"connections/{connection}/watch", new { userIds = new[] { ben.Id } });
        ((int)other.StatusCode).ShouldBe(404);
    }
}
