using System.Text.Json.Nodes;
using ModularChat.Contracts;
using ModularChat.IntegrationTests.Gateway;
using ModularChat.IntegrationTests.Hub;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Authorization;

/// <summary>Every frame of the WebSocket, and method of the hub, as nobody, as another user, as a former member and as a blocked one.</summary>
public sealed class FrameMatrixTests
{
    private const string Ok = "ok", Gone = "not_found", Forbidden = "forbidden", Unreachable = "unreachable";

    // frame: a stranger, a former member, a blocked one (about the direct conversation), a member
    private static readonly (string Type, string Stranger, string Former, string Blocked, string Member)[] Table =
    [
        ("send", Gone, Gone, Unreachable, Ok),
        ("edit", Gone, Gone, Unreachable, Forbidden),
        ("delete", Gone, Gone, Forbidden, Forbidden),
        ("react", Gone, Gone, Unreachable, Ok),
        ("mark", Gone, Ok, Ok, Ok),
        // A cursor says up to where its presenter has everything: it moves their marks only, whoever was given it.
        ("cursor", Ok, Ok, Ok, Ok),
        ("typing", Gone, Gone, Unreachable, Ok),
        ("heartbeat", Ok, Ok, Ok, Ok),
        ("watch", Gone, Gone, Ok, Ok),
        ("call", Gone, Gone, Unreachable, Forbidden),
        ("room", Gone, Gone, Unreachable, Ok),
        ("goodbye", Ok, Ok, Ok, Ok),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_frame_answers_each_as_the_table_says_and_reaches_nobody_when_it_is_refused()
    {
        await using var server = await ChatServer.StartAsync(settings: Integrator.Settings);
        var owner = await server.RegisterAsync("owner");
        using var integrator = await Integrator.FromFolderAsync(server.Url, server.Folder);
        var cast = await Cast.MakeAsync(integrator, owner);
        var cursor = (await owner.SyncAllAsync()).Cursor;
        var before = await cast.StateAsync();
        var (watcher, _) = await RawSocket.LiveAsync(server.Url, owner.Token, Token);
        await using (watcher)
        {
            var wrong = new List<string>();
            foreach (var row in Table)
            {
                await CheckAsync(row.Type, "a stranger", cast.Stranger, cast.Group, row.Stranger);
                await CheckAsync(row.Type, "a former member", cast.Former, cast.Group, row.Former);
                await CheckAsync(row.Type, "a blocked one", cast.Blocked, cast.Direct, row.Blocked);
            }
            wrong.ShouldBeEmpty(string.Join('\n', wrong));
            (await cast.StateAsync()).ShouldBe(before);

            // The first that the owner hears of a conversation is what a member does: nothing of the others was on its way.
            foreach (var row in Table)
            {
                await CheckAsync(row.Type, "a member", cast.Member, cast.Group, row.Member);
            }
            wrong.ShouldBeEmpty(string.Join('\n', wrong));
            var first = await FirstOfAsync(watcher, "entry", "typing");
            first["entry"]!["senderId"]!.GetValue<Guid>().ShouldBe(cast.Member.Id);

            async Task CheckAsync(string type, string who, ChatUser user, Guid conversation, string expected)
            {
                var (socket, _) = await RawSocket.LiveAsync(server.Url, user.Token, Token);
                await using (socket)
                {
                    var answer = await AnswerAsync(socket, Frame(type, conversation, cursor));
                    if (answer != expected)
                    {
                        wrong.Add($"{type} as {who}: {answer}, not {expected}.");
                    }
                }
                var (hub, _) = await HubClient.LiveAsync(server.Url, user.Token, Token);
                await using (hub)
                {
                    var answer = await AnswerAsync(hub, Frame(type, conversation, cursor));
                    if (answer != expected)
                    {
                        wrong.Add($"{type} to the hub as {who}: {answer}, not {expected}.");
                    }
                }
            }
        }
    }

    [Fact]
    public async Task No_frame_is_heard_from_nobody()
    {
        await using var server = await ChatServer.StartAsync();
        foreach (var row in Table)
        {
            await using var socket = await RawSocket.OpenAsync(server.Url, Token);
            await socket.SendAsync(Frame(row.Type, Ids.New(), "cursor"), Token);
            (await socket.ClosedAsync(Token)).ShouldBe(4101, row.Type);
        }
    }

    [Fact]
    public async Task The_table_has_every_frame_that_is_known()
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("owner");
        var (socket, _) = await RawSocket.LiveAsync(server.Url, user.Token, Token);
        await using (socket)
        {
            await socket.SendTextAsync("""{"type":"nonsense"}""", Token);
            var detail = (await socket.ExpectAsync("problem", Token))["problem"]!["detail"]!.GetValue<string>();
            detail.ShouldBe($"type is one of {string.Join(", ", Table.Select(row => row.Type))}.");
        }
    }

    private static JsonObject Frame(string type, Guid conversation, string cursor)
    {
        var frame = new JsonObject { ["type"] = type, ["id"] = 1 };
        if (type == "cursor")
        {
            frame["cursor"] = cursor;
        }
        else if (type == "watch")
        {
            frame["conversationIds"] = new JsonArray(conversation);
        }
        else if (type is not ("heartbeat" or "goodbye"))
        {
            frame["conversationId"] = conversation;
        }
        switch (type)
        {
            case "send":
                (frame["clientMessageId"], frame["text"]) = (Ids.New(), "text");
                break;
            case "edit":
                (frame["clientMessageId"], frame["seq"], frame["text"]) = (Ids.New(), Cast.Message, "text");
                break;
            case "delete":
                (frame["clientMessageId"], frame["seq"]) = (Ids.New(), Cast.Message);
                break;
            case "react":
                (frame["clientMessageId"], frame["seq"], frame["emoji"]) = (Ids.New(), Cast.Message, "x");
                break;
            case "call":
                (frame["action"], frame["callId"], frame["legId"]) = ("start", Ids.New(), Ids.New());
                break;
            case "room":
                (frame["action"], frame["legId"]) = ("join", Ids.New());
                break;
            case "mark":
                frame["read"] = Cast.Message;
                break;
        }
        return frame;
    }

    private static async Task<string> AnswerAsync(RawSocket socket, JsonObject frame)
    {
        await socket.SendAsync(frame, Token);
        var type = frame["type"]!.GetValue<string>();
        if (type == "goodbye")
        {
            return await socket.ClosedAsync(Token) == 1000 ? Ok : "not closed";
        }
        if (type is "typing" or "cursor")
        {
            // Only a refusal is answered; the heartbeat says when there was none.
            await socket.SendTextAsync("""{"type":"heartbeat"}""", Token);
        }
        var answer = await FirstOfAsync(socket, "problem", type is "mark" or "watch" ? "ok" : type is "typing" or "cursor" or "heartbeat" ? "heartbeat" : type == "room" ? "room" : "ack");
        return answer["problem"]?["code"]!.GetValue<string>() ?? Ok;
    }

    private static async Task<string> AnswerAsync(HubClient hub, JsonObject frame)
    {
        var type = frame["type"]!.GetValue<string>();
        // The methods are the frames' types with a capital.
        var method = char.ToUpperInvariant(type[0]) + type[1..];
        if (type == "goodbye")
        {
            await hub.CallAsync(method, [], Token).ContinueWith(static _ => { }, TaskScheduler.Default);
            await hub.Closed;
            return Ok;
        }
        var answer = JsonNode.Parse((await hub.CallAsync(method, type == "heartbeat" ? [] : [frame], Token)).GetRawText())!;
        return answer["problem"]?["code"]!.GetValue<string>() ?? Ok;
    }

    private static async Task<JsonNode> FirstOfAsync(RawSocket socket, params string[] types)
    {
        while (await socket.ReceiveAsync(Token) is { } frame)
        {
            if (types.Contains(frame["type"]!.GetValue<string>(), StringComparer.Ordinal))
            {
                return frame;
            }
        }
        throw new InvalidOperationException($"closed with {socket.CloseStatus}");
    }
}
