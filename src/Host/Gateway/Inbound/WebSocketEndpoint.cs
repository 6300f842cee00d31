using System.Net.WebSockets;
using MediatR;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Presence;
using ModularChat.Host.Gateway.Outbound;

namespace ModularChat.Host.Gateway.Inbound;

/// <summary>The life of one WebSocket, from the upgrade to its end.</summary>
internal sealed partial class WebSocketEndpoint(
    IMediator mediator, Opening opening, FrameRouter router, ConnectionTable table, IOptions<GatewayOptions> options,
    TimeProvider time, IHostApplicationLifetime lifetime, ILogger<WebSocketEndpoint> logger)
{
    private const string Bearer = "Bearer ";
    private int _waiting;

    public async Task HandleAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            throw ChatException.Invalid("Upgrade", "This path is a WebSocket.");
        }
        if (Interlocked.Increment(ref _waiting) > options.Value.WaitingForHello)
        {
            Interlocked.Decrement(ref _waiting);
            throw new ChatException(ProblemCodes.Unavailable, "Too many connections wait for their hello.") { RetryAfter = TimeSpan.FromSeconds(2) };
        }
        var waiting = true;
        try
        {
            var caller = context.User.Identity?.IsAuthenticated == true ? Caller.From(context.User) : null;
            var header = context.Request.Headers.Authorization.ToString();
            var headerToken = header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header[Bearer.Length..].Trim() : "";
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            using var connection = new Connection(Ids.New(), socket, options.Value) { LastSeen = time.GetTimestamp() };
            using var stopping = lifetime.ApplicationStopping.UnsafeRegister(static state => ((Connection)state!).Close(CloseReason.GoingAway), connection);
            using var receiver = new FrameReceiver(socket, options.Value.MaxFrameBytes);
            var cursor = await GreetAsync(connection, caller, headerToken, receiver);
            Interlocked.Decrement(ref _waiting);
            waiting = false;
            if (connection.Caller is not null && cursor.Accepted)
            {
                await LiveAsync(connection, cursor.Cursor, receiver);
            }
            await EndAsync(connection);
        }
        finally
        {
            if (waiting)
            {
                Interlocked.Decrement(ref _waiting);
            }
        }
    }

    private async Task<(bool Accepted, string? Cursor)> GreetAsync(Connection connection, Caller? caller, string headerToken, FrameReceiver receiver)
    {
        using var inTime = new CancellationTokenSource(TimeSpan.FromSeconds(options.Value.HelloSeconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(inTime.Token, connection.Closed);
        // Cancelling a read aborts a WebSocket; closing first lets the client learn why.
        var greeting = opening.GreetAsync(connection, caller, headerToken, receiver, connection.Closed);
        try
        {
            var (hello, refused) = await greeting.WaitAsync(either.Token);
            if (hello is null)
            {
                connection.Close(refused!);
                return (false, null);
            }
            if (table.CountOf(connection.Caller!.UserId) >= options.Value.ConnectionsPerUser)
            {
                connection.Close(CloseReason.TooManyConnections);
                return (false, null);
            }
            return (true, hello.Cursor);
        }
        catch (OperationCanceledException)
        {
            connection.Close(CloseReason.NoHello);
            await greeting.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            connection.Caller = null;
            return (false, null);
        }
    }

    private async Task LiveAsync(Connection connection, string? cursor, FrameReceiver receiver)
    {
        var caller = connection.Caller!;
        await mediator.Send(new KeepConnection(connection.Id, caller, "websocket"), connection.Closed);
        try
        {
            var opened = OpenAsync(connection, cursor);
            await ReceiveAsync(connection, receiver);
            await opened;
        }
        finally
        {
            table.Detach(connection);
            await mediator.Send(new DropConnection(connection.Id), CancellationToken.None);
        }
    }

    private async Task OpenAsync(Connection connection, string? cursor)
    {
        try
        {
            await opening.GoLiveAsync(connection, cursor, connection.Closed);
        }
        catch (ChatException problem)
        {
            connection.Send(Frames.Problem(null, problem));
            connection.Close(problem.Code == ProblemCodes.InvalidCursor ? CloseReason.BadCursor : CloseReason.SyncAgain);
        }
        catch (OperationCanceledException) when (connection.Closed.IsCancellationRequested)
        {
            // Gone while opening.
        }
        catch (Exception e)
        {
            Log.OpeningFailed(logger, e);
            connection.Close(CloseReason.Internal);
        }
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
            await router.HandleAsync(connection, frame);
        }
        finally
        {
            slots.Release();
            inFlight.Done();
        }
    }

    /// <summary>Waits until the close frame is out, and a moment for the client's own.</summary>
    private async Task EndAsync(Connection connection)
    {
        try
        {
            await connection.DrainAsync(connection.Closed);
            if (connection.Socket.State == WebSocketState.CloseSent)
            {
                using var receiver = new FrameReceiver(connection.Socket, options.Value.MaxFrameBytes);
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
        [LoggerMessage(3010, LogLevel.Error, "Opening a connection failed.")]
        public static partial void OpeningFailed(ILogger logger, Exception exception);

        [LoggerMessage(3011, LogLevel.Debug, "Connection {ConnectionId} did not close in time.")]
        public static partial void NotClosedCleanly(ILogger logger, Guid connectionId);
    }
}
