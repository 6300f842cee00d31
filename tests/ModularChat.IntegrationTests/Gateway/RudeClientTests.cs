using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using ModularChat.Contracts;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Gateway;

/// <summary>Clients that break the rules get a clear answer, lose nothing that was acked, and cost nobody else anything.</summary>
public sealed class RudeClientTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("not json", 4101)]
    [InlineData("[]", 4101)]
    [InlineData("null", 4101)]
    [InlineData("{\"type\":\"send\"}", 4101)]
    [InlineData("{\"type\":\"hello\"}", 4100)]
    [InlineData("{\"type\":\"hello\",\"token\":\"mcs_wrong\"}", 4100)]
    [InlineData("{\"type\":\"hello\",\"token\":\"\"}", 4100)]
    public async Task A_bad_opening_is_closed_with_its_reason(string first, int code)
    {
        await using var server = await ChatServer.StartAsync();
        await using var socket = await RawSocket.OpenAsync(server.Url, Token);
        await socket.SendTextAsync(first, Token);
        (await socket.ClosedAsync(Token)).ShouldBe(code);
    }

    [Fact]
    public async Task The_token_may_come_in_the_header_and_a_wrong_one_is_refused()
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        await using var good = await RawSocket.OpenAsync(server.Url, Token, user.Token);
        await good.SendTextAsync("""{"type":"hello"}""", Token);
        await good.ExpectAsync("live", Token);
        await using var bad = await RawSocket.OpenAsync(server.Url, Token, "mcs_wrong");
        await bad.SendTextAsync("""{"type":"hello"}""", Token);
        (await bad.ClosedAsync(Token)).ShouldBe(4100);
    }

    [Fact]
    public async Task Many_connections_that_never_say_hello_are_closed_and_others_are_served_meanwhile()
    {
        await using var server = await ChatServer.StartAsync(settings: "Gateway:HelloSeconds=3");
        var user = await server.RegisterAsync("anna");
        var silent = new List<RawSocket>();
        for (var i = 0; i < 1000; i++)
        {
            silent.Add(await RawSocket.OpenAsync(server.Url, Token));
        }
        var (live, _) = await RawSocket.LiveAsync(server.Url, user.Token, Token);
        foreach (var socket in silent)
        {
            (await socket.ClosedAsync(Token)).ShouldBe(4001);
            await socket.DisposeAsync();
        }
        await live.SendTextAsync("""{"type":"heartbeat"}""", Token);
        await live.ExpectAsync("heartbeat", Token);
        await live.DisposeAsync();
    }

    [Fact]
    public async Task A_frame_above_the_limit_ends_its_connection_only()
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        var (socket, _) = await RawSocket.LiveAsync(server.Url, user.Token, Token);
        await using (socket)
        {
            try
            {
                await socket.SendBytesAsync(new byte[2 * 1024 * 1024], WebSocketMessageType.Text, Token);
            }
            catch (WebSocketException)
            {
                // The server had heard enough before the end.
            }
            (await socket.ClosedAsync(Token)).ShouldBeOneOf(1009, null);
        }
        (await user.SyncAsync()).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_binary_frame_ends_its_connection()
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        var (socket, _) = await RawSocket.LiveAsync(server.Url, user.Token, Token);
        await using (socket)
        {
            await socket.SendBytesAsync([1, 2, 3], WebSocketMessageType.Binary, Token);
            (await socket.ClosedAsync(Token)).ShouldBe(4101);
        }
    }

    [Fact]
    public async Task Fragments_that_never_end_count_as_silence()
    {
        await using var server = await ChatServer.StartAsync(settings: ["Gateway:HeartbeatSeconds=1", "Gateway:OfflineAfterSeconds=3"]);
        var user = await server.RegisterAsync("anna");
        var (socket, _) = await RawSocket.LiveAsync(server.Url, user.Token, Token);
        await using (socket)
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(Token);
            var dripping = Task.Run(
                async () =>
                {
                    while (true)
                    {
                        await socket.SendTextAsync("{", end.Token, last: false);
                        await Task.Delay(200, end.Token);
                    }
                },
                end.Token);
            (await socket.ClosedAsync(Token)).ShouldBeOneOf(4003, null);
            await end.CancelAsync();
            await Should.ThrowAsync<Exception>(dripping);
        }
    }

    [Theory]
    [InlineData("{\"type\":\"nonsense\",\"id\":1}", "unknown_frame")]
    [InlineData("{\"id\":1}", "unknown_frame")]
    [InlineData("{\"type\":\"send\",\"id\":1}", "invalid_request")]
    [InlineData("{\"type\":\"cursor\",\"id\":1,\"cursor\":\"forged\"}", "invalid_cursor")]
    [InlineData("{\"type\":\"send\",\"id\":1,\"text\":5}", "malformed_json")]
    [InlineData("{\"type\":", "malformed_json")]
    public async Task A_bad_frame_is_answered_and_the_connection_goes_on(string frame, string code)
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        var (socket, _) = await RawSocket.LiveAsync(server.Url, user.Token, Token);
        await using (socket)
        {
            await socket.SendTextAsync(frame, Token);
            var problem = (await socket.ExpectAsync("problem", Token))["problem"]!;
            problem["code"]!.GetValue<string>().ShouldBe(code);
            problem["retryable"]!.GetValue<bool>().ShouldBeFalse();
            await socket.SendTextAsync("""{"type":"heartbeat"}""", Token);
            await socket.ExpectAsync("heartbeat", Token);
        }
    }

    [Fact]
    public async Task What_comes_after_a_goodbye_is_not_done_and_not_confirmed()
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        var group = await user.CreateGroupAsync("Notes");
        var before = (await user.SyncAllAsync()).Item2.Single(c => c.State.Id == group.Id).State.Head;
        var (socket, _) = await RawSocket.LiveAsync(server.Url, user.Token, Token);
        await using (socket)
        {
            await socket.SendTextAsync("""{"type":"goodbye"}""", Token);
            await socket.SendAsync(new JsonObject { ["type"] = "send", ["id"] = 7, ["conversationId"] = group.Id, ["clientMessageId"] = Ids.New(), ["text"] = "too late" }, Token);
            var types = new List<string>();
            while (await socket.ReceiveAsync(Token) is { } frame)
            {
                types.Add(frame["type"]!.GetValue<string>());
            }
            types.ShouldNotContain("ack");
            types.ShouldNotContain("entry");
            socket.CloseStatus.ShouldBe(WebSocketCloseStatus.NormalClosure);
        }
        (await user.SyncAllAsync()).Item2.Single(c => c.State.Id == group.Id).State.Head.ShouldBe(before);
    }

    [Fact]
    public async Task A_cursor_that_was_changed_is_told_apart_from_a_lost_connection()
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        await using var socket = await RawSocket.OpenAsync(server.Url, Token);
        await socket.SendAsync(new JsonObject { ["type"] = "hello", ["token"] = user.Token, ["cursor"] = "forged" }, Token);
        (await socket.ExpectAsync("problem", Token))["problem"]!["code"]!.GetValue<string>().ShouldBe("invalid_cursor");
        (await socket.ClosedAsync(Token)).ShouldBe(4103);
    }

    [Fact]
    public async Task A_client_that_never_reads_is_cut_and_delays_nobody()
    {
        await using var server = await ChatServer.StartAsync(settings: ["Gateway:OutboundBytes=65536", "Gateway:OutboundFrames=64"]);
        var users = await server.RegisterAsync("anna", "boris");
        var group = await users[0].CreateGroupAsync("Team", users[1]);
        var (deaf, _) = await RawSocket.LiveAsync(server.Url, users[1].Token, Token);
        var (anna, _) = await RawSocket.LiveAsync(server.Url, users[0].Token, Token);
        await using (deaf)
        await using (anna)
        {
            var text = new string('x', 20_000);
            long last = 0;
            for (var i = 0; i < 600; i++)
            {
                last = (await users[0].SendAsync(group.Id, text)).Seq;
                await anna.ExpectAsync("entry", Token);
            }
            (await deaf.ClosedAsync(Token)).ShouldBeOneOf(4008, null);
            // What it did not read is still there for it.
            var (_, conversations) = await users[1].SyncAllAsync();
            conversations.Single(c => c.State.Id == group.Id).State.Head.ShouldBe(last);
        }
    }

    [Fact]
    public async Task One_user_has_a_limited_number_of_connections()
    {
        await using var server = await ChatServer.StartAsync(settings: "Gateway:ConnectionsPerUser=2");
        var user = await server.RegisterAsync("anna");
        var (one, _) = await RawSocket.LiveAsync(server.Url, user.Token, Token);
        var (two, _) = await RawSocket.LiveAsync(server.Url, user.Token, Token);
        await using (one)
        await using (two)
        {
            await using var three = await RawSocket.OpenAsync(server.Url, Token);
            await three.SendAsync(new JsonObject { ["type"] = "hello", ["token"] = user.Token }, Token);
            (await three.ClosedAsync(Token)).ShouldBe(4102);
        }
    }

    [Fact]
    public async Task The_longest_text_passes_whole_and_one_more_character_does_not()
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        var group = await user.CreateGroupAsync("Notes");
        var (socket, _) = await RawSocket.LiveAsync(server.Url, user.Token, Token);
        await using (socket)
        {
            var text = new StringBuilder().Insert(0, "日", 100_000).ToString();
            await socket.SendAsync(new JsonObject { ["type"] = "send", ["conversationId"] = group.Id, ["clientMessageId"] = Ids.New(), ["text"] = text }, Token);
            (await socket.ExpectAsync("entry", Token))["entry"]!["body"]!["text"]!.GetValue<string>().ShouldBe(text);
            await socket.SendAsync(new JsonObject { ["type"] = "send", ["conversationId"] = group.Id, ["clientMessageId"] = Ids.New(), ["text"] = text + "!" }, Token);
            var problem = (await socket.ExpectAsync("problem", Token))["problem"]!;
            problem["code"]!.GetValue<string>().ShouldBe("too_long");
            problem["limit"]!.GetValue<long>().ShouldBe(100_000);
        }
    }
}
