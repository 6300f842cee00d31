using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Host.Edge;
using ModularChat.Host.Gateway.Draining;
using ModularChat.Host.Gateway.Inbound;

namespace ModularChat.Host.Gateway.Hub;

/// <summary>Ties each connection of the hub to one of the gateway's, from its start to its end.</summary>
internal sealed partial class HubConnections(
    ConnectionLife life, WaitingRoom waitingRoom, IOptions<GatewayOptions> options, TimeProvider time,
    Drain drain, ILogger<HubConnections> logger)
{
    /// <summary>The client is there; it has <see cref="GatewayOptions.HelloSeconds"/> for its Hello.</summary>
    public void Open(HubCallerContext context)
    {
        var place = waitingRoom.Enter();
        var connection = new Connection(Ids.New(), new HubWriter(ChatHubLifetime.Of(context)), options.Value)
        {
            Caller = Caller.From(context.User!),
            Token = context.GetHttpContext() is { } http ? CredentialsHandler.TokenOf(http.Request) ?? "" : "",
            LastSeen = time.GetTimestamp(),
        };
        var stopping = drain.Register(connection);
        var noHello = time.CreateTimer(
            static state => ((Connection)state!).Close(CloseReason.NoHello), connection, TimeSpan.FromSeconds(options.Value.HelloSeconds), Timeout.InfiniteTimeSpan);
        context.Items[typeof(Tie)] = new Tie(connection, place, stopping, noHello);
        if (connection.Caller.UserId == Guid.Empty)
        {
            connection.Close(CloseReason.Unauthorized);
        }
    }

    /// <summary>Starts the opening; it goes on beside the calls that follow.</summary>
    /// <exception cref="ChatException">There was a Hello already.</exception>
    public void Hello(HubCallerContext context, ClientFrame hello)
    {
        var tie = (Tie)context.Items[typeof(Tie)]!;
        if (!tie.Greet())
        {
            throw ChatException.Invalid("Hello", "Hello is called once.");
        }
        tie.Connection.LastSeen = time.GetTimestamp();
        tie.Running = RunAsync(tie.Connection, hello.Cursor);
    }

    /// <summary>The connection, once it has said Hello.</summary>
    public static bool TryGet(HubCallerContext context, [NotNullWhen(true)] out Connection? connection)
    {
        connection = context.Items[typeof(Tie)] is Tie { Greeted: true } tie ? tie.Connection : null;
        return connection is not null;
    }

    /// <summary>The client is gone.</summary>
    public static async Task EndAsync(HubCallerContext context)
    {
        if (context.Items.TryGetValue(typeof(Tie), out var value) && value is Tie tie)
        {
            tie.Dispose();
            await tie.Running;
        }
    }

    private async Task RunAsync(Connection connection, string? cursor)
    {
        try
        {
            await life.RunAsync(connection, cursor, () => ClosedAsync(connection.Closed));
        }
        catch (OperationCanceledException) when (connection.Closed.IsCancellationRequested)
        {
            // Gone before it was registered.
        }
        catch (Exception e)
        {
            Log.Failed(logger, e);
            connection.Close(CloseReason.Internal);
        }
    }

    private static async Task ClosedAsync(CancellationToken closed)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (closed.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), ended))
        {
            await ended.Task;
        }
    }

    private sealed class Tie(Connection connection, IDisposable place, IDisposable stopping, IDisposable noHello) : IDisposable
    {
        private int _greeted;

        public Connection Connection => connection;

        public bool Greeted => Volatile.Read(ref _greeted) == 1;

        public Task Running { get; set; } = Task.CompletedTask;

        /// <summary>True the first time.</summary>
        public bool Greet()
        {
            if (Interlocked.Exchange(ref _greeted, 1) == 1)
            {
                return false;
            }
            noHello.Dispose();
            place.Dispose();
            return true;
        }

        public void Dispose()
        {
            noHello.Dispose();
            place.Dispose();
            stopping.Dispose();
            connection.Dispose();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3030, LogLevel.Error, "A hub connection failed.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
