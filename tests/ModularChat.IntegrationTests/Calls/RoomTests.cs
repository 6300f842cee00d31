using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ModularChat.Contracts;
using ModularChat.Contracts.Calls;
using ModularChat.IntegrationTests.Gateway;
using ModularChat.IntegrationTests.Hub;
using ModularChat.IntegrationTests.Servers;
using ModularChat.Shared.Servers;

namespace ModularChat.IntegrationTests.Calls;

/// <summary>Voice rooms on real sockets, with a real Janus that mixes them. That sound goes through is shown in browsers.</summary>
public sealed class RoomTests
{
    private const string Offer = RoomParty.Offer;

    private static readonly string[] Mixing = ["Calls:MeshLimit=2", "Calls:JanusSecret=" + JanusServer.Secret, "Calls:ReconnectSeconds=240", "Calls:RingSeconds=240"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_room_goes_from_a_mesh_to_Janus_whatever_each_is_connected_by_and_to_another_Janus_when_one_is_killed()
    {
        Assert.SkipWhen(JanusServer.Missing.Length > 0, JanusServer.Missing);
        await using var one = await JanusServer.StartAsync(Token);
        await using var two = await JanusServer.StartAsync(Token);
        await using var server = await ChatServer.StartAsync(settings: [.. Mixing, $"Calls:JanusUrls={one.Url},{two.Url}"]);
        var users = await server.RegisterAsync("anna", "ben", "carl", "dora");
        var group = (await users[0].CreateGroupAsync("Talk", users[1], users[2], users[3])).Id;
        var legs = users.Select(_ => Ids.New()).ToArray();
        var (socket, _) = await RawSocket.LiveAsync(server.Url, users[0].Token, Token);
        var (hub, _) = await HubClient.LiveAsync(server.Url, users[1].Token, Token);
        var (watcher, _) = await RawSocket.LiveAsync(server.Url, users[3].Token, Token);
        await using var first = socket;
        await using var second = hub;
        await using var outside = watcher;

        await socket.SendAsync(new JsonObject { ["type"] = "room", ["id"] = 1, ["action"] = "join", ["conversationId"] = group, ["legId"] = legs[0] }, Token);
        (await socket.ExpectAsync("room", Token))["room"]!["mode"]!.GetValue<string>().ShouldBe("mesh");
        var joined = await hub.AskAsync("Room", new JsonObject { ["action"] = "join", ["conversationId"] = group, ["legId"] = legs[1] }, Token);
        joined["room"]!["participants"]!.AsArray().Count.ShouldBe(2);
        await hub.AskAsync("Room", Signal(group, legs[1], 1, legs[0]), Token);
        var told = await socket.ExpectAsync("roomSignal", Token);
        (told["from"]!.GetValue<Guid>(), told["legId"]!.GetValue<Guid>(), told["signal"]!["sdp"]!.GetValue<string>()).ShouldBe((legs[1], legs[0], Offer));

        var mixed = (await users[2].AskAsync<RoomAnswer>(HttpMethod.Post, $"conversations/{group}/room/join", new { legId = legs[2] })).Room;
        (mixed.Mode, mixed.Epoch, mixed.Participants.Length).ShouldBe((RoomMode.Mixed, 2, 3));
        while ((await watcher.ExpectAsync("room", Token))["room"]!["epoch"]!.GetValue<long>() < 2)
        {
        }
        await RoomParty.AnswerAsync(users, group, legs, 2);
        (await socket.ExpectAsync("roomSignal", Token))["signal"]!["kind"]!.GetValue<string>().ShouldBe("answer");
        (await one.RoomsAsync(Token)).ShouldHaveSingleItem().AsArray().Count.ShouldBe(3);
        (await two.RoomsAsync(Token)).ShouldBeEmpty();

        await users[0].AskAsync<RoomInfo>(HttpMethod.Post, $"conversations/{group}/room/silence", new { userId = users[2].Id, silenced = true });
        await RoomParty.UntilAsync(async () => (await one.RoomsAsync(Token))[0].AsArray().Single(him => him!["display"]!.GetValue<string>() == $"{legs[2]:N}")!["muted"]!.GetValue<bool>());

        await one.KillAsync();
        await RoomParty.UntilAsync(async () => (await RoomParty.SeeAsync(users[0], group, legs[0]))!.Room!.Epoch == 3);
        await RoomParty.AnswerAsync(users, group, legs, 3);
        (await two.RoomsAsync(Token)).ShouldHaveSingleItem().AsArray().Single(him => him!["display"]!.GetValue<string>() == $"{legs[2]:N}")!["muted"]!.GetValue<bool>().ShouldBeTrue();

        using var refused = await users[3].Http.PostAsJsonAsync($"conversations/{group}/room/signal", new { legId = legs[0], epoch = 3, signal = new { kind = "offer", sdp = Offer } }, ChatUser.Json, Token);
        ((int)refused.StatusCode).ShouldBe(404);
        for (var i = 0; i < 3; i++)
        {
            using var left = await users[i].Http.PostAsJsonAsync($"conversations/{group}/room/leave", new { legId = legs[i] }, ChatUser.Json, Token);
            left.EnsureSuccessStatusCode();
        }
        await RoomParty.UntilAsync(async () => (await two.RoomsAsync(Token)).Length == 0);
    }

    [Fact]
    public async Task A_server_that_is_killed_finds_its_calls_and_rooms_again_and_Janus_notices_nothing()
    {
        Assert.SkipWhen(JanusServer.Missing.Length > 0, JanusServer.Missing);
        await using var janus = await JanusServer.StartAsync(Token);
        var folder = Directory.CreateTempSubdirectory("modularchat-rooms-").FullName;
        try
        {
            string[] settings = [.. Mixing, "Calls:AlwaysMix=true", "Calls:JanusUrls=" + janus.Url];
            var port = ServerProcess.FreePort();
            var server = await ServerProcess.StartAsync(folder, port, settings);
            ChatUser[] users = [await RoomParty.RegisterAsync(server.Url, "anna"), await RoomParty.RegisterAsync(server.Url, "ben")];
            var group = (await users[0].CreateGroupAsync("Talk", users[1])).Id;
            var direct = (await users[0].OpenDirectAsync(users[1])).Id;
            Guid[] legs = [Ids.New(), Ids.New()];
            var call = Ids.New();
            foreach (var (user, leg) in users.Zip(legs))
            {
                await user.AskAsync<RoomAnswer>(HttpMethod.Post, $"conversations/{group}/room/join", new { legId = leg });
            }
            await users[0].AskAsync<CallAnswer>(HttpMethod.Post, $"conversations/{direct}/calls", new { callId = call, legId = legs[0] });
            await users[1].AskAsync<CallAnswer>(HttpMethod.Post, $"calls/{call}/accept", new { legId = legs[1] });
            await RoomParty.AnswerAsync(users, group, legs, 1);
            var before = (await janus.RoomsAsync(Token)).ShouldHaveSingleItem().ToJsonString();
            var after = (await RoomParty.SeeAsync(users[0], group, legs[0])).Signals[^1].Number;

            await server.KillAsync();
            await using var again = await ServerProcess.StartAsync(folder, port, settings);
            await server.DisposeAsync();

            (await users[1].AskAsync<CallInfo>(HttpMethod.Post, $"calls/{call}/renew", new { legId = legs[1] })).State.ShouldBe(CallState.Active);
            var room = await users[0].AskAsync<RoomInfo>(HttpMethod.Post, $"conversations/{group}/room/renew", new { legId = legs[0] });
            (room.Epoch, room.Participants.Length).ShouldBe((1, 2));
            (await janus.RoomsAsync(Token)).ShouldHaveSingleItem().ToJsonString().ShouldBe(before);
            await RoomParty.AnswerAsync(users, group, legs, 1, after);
            (await users[0].AskAsync<CallInfo>(HttpMethod.Post, $"calls/{call}/hangup", new { legId = legs[0] })).Outcome.ShouldBe(CallOutcome.Ended);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static JsonObject Signal(Guid group, Guid leg, long epoch, Guid? to) => new()
    {
        ["action"] = "signal",
        ["conversationId"] = group,
        ["legId"] = leg,
        ["to"] = to,
        ["epoch"] = epoch,
        ["signal"] = new JsonObject { ["kind"] = "offer", ["sdp"] = Offer },
    };
}
