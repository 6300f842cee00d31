using ModularChat.Client;
using ModularChat.Shared;

namespace ModularChat.IntegrationTests.Client;

/// <summary>What the client does to keep a connection, against a server that follows a script.</summary>
public sealed class UpkeepTests
{
    private static readonly Guid Conversation = Guid.Parse("00000000-0000-7000-8000-0000000000ff");
    private readonly ManualTime _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Heartbeats_go_out_as_often_as_the_server_asks()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = Make(server);
        var socket = await LiveAsync(server, client);
        for (var round = 0; round < 2; round++)
        {
            _time.Advance(TimeSpan.FromSeconds(3));
            // Frames come in order: were there a heartbeat already, it would be first.
            await client.TypingAsync(Conversation, Token);
            await socket.ExpectAsync("typing");
            _time.Advance(TimeSpan.FromSeconds(1));
            await socket.ExpectAsync("heartbeat");
        }
    }

    [Fact]
    public async Task A_server_that_is_silent_for_two_and_a_half_heartbeats_is_left_and_found_again()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = Make(server);
        await LiveAsync(server, client);
        _time.Advance(TimeSpan.FromSeconds(10));
        client.State.ShouldBe(ConnectionState.Live);

        var again = server.AcceptAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        var socket = await AdvanceUntilAsync(again);
        (await socket.GoLiveAsync())["cursor"]!.GetValue<string>().ShouldBe("c0");
    }

    [Fact]
    public async Task Cursors_are_acknowledged_at_most_once_a_second_and_the_newest_counts()
    {
        await using var server = await ScriptedServer.StartAsync();
        var typing = new TaskCompletionSource();
        await using var client = Make(server, what => (what is TypingReceived ? typing : null)?.TrySetResult());
        var socket = await LiveAsync(server, client);
        for (var i = 1; i <= 5; i++)
        {
            await socket.SendAsync($$"""{"type":"cursor","cursor":"c{{i}}"}""");
        }
        await socket.SendAsync($$"""{"type":"typing","conversationId":"{{Conversation}}","userId":"{{Conversation}}"}""");
        await typing.Task.WaitAsync(Token);

        (await socket.ExpectAsync("cursor"))["cursor"]!.GetValue<string>().ShouldBe("c1");
        await client.TypingAsync(Conversation, Token);
        await socket.ExpectAsync("typing");
        _time.Advance(TimeSpan.FromSeconds(1));
        (await socket.ExpectAsync("cursor"))["cursor"]!.GetValue<string>().ShouldBe("c5");
        _time.Advance(TimeSpan.FromSeconds(2));
        await client.TypingAsync(Conversation, Token);
        await socket.ExpectAsync("typing");
    }

    [Fact]
    public async Task A_send_refused_for_now_goes_again_before_what_was_sent_after_it()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = Make(server);
        var socket = await LiveAsync(server, client);
        Task<Stored>[] sends = [Send(client, "a"), Send(client, "b"), Send(client, "c")];
        var frames = new[] { await socket.ExpectAsync("send"), await socket.ExpectAsync("send"), await socket.ExpectAsync("send") };
        frames.Select(Text).ShouldBe(["a", "b", "c"]);
        await RefuseAsync(socket, frames[0]);
        await RefuseAsync(socket, frames[1]);
        await AckAsync(socket, frames[2], 1);
        await sends[2].WaitAsync(Token);
        var late = Send(client, "d");

        _time.Advance(TimeSpan.FromSeconds(1));
        var a = await socket.ExpectAsync("send");
        (Text(a), Id(a)).ShouldBe(("a", Id(frames[0])));
        // Alone: nothing else is on the way until it is through.
        await client.TypingAsync(Conversation, Token);
        await socket.ExpectAsync("typing");
        await AckAsync(socket, a, 2);
        var b = await socket.ExpectAsync("send");
        (Text(b), Id(b)).ShouldBe(("b", Id(frames[1])));
        await AckAsync(socket, b, 3);
        var d = await socket.ExpectAsync("send");
        Text(d).ShouldBe("d");
        await AckAsync(socket, d, 4);

        (await Task.WhenAll(sends[0], sends[1], sends[2], late)).Select(stored => stored.Seq).ShouldBe([2L, 3, 1, 4]);

        static string Text(System.Text.Json.Nodes.JsonNode frame) => frame["text"]!.GetValue<string>();
        static string Id(System.Text.Json.Nodes.JsonNode frame) => frame["clientMessageId"]!.GetValue<string>();
    }

    [Fact]
    public async Task When_the_server_does_not_know_the_cursor_the_client_comes_without()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = Make(server);
        var first = await LiveAsync(server, client);
        first.Break();
        var second = await AdvanceUntilAsync(server.AcceptAsync());
        (await second.ExpectAsync("hello"))["cursor"]!.GetValue<string>().ShouldBe("c0");
        await second.CloseAsync(4103);

        var third = await AdvanceUntilAsync(server.AcceptAsync());
        (await third.GoLiveAsync())["cursor"].ShouldBeNull();
    }

    [Fact]
    public async Task A_session_that_is_revoked_ends_the_client_which_says_so_and_keeps_what_waits()
    {
        await using var server = await ScriptedServer.StartAsync();
        var store = new KeepingStore();
        await using var client = Make(server, store: store);
        var socket = await LiveAsync(server, client);
        var waiting = Send(client, "unsent");
        await socket.ExpectAsync("send");
        await socket.CloseAsync(4100);

        (await Should.ThrowAsync<ChatProblemException>(waiting)).Problem.Code.ShouldBe("unauthorized");
        client.State.ShouldBe(ConnectionState.Refused);
        (client.LastProblem?.Code, client.LastProblem?.Retryable).ShouldBe(("unauthorized", false));
        // Nobody would ever answer it.
        (await Should.ThrowAsync<ChatProblemException>(Send(client, "later"))).Problem.Code.ShouldBe("unauthorized");
        store.Outbox.Select(send => send.Text).ShouldBe(["unsent", "later"]);
    }

    [Fact]
    public async Task A_wrong_token_is_found_out_though_something_on_the_way_swallows_the_close()
    {
        await using var server = await ScriptedServer.StartAsync();
        var problems = new List<ConnectionChanged>();
        await using var client = Make(server, what =>
        {
            if (what is ConnectionChanged changed)
            {
                problems.Add(changed);
            }
        });
        var connecting = client.ConnectAsync(Token);
        for (var i = 0; i < 2; i++)
        {
            (await AdvanceUntilAsync(server.AcceptAsync())).Break();
        }

        (await Should.ThrowAsync<ChatProblemException>(connecting)).Problem.Code.ShouldBe("unauthorized");
        server.Asked.ShouldBe(["/api/v1/me"]);
        problems.Where(changed => changed.Problem is not null).Select(changed => (changed.State, changed.Problem!.Code)).ShouldBe(
            [(ConnectionState.Waiting, "not_connected"), (ConnectionState.Refused, "unauthorized")]);
    }

    [Fact]
    public async Task What_a_newer_server_adds_is_passed_over()
    {
        await using var server = await ScriptedServer.StartAsync();
        var entries = new List<Entry>();
        var typing = new TaskCompletionSource();
        await using var client = Make(server, what =>
        {
            if (what is EntryReceived received)
            {
                entries.Add(received.Entry);
            }
            (what is TypingReceived ? typing : null)?.TrySetResult();
        });
        var socket = await LiveAsync(server, client);
        await socket.SendAsync("""{"type":"hologram","id":7,"shape":{"x":[1]}}""");
        await socket.SendAsync($$"""{"type":"conversation","tone":1,"state":{"id":"{{Conversation}}","kind":"group","title":"Team","head":0,"stateSeq":0,"memberCount":2,"colour":"red","me":{"role":"member","ranges":[{"from":1}],"delivered":0,"read":0,"unread":0,"version":1,"badge":{} } } }""");
        await socket.SendAsync($$"""{"type":"entry","priority":3,"entry":{"conversationId":"{{Conversation}}","seq":1,"kind":"poll","senderId":"{{Conversation}}","at":"2026-01-01T00:00:00Z","number":0,"body":{"question":"?"},"colour":"red"} }""");
        await socket.SendAsync($$"""{"type":"entry","entry":{"conversationId":"{{Conversation}}","seq":2,"kind":"message","senderId":"{{Conversation}}","at":"2026-01-01T00:00:00Z","number":1,"body":{"text":"hi","format":"plain"} } }""");
        await socket.SendAsync($$"""{"type":"typing","conversationId":"{{Conversation}}","userId":"{{Conversation}}"}""");
        await typing.Task.WaitAsync(Token);

        entries.Select(entry => (entry.Seq, entry.Kind)).ShouldBe([(1, EntryKind.Unknown), (2, EntryKind.Message)]);
        client.State.ShouldBe(ConnectionState.Live);
        server.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_server_without_this_version_of_the_protocol_is_named_and_not_given_up()
    {
        await using var server = await ScriptedServer.StartAsync(isOfAnotherVersion: true);
        var told = new TaskCompletionSource<ChatProblem>();
        await using var client = Make(server, what =>
        {
            if (what is ConnectionChanged { State: ConnectionState.Waiting, Problem: { } problem })
            {
                told.TrySetResult(problem);
            }
        });
        var connecting = client.ConnectAsync(Token);

        (await AdvanceUntilAsync(told.Task)).Code.ShouldBe("other_version");
        connecting.IsCompleted.ShouldBeFalse();
    }

    private ChatClient Make(ScriptedServer server, Action<ChatEvent>? onEvent = null, IChatStore? store = null) => new(new ChatClientOptions
    {
        Url = server.Url,
        Token = "mcs_any",
        Discover = false,
        Transport = Transport.WebSocket,
        Time = _time,
        OnEvent = onEvent,
        Store = store ?? new MemoryChatStore(),
    });

    private static async Task<ScriptedSocket> LiveAsync(ScriptedServer server, ChatClient client)
    {
        var connecting = client.ConnectAsync(Token);
        var socket = await server.AcceptAsync();
        await socket.GoLiveAsync();
        await connecting;
        return socket;
    }

    /// <summary>Moves the client's time until something has happened; every delay of the client ends some time.</summary>
    private async Task<T> AdvanceUntilAsync<T>(Task<T> what)
    {
        while (!what.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Token);
        }
        return await what;
    }

    private static Task<Stored> Send(ChatClient client, string text) => client.SendAsync(Conversation, text, token: Token);

    private static Task RefuseAsync(ScriptedSocket socket, System.Text.Json.Nodes.JsonNode frame) =>
        socket.SendAsync($$"""{"type":"problem","id":{{frame["id"]}},"problem":{"code":"storage_unavailable","status":503,"retryable":true,"retryAfterMs":500} }""");

    private static Task AckAsync(ScriptedSocket socket, System.Text.Json.Nodes.JsonNode frame, long seq) =>
        socket.SendAsync($$"""{"type":"ack","id":{{frame["id"]}},"conversationId":"{{Conversation}}","seq":{{seq}},"at":"2026-01-01T00:00:00Z","duplicate":false}""");
}
