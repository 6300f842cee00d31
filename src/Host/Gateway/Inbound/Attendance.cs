using MediatR;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Presence;
using ModularChat.Host.Gateway.Outbound;

namespace ModularChat.Host.Gateway.Inbound;

/// <summary>
/// Tells presence which connections are there. Their signs of life go there together, once a second, so that a heartbeat costs no
/// more than noting the time.
/// </summary>
internal sealed partial class Attendance(
    IMediator mediator, ConnectionTable table, Node node, IOptions<GatewayOptions> options, TimeProvider time, ILogger<Attendance> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private int Life => options.Value.OfflineAfterSeconds;

    /// <summary>A connection is there.</summary>
    public Task ArriveAsync(Connection connection, CancellationToken token)
    {
        connection.LastTold = connection.LastSeen;
        return SayAsync(new KeepConnection(connection.Id, connection.Caller!, connection.Transport, node.Id, Life), token);
    }

    /// <summary>A connection is gone: for good when its user or its session is, or when it was silent for so long already; else it may come back.</summary>
    public Task LeaveAsync(Connection connection)
    {
        var isOver = connection.Reason == CloseReason.Goodbye || connection.Reason == CloseReason.Unauthorized
            || time.GetElapsedTime(connection.LastSeen) >= TimeSpan.FromSeconds(Life);
        return SayAsync(new DropConnection(connection.Id, isOver ? 0 : Life), CancellationToken.None);
    }

    /// <summary>Messages go on without presence: who could not be announced is with the next sign of life, and who could not be taken off goes by the end of the lease.</summary>
    private async Task SayAsync(IRequest what, CancellationToken token)
    {
        try
        {
            await mediator.Send(what, token);
        }
        catch (ChatException e) when (e.Code.Retryable)
        {
            Log.Away(logger, e.Message);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await TellAsync(stoppingToken);
            }
            catch (ChatException e) when (e.Code.Retryable)
            {
                Log.Away(logger, e.Message);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, e);
            }
        }
    }

    internal async Task TellAsync(CancellationToken token)
    {
        List<ConnectionBeat>? beats = null;
        // A sign of life says from when it counts, so it may be told some time later.
        var often = TimeSpan.FromSeconds(options.Value.HeartbeatSeconds) / 2;
        foreach (var connection in table.Entered())
        {
            var seen = connection.LastSeen;
            if (connection.TakeActive() is var isActive && (isActive || (seen != connection.LastTold && time.GetElapsedTime(connection.LastTold) >= often)))
            {
                connection.LastTold = seen;
                (beats ??= []).Add(new ConnectionBeat(connection.Id, (int)time.GetElapsedTime(seen).TotalMilliseconds, isActive));
            }
        }
        if (beats is null)
        {
            return;
        }
        foreach (var unknown in await mediator.Send(new KeepConnections([.. beats], Life), token))
        {
            // Presence has lost it; or it has just ended.
            if (table.Find(unknown) is { Reason: null } connection)
            {
                await ArriveAsync(connection, token);
                if (connection.Watched is { } watched)
                {
                    await SayAsync(watched, token);
                }
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3013, LogLevel.Warning, "Presence is not told of connections now: {Reason}")]
        public static partial void Away(ILogger logger, string reason);

        [LoggerMessage(3012, LogLevel.Error, "Telling presence of signs of life failed.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
