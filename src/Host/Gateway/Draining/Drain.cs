using MediatR;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Discovery;
using ModularChat.Host.Gateway.Outbound;

namespace ModularChat.Host.Gateway.Draining;

/// <summary>
/// The begin of the end, while the server still listens: nobody is recommended here any more, new connections are refused, and those that
/// are live are told to come back elsewhere, spread over <see cref="GatewayOptions.DrainSeconds"/>. Requests under way finish after it.
/// </summary>
internal sealed partial class Drain(
    IMediator mediator, ConnectionTable table, IOptions<GatewayOptions> options, TimeProvider time, ILogger<Drain> logger) : IHostedLifecycleService, IDisposable
{
    /// <summary>A few connections need no spreading: a small server stops at once.</summary>
    private const int LeastInAStep = 50;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100), Told = TimeSpan.FromSeconds(1), Farewell = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _last = new();
    private readonly Lock _gate = new();
    private volatile CloseReason? _reason;
    private Task? _draining;

    /// <summary>Cancelled when whoever is still connected has to go: those too who have not said hello.</summary>
    public CancellationToken Last => _last.Token;

    /// <summary>Closes a connection, when its turn comes at the latest, for the reason of the drain.</summary>
    public IDisposable Register(Connection connection) => Last.UnsafeRegister(
        static state =>
        {
            var (drain, connection) = ((Drain, Connection))state!;
            connection.Close(drain._reason ?? CloseReason.GoingAway);
        },
        (this, connection));

    /// <summary>Refuses a connection that comes too late.</summary>
    /// <exception cref="ChatException"><see cref="ProblemCodes.Unavailable"/> once the drain has begun.</exception>
    public void Refuse()
    {
        if (_reason is not null)
        {
            throw new ChatException(ProblemCodes.Unavailable, "This server is being drained: ask for another one.") { RetryAfter = TimeSpan.FromSeconds(1) };
        }
    }

    /// <summary>Once; who comes second waits for the first, as long as there is time for stopping.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        Task draining;
        lock (_gate)
        {
            draining = _draining ??= DrainAsync(cancellationToken);
        }
        await draining.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _last.CancelAsync();
    }

    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        var hasOthers = await LeaveAsync(cancellationToken);
        _reason = hasOthers ? CloseReason.Drained : CloseReason.GoingAway;
        try
        {
            if (hasOthers)
            {
                // Until the others have heard of it, they would send the clients back here.
                await Task.Delay(Told, time, cancellationToken);
            }
            await SendAwayAsync(_reason, cancellationToken);
            // What is told to them has to be out before the process says that it stops: SignalR then ends its connections at once.
            await table.EmptiedAsync().WaitAsync(Farewell, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // They do not read what they are told.
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The time for stopping is over: all that are left go now.
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _last.Dispose();

    private async Task<bool> LeaveAsync(CancellationToken token)
    {
        try
        {
            return (await mediator.Send(new LeaveDiscovery(), token)).HasOthers;
        }
        catch (Exception e)
        {
            Log.NotLeft(logger, e);
            return false;
        }
    }

    private async Task SendAwayAsync(CloseReason reason, CancellationToken token)
    {
        Connection[] connections = [.. table.All()];
        if (connections.Length == 0)
        {
            return;
        }
        Log.Draining(logger, connections.Length, options.Value.DrainSeconds);
        Random.Shared.Shuffle(connections);
        var steps = Math.Max(1, options.Value.DrainSeconds * (TimeSpan.TicksPerSecond / Step.Ticks));
        var share = (int)Math.Max(LeastInAStep, (connections.Length + steps - 1) / steps);
        for (var from = 0; from < connections.Length; from += share)
        {
            if (from > 0)
            {
                await Task.Delay(Step, time, token);
            }
            foreach (var connection in connections.AsSpan(from, Math.Min(share, connections.Length - from)))
            {
                connection.Close(reason);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3040, LogLevel.Information, "{Connections} connections are sent away, within {Seconds} s")]
        public static partial void Draining(ILogger logger, int connections, int seconds);

        [LoggerMessage(3041, LogLevel.Warning, "Leaving discovery failed")]
        public static partial void NotLeft(ILogger logger, Exception exception);
    }
}

/// <summary>Ends the process when an administrator has asked for it: the same way as a signal does.</summary>
internal sealed class DrainHandler(DrainingLifetime lifetime) : INotificationHandler<NodeAskedToDrain>
{
    public Task Handle(NodeAskedToDrain notification, CancellationToken cancellationToken)
    {
        lifetime.Begin();
        return Task.CompletedTask;
    }
}
