using System.Net.WebSockets;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Host.Edge;
using ModularChat.Host.Gateway.Draining;
using ModularChat.Host.Gateway.Outbound;

namespace ModularChat.Host.Gateway.Inbound;

/// <summary>One WebSocket, from the upgrade to its end: what comes in.</summary>
internal sealed partial class WebSocketEndpoint(
    Greeting greeting, WaitingRoom waitingRoom, ConnectionLife life, FrameRouter router, IOptions<GatewayOptions> options,
    TimeProvider time, Drain drain, ILogger<WebSocketEndpoint> logger)
{
    public async Task HandleAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            throw ChatException.Invalid("Upgrade", "This path is a WebSocket.");
        }
        drain.Refuse();
        using var place = waitingRoom.Enter();
        var caller = context.User.Identity?.IsAuthenticated == true ? Caller.From(context.User) : null;
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        using var connection = new Connection(Ids.New(), new WebSocketWriter(socket), options.Value) { LastSeen = time.GetTimestamp() };
        using var stopping = drain.Register(connection);
        using var receiver = new FrameReceiver(socket, options.Value.MaxFrameBytes);
        var hello = await greeting.GreetAsync(connection, caller, CredentialsHandler.TokenOf(context.Request) ?? "", receiver);
        place.Dispose();
        if (hello is not null)
        {
            await life.RunAsync(connection, hello.Cursor, () => ReceiveAsync(connection, receiver));
        }
        await EndAsync(connection, socket);
    }

    private async Task ReceiveAsync(Connection connection, FrameReceiver receiver)
    {
        using var slots = new SemaphoreSlim(options.Value.InFlightFrames);
        var inFlight = new Countdown();
        while (true)
        {
            var received = await receiver.ReceiveAsync(connection.Closed);
            if (received != Received.Frame)
            {
                connection.Close(received switch
                {
                    Received.TooBig => CloseReason.TooBig,
                    Received.Binary => CloseReason.Malformed,
                    _ => CloseReason.Normal,
                });
                break;
            }
            connection.LastSeen = time.GetTimestamp();
            if (router.TryBeat(connection, receiver.Frame))
            {
                continue;
            }
            try
            {
                var frame = FrameRouter.Read(receiver.Frame);
                // A client with too much under way is read no further: TCP tells it to wait.
                await slots.WaitAsync(connection.Closed);
                inFlight.Add();
                _ = HandleAsync(connection, frame, slots, inFlight);
            }
            catch (ChatException problem)
            {
                connection.Send(Frames.Problem(null, problem));
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }
        await inFlight.ZeroAsync();
    }

    private async Task HandleAsync(Connection connection, ClientFrame frame, SemaphoreSlim slots, Countdown inFlight)
    {
        try
        {
            if (await router.HandleAsync(connection, frame) is { } answer)
            {
                connection.Send(answer);
            }
        }
        finally
        {
            slots.Release();
            inFlight.Done();
        }
    }

    /// <summary>Waits until the close frame is out, and a moment for the client's own.</summary>
    private async Task EndAsync(Connection connection, WebSocket socket)
    {
        try
        {
            await connection.DrainAsync(connection.Closed);
            if (socket.State == WebSocketState.CloseSent)
            {
                using var receiver = new FrameReceiver(socket, options.Value.MaxFrameBytes);
                while (await receiver.ReceiveAsync(connection.Closed) != Received.Closed)
                {
                }
            }
        }
        catch (OperationCanceledException)
        {
            Log.NotClosedCleanly(logger, connection.Id);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3011, LogLevel.Debug, "Connection {ConnectionId} did not close in time.")]
        public static partial void NotClosedCleanly(ILogger logger, Guid connectionId);
    }
}
