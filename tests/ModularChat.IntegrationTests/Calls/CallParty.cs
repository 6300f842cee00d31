using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ModularChat.Contracts;
using ModularChat.IntegrationTests.Gateway;
using ModularChat.IntegrationTests.Hub;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Calls;

/// <summary>One end of a call on one transport: what it says goes over it, where that can be, and what it hears comes over it.</summary>
internal sealed class CallParty : IAsyncDisposable
{
    private readonly ChatUser _user;
    private readonly string _transport;
    private RawSocket? _socket;
    private HubClient? _hub;
    private EventStream? _stream;
    private long _after;

    private CallParty(ChatUser user, string transport) => (_user, _transport) = (user, transport);

    public Guid LegId { get; } = Ids.New();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<CallParty> EnterAsync(Uri server, ChatUser user, string transport)
    {
        var party = new CallParty(user, transport);
        switch (transport)
        {
            case "websocket":
                (party._socket, _) = await RawSocket.LiveAsync(server, user.Token, Token);
                break;
            case "signalr":
                (party._hub, _) = await HubClient.LiveAsync(server, user.Token, Token);
                break;
            case "events":
                party._stream = await EventStream.OpenAsync(user.Http, Token);
                await party._stream.ExpectAsync("live", Token);
                break;
        }
        return party;
    }

    /// <summary>Says something about a call; the answer, which may be a problem.</summary>
    public async Task<JsonNode> DoAsync(string action, Guid callId, Guid? conversationId = null, object? signal = null)
    {
        if (_socket is not null || _hub is not null)
        {
            var frame = new JsonObject { ["action"] = action, ["callId"] = callId, ["legId"] = LegId, ["conversationId"] = conversationId, ["signal"] = signal is null ? null : System.Text.Json.JsonSerializer.SerializeToNode(signal) };
            if (_hub is not null)
            {
                return await _hub.AskAsync("Call", frame, Token);
            }
            (frame["type"], frame["id"]) = ("call", action);
            await _socket!.SendAsync(frame, Token);
            while (true)
            {
                var answer = await _socket.ReceiveAsync(Token) ?? throw new InvalidOperationException("closed");
                // A frame that cannot be read is answered without its id.
                if (answer["id"]?.GetValue<string>() == action || (answer["id"] is null && answer["type"]!.GetValue<string>() == "problem"))
                {
                    return answer;
                }
            }
        }
        var path = action == "start" ? $"conversations/{conversationId}/calls" : $"calls/{callId}/{action}";
        using var response = await _user.Http.PostAsJsonAsync(path, new { callId, legId = LegId, signal }, ChatUser.Json, Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        var body = text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!;
        return !response.IsSuccessStatusCode ? new JsonObject { ["type"] = "problem", ["problem"] = body.DeepClone() }
            : action is "start" or "accept" ? body
            : new JsonObject { ["call"] = body.DeepClone() };
    }

    /// <summary>Waits until this end has heard that the call is so.</summary>
    public async Task<JsonNode> HearsAsync(string state, Guid callId)
    {
        while (true)
        {
            var call = _transport == "poll" ? await PollAsync(state, callId) : (await NextAsync("call"))["call"]!;
            if (call?["id"]!.GetValue<Guid>() == callId && call["state"]!.GetValue<string>() == state)
            {
                return call;
            }
        }
    }

    /// <summary>The next signal for this end.</summary>
    public async Task<JsonNode> SignalAsync(Guid callId)
    {
        while (_transport == "poll")
        {
            var view = JsonNode.Parse(await _user.Http.GetStringAsync($"calls/{callId}?after={_after}", Token))!;
            if (view["signals"]!.AsArray() is { Count: > 0 } signals)
            {
                _after = signals[0]!["number"]!.GetValue<long>();
                return signals[0]!["signal"]!;
            }
            await Task.Delay(50, Token);
        }
        var told = await NextAsync("callSignal");
        told["legId"]!.GetValue<Guid>().ShouldBe(LegId);
        return told["signal"]!;
    }

    public async ValueTask DisposeAsync()
    {
        if (_socket is not null)
        {
            await _socket.DisposeAsync();
        }
        if (_hub is not null)
        {
            await _hub.DisposeAsync();
        }
        if (_stream is not null)
        {
            await _stream.DisposeAsync();
        }
    }

    private Task<JsonNode> NextAsync(string type) =>
        _socket?.ExpectAsync(type, Token) ?? _hub?.ExpectAsync(type, Token) ?? _stream!.ExpectAsync(type, Token);

    private async Task<JsonNode> PollAsync(string state, Guid callId)
    {
        while (true)
        {
            var calls = JsonNode.Parse(await _user.Http.GetStringAsync("calls", Token))!["calls"]!.AsArray();
            if (calls.FirstOrDefault(call => call!["id"]!.GetValue<Guid>() == callId) is { } call)
            {
                return call;
            }
            if (state == "ended")
            {
                return JsonNode.Parse(await _user.Http.GetStringAsync($"calls/{callId}", Token))!["call"]!;
            }
            await Task.Delay(50, Token);
        }
    }
}
