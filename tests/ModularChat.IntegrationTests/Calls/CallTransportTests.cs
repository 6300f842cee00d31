using System.Text.Json.Nodes;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Calls;

/// <summary>Calls over every transport, on real sockets.</summary>
public sealed class CallTransportTests
{
    private const string Sdp = "v=0\r\ns=-\r\n";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("websocket", "signalr")]
    [InlineData("signalr", "events")]
    [InlineData("events", "poll")]
    [InlineData("poll", "websocket")]
    public async Task A_call_goes_from_ringing_to_its_entries_whatever_each_is_connected_by(string one, string other)
    {
        await using var server = await ChatServer.StartAsync();
        var users = await server.RegisterAsync("anna", "ben");
        var direct = (await users[0].OpenDirectAsync(users[1])).Id;
        await using var anna = await CallParty.EnterAsync(server.Url, users[0], one);
        await using var ben = await CallParty.EnterAsync(server.Url, users[1], other);
        await using var phone = await CallParty.EnterAsync(server.Url, await server.LoginAsync("ben"), "websocket");
        var call = Ids.New();

        (await anna.DoAsync("start", call, direct))["call"]!["state"]!.GetValue<string>().ShouldBe("ringing");
        await ben.HearsAsync("ringing", call);
        await phone.HearsAsync("ringing", call);
        var answered = await ben.DoAsync("accept", call);
        answered["ice"]!["relayOnly"]!.GetValue<bool>().ShouldBeFalse();
        foreach (var device in new[] { anna, phone })
        {
            (await device.HearsAsync("active", call))["calleeLegId"]!.GetValue<Guid>().ShouldBe(ben.LegId);
        }
        (await phone.DoAsync("accept", call))["problem"]!["code"]!.GetValue<string>().ShouldBe("call_over");
        (await phone.DoAsync("hangup", call))["problem"]!["code"]!.GetValue<string>().ShouldBe("forbidden");

        await anna.DoAsync("signal", call, signal: new { kind = "offer", sdp = Sdp });
        (await ben.SignalAsync(call))["sdp"]!.GetValue<string>().ShouldBe(Sdp);
        await ben.DoAsync("signal", call, signal: new { kind = "candidates", candidates = new[] { new { candidate = "candidate:1", sdpMLineIndex = 0 } } });
        (await anna.SignalAsync(call))["candidates"]![0]!["candidate"]!.GetValue<string>().ShouldBe("candidate:1");
        (await ben.DoAsync("renew", call))["call"]!["state"]!.GetValue<string>().ShouldBe("active");

        await ben.DoAsync("hangup", call);
        (await anna.HearsAsync("ended", call))["outcome"]!.GetValue<string>().ShouldBe("ended");
        await phone.HearsAsync("ended", call);
        var entries = (await users[1].HistoryAsync(direct)).Entries.Where(entry => entry.Kind == EntryKind.Call).ToArray();
        entries.ShouldAllBe(entry => entry.SenderId == users[0].Id);
        entries.Select(entry => JsonNode.Parse(entry.Body!.ToString())!["event"]!.GetValue<string>()).ShouldBe(["started", "ended"]);
        (await users[1].GetConversationAsync(direct)).Me.Unread.ShouldBe(0);
    }

    [Fact]
    public async Task Fifty_calls_a_minute_by_one_are_too_many_and_hold_nobody_else_back()
    {
        await using var server = await ChatServer.StartAsync();
        var users = await server.RegisterAsync("anna", "ben", "carl");
        var direct = (await users[0].OpenDirectAsync(users[1])).Id;
        await using var anna = await CallParty.EnterAsync(server.Url, users[0], "poll");
        await using var ben = await CallParty.EnterAsync(server.Url, users[1], "websocket");
        List<string> codes = [];
        for (var i = 0; i < 50; i++)
        {
            var call = Ids.New();
            var answer = await anna.DoAsync("start", call, direct);
            codes.Add(answer["problem"]?["code"]!.GetValue<string>() ?? "ok");
            await anna.DoAsync("hangup", call);
        }
        codes.Take(20).ShouldAllBe(code => code == "ok");
        codes.Distinct().ShouldBe(["ok", "rate_limited"]);
        await using var carl = await CallParty.EnterAsync(server.Url, users[2], "websocket");
        var theirs = Ids.New();
        (await carl.DoAsync("start", theirs, (await users[2].OpenDirectAsync(users[1])).Id))["call"]!["state"]!.GetValue<string>().ShouldBe("ringing");
        await ben.HearsAsync("ringing", theirs);
    }

    [Fact]
    public async Task What_is_wrong_about_a_signal_is_a_clear_problem_and_changes_nothing_for_the_two()
    {
        await using var server = await ChatServer.StartAsync();
        var users = await server.RegisterAsync("anna", "ben", "carl");
        var direct = (await users[0].OpenDirectAsync(users[1])).Id;
        await using var anna = await CallParty.EnterAsync(server.Url, users[0], "websocket");
        await using var ben = await CallParty.EnterAsync(server.Url, users[1], "events");
        await using var carl = await CallParty.EnterAsync(server.Url, users[2], "signalr");
        var call = Ids.New();
        await anna.DoAsync("start", call, direct);
        await ben.DoAsync("accept", call);

        (await carl.DoAsync("signal", call, signal: new { kind = "offer", sdp = Sdp }))["problem"]!["code"]!.GetValue<string>().ShouldBe("not_found");
        (await anna.DoAsync("signal", Ids.New(), signal: new { kind = "offer", sdp = Sdp }))["problem"]!["code"]!.GetValue<string>().ShouldBe("not_found");
        (await anna.DoAsync("signal", call, signal: new { kind = "offer", sdp = Sdp + "a=" + new string('x', 65_536) + "\r\n" }))["problem"]!["code"]!.GetValue<string>().ShouldBe("too_long");
        (await anna.DoAsync("signal", call, signal: new { kind = "offer", sdp = "garbage" }))["problem"]!["code"]!.GetValue<string>().ShouldBe("invalid_request");
        (await anna.DoAsync("signal", call, signal: new { kind = "nonsense" }))["problem"]!["code"]!.GetValue<string>().ShouldBe("malformed_json");
        (await anna.DoAsync("nonsense", call))["problem"]!["code"]!.GetValue<string>().ShouldBe("invalid_request");
        (await carl.DoAsync("accept", call))["problem"]!["code"]!.GetValue<string>().ShouldBe("not_found");

        await anna.DoAsync("signal", call, signal: new { kind = "offer", sdp = Sdp });
        (await ben.SignalAsync(call))["sdp"]!.GetValue<string>().ShouldBe(Sdp, "The first that came through.");
    }
}
