using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ModularChat.Contracts;
using ModularChat.IntegrationTests.Gateway;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Hub;

/// <summary>The hub as docs/protocol.md section 14 describes it, by Microsoft's C# client.</summary>
public sealed class HubTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_method_answers_as_its_frame_does(bool tokenInQuery)
    {
        await using var server = await ChatServer.StartAsync();
        var users = await server.RegisterAsync("anna", "boris");
        var direct = await users[0].OpenDirectAsync(users[1]);
        var (anna, _) = await HubClient.LiveAsync(server.Url, users[0].Token, Token, tokenInQuery: tokenInQuery);
        var (boris, _) = await HubClient.LiveAsync(server.Url, users[1].Token, Token);
        await using (anna)
        await using (boris)
        {
            var id = Ids.New();
            var ack = await anna.AskAsync("Send", new { id = 7, conversationId = direct.Id, clientMessageId = id, text = "hello" }, Token);
            ack["type"]!.GetValue<string>().ShouldBe("ack");
            ack["id"]!.GetValue<int>().ShouldBe(7);
            var seq = ack["seq"]!.GetValue<long>();
            var entry = (await boris.ExpectAsync("entry", Token))["entry"]!;
            entry["seq"]!.GetValue<long>().ShouldBe(seq);
            entry["body"]!["text"]!.GetValue<string>().ShouldBe("hello");
            (await anna.ExpectAsync("entry", Token))["entry"]!["clientMessageId"]!.GetValue<Guid>().ShouldBe(id);

            (await anna.AskAsync("Send", new { conversationId = direct.Id, clientMessageId = id, text = "hello" }, Token))["duplicate"]!.GetValue<bool>().ShouldBeTrue();
            (await anna.AskAsync("Edit", new { conversationId = direct.Id, seq, clientMessageId = Ids.New(), text = "hallo" }, Token))["type"]!.GetValue<string>().ShouldBe("ack");
            (await boris.AskAsync("React", new { conversationId = direct.Id, seq, clientMessageId = Ids.New(), emoji = "👍" }, Token))["type"]!.GetValue<string>().ShouldBe("ack");
            (await boris.AskAsync("Mark", new { id = "m", conversationId = direct.Id, read = seq }, Token))["type"]!.GetValue<string>().ShouldBe("ok");
            (await boris.AskAsync("Typing", new { conversationId = direct.Id }, Token))["type"]!.GetValue<string>().ShouldBe("ok");
            (await anna.ExpectAsync("typing", Token))["userId"]!.GetValue<Guid>().ShouldBe(users[1].Id);
            (await anna.AskAsync("Delete", new { conversationId = direct.Id, seq, clientMessageId = Ids.New() }, Token))["type"]!.GetValue<string>().ShouldBe("ack");
            var cursor = (await boris.ExpectAsync("cursor", Token))["cursor"]!.GetValue<string>();
            (await boris.AskAsync("Cursor", new { cursor }, Token))["type"]!.GetValue<string>().ShouldBe("ok");
            (await boris.CallAsync("Heartbeat", [], Token)).GetProperty("type").GetString().ShouldBe("heartbeat");
            (await users[1].HistoryAsync(direct.Id)).Entries.Single(e => e.Seq == seq).Body.ShouldBeNull();
        }
    }

    [Fact]
    public async Task An_entry_is_the_same_text_on_a_WebSocket_an_event_stream_and_the_hub()
    {
        await using var server = await ChatServer.StartAsync();
        var users = await server.RegisterAsync("anna", "boris");
        var group = await users[0].CreateGroupAsync("Team", users[1]);
        var (socket, _) = await RawSocket.LiveAsync(server.Url, users[1].Token, Token);
        var (hub, _) = await HubClient.LiveAsync(server.Url, users[1].Token, Token);
        await using (socket)
        await using (hub)
        {
            await using var stream = await EventStream.OpenAsync(users[1].Http, Token);
            await stream.ExpectAsync("live", Token);
            await users[0].SendAsync(group.Id, "привет \u2028 <b>\"👍\"\n");
            var first = (await socket.ExpectAsync("entry", Token)).ToJsonString();
            (await hub.ExpectAsync("entry", Token)).ToJsonString().ShouldBe(first);
            (await stream.ExpectAsync("entry", Token)).ToJsonString().ShouldBe(first);
        }
    }

    [Fact]
    public async Task Sends_of_one_connection_are_stored_in_the_order_in_which_they_came()
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        var group = await user.CreateGroupAsync("Notes");
        var (hub, _) = await HubClient.LiveAsync(server.Url, user.Token, Token);
        await using (hub)
        {
            var acks = await Task.WhenAll(Enumerable.Range(0, 200).Select(i =>
                hub.AskAsync("Send", new { conversationId = group.Id, clientMessageId = Ids.New(), text = $"{i}" }, Token)));
            acks.Select(ack => ack["seq"]!.GetValue<long>()).ShouldBeInOrder();
        }
    }

    [Theory]
    [InlineData("""{"text":5}""", "malformed_json")]
    [InlineData("null", "malformed_json")]
    [InlineData("[]", "malformed_json")]
    [InlineData("\"text\"", "malformed_json")]
    [InlineData("""{"text":"no conversation"}""", "invalid_request")]
    [InlineData("""{"conversationId":"01890000-0000-7000-8000-000000000001","clientMessageId":"01890000-0000-7000-8000-000000000002","text":"x"}""", "not_found")]
    public async Task A_wrong_argument_is_the_problem_that_a_frame_would_get_and_the_connection_goes_on(string argument, string code)
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        var (hub, _) = await HubClient.LiveAsync(server.Url, user.Token, Token);
        await using (hub)
        {
            var answer = await hub.AskAsync("Send", JsonNode.Parse(argument), Token);
            answer["type"]!.GetValue<string>().ShouldBe("problem");
            answer["problem"]!["code"]!.GetValue<string>().ShouldBe(code);
            (await hub.CallAsync("Heartbeat", [], Token)).GetProperty("type").GetString().ShouldBe("heartbeat");
        }
    }

    [Theory]
    [InlineData("NoSuchMethod", 1)]
    [InlineData("OnConnectedAsync", 0)]
    [InlineData("Send", 0)]
    [InlineData("Send", 2)]
    public async Task A_call_that_fits_no_method_fails_alone(string method, int arguments)
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        var (hub, _) = await HubClient.LiveAsync(server.Url, user.Token, Token);
        await using (hub)
        {
            var failure = await Should.ThrowAsync<HubException>(() => hub.CallAsync(method, [.. Enumerable.Repeat<object?>(new { text = "secret" }, arguments)], Token));
            failure.Message.ShouldNotContain("secret");
            (await hub.CallAsync("Heartbeat", [], Token)).GetProperty("type").GetString().ShouldBe("heartbeat");
        }
    }

    [Fact]
    public async Task Hello_comes_first_and_once()
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        await using var hub = await HubClient.ConnectAsync(server.Url, user.Token, Token);
        var early = await hub.AskAsync("Typing", new { conversationId = Ids.New() }, Token);
        early["problem"]!["code"]!.GetValue<string>().ShouldBe("invalid_request");
        (await hub.AskAsync("Hello", new { }, Token))["type"]!.GetValue<string>().ShouldBe("ok");
        (await hub.AskAsync("Hello", new { }, Token))["problem"]!["code"]!.GetValue<string>().ShouldBe("invalid_request");
        await hub.ExpectAsync("live", Token);
    }

    [Fact]
    public async Task Without_a_hello_in_time_and_with_a_bad_cursor_the_hub_says_why_it_closes()
    {
        await using var server = await ChatServer.StartAsync(settings: "Gateway:HelloSeconds=1");
        var user = await server.RegisterAsync("anna");
        await using (var silent = await HubClient.ConnectAsync(server.Url, user.Token, Token))
        {
            (await silent.ExpectAsync("close", Token))["code"]!.GetValue<int>().ShouldBe(4001);
            (await silent.Closed)!.Message.ShouldContain("4001 no hello in time");
        }
        await using var lost = await HubClient.ConnectAsync(server.Url, user.Token, Token);
        await lost.AskAsync("Hello", new { cursor = "nonsense" }, Token);
        (await lost.ExpectAsync("problem", Token))["problem"]!["code"]!.GetValue<string>().ShouldBe("invalid_cursor");
        (await lost.ExpectAsync("close", Token))["code"]!.GetValue<int>().ShouldBe(4103);
    }

    [Fact]
    public async Task A_device_that_is_signed_out_loses_its_hub_connection_for_good()
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        var phone = await server.LoginAsync("anna");
        var (hub, _) = await HubClient.LiveAsync(server.Url, phone.Token, Token);
        await using (hub)
        {
            (await user.RequestAsync(HttpMethod.Delete, $"devices/{phone.DeviceId}")).EnsureSuccessStatusCode();
            (await hub.ExpectAsync("close", Token))["code"]!.GetValue<int>().ShouldBe(4100);
            (await hub.Closed)!.Message.ShouldContain("4100 unauthorized");
        }
        await Should.ThrowAsync<WebSocketException>(() => HubClient.ConnectAsync(server.Url, phone.Token, Token));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("mcs_wrong")]
    public async Task Nobody_comes_in_without_a_session(string? token)
    {
        await using var server = await ChatServer.StartAsync();
        await Should.ThrowAsync<WebSocketException>(() => HubClient.ConnectAsync(server.Url, token, Token, tokenInQuery: true));
    }

    [Fact]
    public async Task Neither_token_nor_text_reaches_the_log_whatever_is_logged()
    {
        var lines = new LogLines();
        await using var server = await ChatServer.StartAsync(
            adjust: services => services.AddSingleton<ILoggerProvider>(lines),
            settings: ["Logging:LogLevel:Default=Trace", "Logging:LogLevel:Microsoft.AspNetCore=Trace", "Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics=Trace"]);
        var user = await server.RegisterAsync("anna");
        var group = await user.CreateGroupAsync("Notes");
        var (hub, _) = await HubClient.LiveAsync(server.Url, user.Token, Token, tokenInQuery: true);
        await using (hub)
        {
            await hub.AskAsync("Send", new { conversationId = group.Id, clientMessageId = Ids.New(), text = "for-nobodys-log" }, Token);
            await hub.ExpectAsync("entry", Token);
        }
        lines.All.ShouldNotBeEmpty();
        lines.All.ShouldContain(line => line.Contains("SignalR", StringComparison.Ordinal));
        lines.All.Where(line => line.Contains(user.Token, StringComparison.Ordinal) || line.Contains("for-nobodys-log", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    private sealed class LogLines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> All { get; } = new();

        public ILogger CreateLogger(string categoryName)
        {
            All.Enqueue(categoryName);
            return this;
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            All.Enqueue($"{state}");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
            // Holds nothing.
        }
    }
}
