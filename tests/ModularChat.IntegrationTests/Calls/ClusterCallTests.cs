using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ModularChat.Contracts;
using ModularChat.Contracts.Calls;
using ModularChat.IntegrationTests.Backplane;
using ModularChat.IntegrationTests.Servers;
using ModularChat.Shared.Servers;

namespace ModularChat.IntegrationTests.Calls;

/// <summary>Calls and voice rooms of people on different nodes: one truth, in a real Redis, that outlives each node.</summary>
public sealed class ClusterCallTests
{
    private const string Sdp = "v=0\r\ns=-\r\n";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nodes_hold_one_truth_about_calls_and_rooms_and_it_outlives_a_node_that_is_killed()
    {
        Assert.SkipWhen(JanusServer.Missing.Length > 0, JanusServer.Missing);
        await using var janus = await JanusServer.StartAsync(Token);
        await using var nodes = await TwoNodes.StartAsync(
            "postgresql", 500, Token, "Calls:AlwaysMix=true", "Calls:ReconnectSeconds=240", "Calls:RingSeconds=240", "Calls:JanusUrls=" + janus.Url, "Calls:JanusSecret=" + JanusServer.Secret);
        var folder = Directory.CreateTempSubdirectory("modularchat-calls-").FullName;
        await using var third = await ServerProcess.StartAsync(folder, null, nodes.Settings);
        try
        {
            var users = await nodes.A.RegisterAsync("anna", "ben");
            var direct = (await users[0].OpenDirectAsync(users[1])).Id;
            var group = (await users[0].CreateGroupAsync("Talk", users[1])).Id;
            await using var anna = await CallParty.EnterAsync(nodes.A.Url, users[0], "websocket");
            await using var ben = await CallParty.EnterAsync(nodes.B.Url, users[1], "websocket");
            await using var phone = await CallParty.EnterAsync(nodes.A.Url, users[1], "websocket");
            var call = Ids.New();

            await anna.DoAsync("start", call, direct);
            await ben.HearsAsync("ringing", call);
            await phone.HearsAsync("ringing", call);
            await ben.DoAsync("accept", call);
            await anna.HearsAsync("active", call);
            (await phone.DoAsync("accept", call))["problem"]!["code"]!.GetValue<string>().ShouldBe("call_over");
            for (var i = 0; i < 5; i++)
            {
                await anna.DoAsync("signal", call, signal: new { kind = "candidates", candidates = Enumerable.Repeat(new { candidate = "candidate:1" }, 20) });
            }
            (await anna.DoAsync("signal", call, signal: new { kind = "candidates", candidates = new[] { new { candidate = "candidate:1" } } }))["problem"]!["code"]!.GetValue<string>().ShouldBe("limit_reached");
            await anna.DoAsync("signal", call, signal: new { kind = "offer", sdp = Sdp });
            (await ben.SignalAsync(call))["candidates"]!.AsArray().Count.ShouldBe(20);
            var view = await users[1].AskAsync<CallView>(HttpMethod.Get, $"calls/{call}?after=2");
            view.Signals.ShouldHaveSingleItem().ShouldSatisfyAllConditions(told => told.Number.ShouldBe(6), told => told.Signal.Sdp.ShouldBe(Sdp));

            // The room's mixer is listened to by the node through which the first came; that one dies.
            using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(third.Url, "/api/v1/") };
            http.DefaultRequestHeaders.Authorization = new("Bearer", users[0].Token);
            var there = users[0] with { Http = http };
            Guid[] legs = [anna.LegId, ben.LegId];
            await there.AskAsync<RoomAnswer>(HttpMethod.Post, $"conversations/{group}/room/join", new { legId = legs[0] });
            await RoomParty.AnswerAsync([there], group, legs, 1);
            (await there.AskAsync<CallInfo>(HttpMethod.Post, $"calls/{call}/renew", new { legId = anna.LegId })).State.ShouldBe(CallState.Active);
            await third.KillAsync();
            await users[1].AskAsync<RoomAnswer>(HttpMethod.Post, $"conversations/{group}/room/join", new { legId = legs[1] });
            await RoomParty.AnswerAsync([users[1]], group, [legs[1]], 1);
            var room = (await RoomParty.SeeAsync(users[0], group, legs[0])).Room!;
            (room.Epoch, room.Participants.Length).ShouldBe((1, 2));
            (await janus.RoomsAsync(Token)).ShouldHaveSingleItem().AsArray().Count.ShouldBe(2);

            (await ben.DoAsync("renew", call))["call"]!["state"]!.GetValue<string>().ShouldBe("active");
            await ben.DoAsync("hangup", call);
            (await anna.HearsAsync("ended", call))["outcome"]!.GetValue<string>().ShouldBe("ended");
            foreach (var (user, leg) in users.Zip(legs))
            {
                using var left = await user.Http.PostAsJsonAsync($"conversations/{group}/room/leave", new { legId = leg }, ChatUser.Json, Token);
                left.EnsureSuccessStatusCode();
            }
            await RoomParty.UntilAsync(async () => (await janus.RoomsAsync(Token)).Length == 0);
            foreach (var (conversation, user) in new[] { (direct, users[0]), (group, users[1]) })
            {
                await RoomParty.UntilAsync(async () => (await user.HistoryAsync(conversation)).Entries.Where(entry => entry.Kind == Contracts.Messaging.EntryKind.Call)
                    .Select(entry => JsonNode.Parse(entry.Body!.ToString())!["event"]!.GetValue<string>()).SequenceEqual(["started", "ended"]));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
