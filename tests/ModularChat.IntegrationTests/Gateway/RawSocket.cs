using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace ModularChat.IntegrationTests.Gateway;

/// <summary>A WebSocket client that knows frames but no rules: what a stranger writes first, and what a test needs to be rude.</summary>
internal sealed class RawSocket : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();

    public WebSocketCloseStatus? CloseStatus => _socket.CloseStatus;

    public static async Task<RawSocket> OpenAsync(Uri server, CancellationToken token, string? bearer = null)
    {
        var raw = new RawSocket();
        if (bearer is not null)
        {
            raw._socket.Options.SetRequestHeader("Authorization", $"Bearer {bearer}");
        }
        await raw._socket.ConnectAsync(new UriBuilder(server) { Scheme = "ws", Path = "/api/v1/ws" }.Uri, token);
        return raw;
    }

    /// <summary>Opens and comes as far as live; returns what was synced.</summary>
    public static async Task<(RawSocket Socket, IReadOnlyList<JsonNode> Pages)> LiveAsync(Uri server, string sessionToken, CancellationToken token, string? cursor = null)
    {
        var raw = await OpenAsync(server, token);
        await raw.SendAsync(new JsonObject { ["type"] = "hello", ["token"] = sessionToken, ["cursor"] = cursor }, token);
        var pages = new List<JsonNode>();
        while (true)
        {
            var frame = await raw.ReceiveAsync(token) ?? throw new InvalidOperationException($"closed with {(int?)raw.CloseStatus} while opening");
            switch (frame["type"]!.GetValue<string>())
            {
                case "sync":
                    pages.Add(frame);
                    break;
                case "live":
                    return (raw, pages);
            }
        }
    }

    public Task SendAsync(JsonObject frame, CancellationToken token) => SendTextAsync(frame.ToJsonString(), token);

    public Task SendTextAsync(string text, CancellationToken token, bool last = true) => SendBytesAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, token, last);

    public Task SendBytesAsync(byte[] bytes, WebSocketMessageType type, CancellationToken token, bool last = true) => _socket.SendAsync(bytes, type, last, token);

    /// <summary>The next frame; null when the server closed.</summary>
    public async Task<JsonNode?> ReceiveAsync(CancellationToken token)
    {
        using var text = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var part = await _socket.ReceiveAsync(buffer, token);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }
            text.Write(buffer, 0, part.Count);
            if (part.EndOfMessage)
            {
                return JsonNode.Parse(Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length));
            }
        }
    }

    /// <summary>The next frame of a type; others are passed over.</summary>
    public async Task<JsonNode> ExpectAsync(string type, CancellationToken token)
    {
        while (await ReceiveAsync(token) is { } frame)
        {
            if (frame["type"]!.GetValue<string>() == type)
            {
                return frame;
            }
        }
        throw new InvalidOperationException($"closed with {(int?)CloseStatus} while waiting for {type}");
    }

    /// <summary>Reads to the end and says with which code the server closed; null when the connection just broke.</summary>
    public async Task<int?> ClosedAsync(CancellationToken token)
    {
        try
        {
            while (await ReceiveAsync(token) is not null)
            {
            }
        }
        catch (WebSocketException)
        {
            return null;
        }
        return (int?)CloseStatus;
    }

    public async ValueTask DisposeAsync()
    {
        if (_socket.State == WebSocketState.Open)
        {
            using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            try
            {
                await _socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, soon.Token);
            }
            catch (Exception e) when (e is WebSocketException or OperationCanceledException)
            {
                // The server was faster.
            }
        }
        _socket.Dispose();
    }
}
