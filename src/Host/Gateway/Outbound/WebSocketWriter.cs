using System.Net.WebSockets;

namespace ModularChat.Host.Gateway.Outbound;

/// <summary>A frame is a text frame.</summary>
internal sealed class WebSocketWriter(WebSocket socket) : IFrameWriter
{
    public string Transport => "websocket";

    public ValueTask WriteAsync(Frame frame, CancellationToken token) =>
        socket.SendAsync(frame.Json, WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage, token);

    public async ValueTask CloseAsync(CloseReason reason, CancellationToken token)
    {
        if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
        {
            await socket.CloseOutputAsync((WebSocketCloseStatus)reason.Code, reason.Text, token);
        }
    }

    public void Abort() => socket.Abort();

    public void Dispose() => socket.Dispose();
}
