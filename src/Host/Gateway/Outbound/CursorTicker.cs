using System.Collections.Concurrent;
using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Host.Gateway.Outbound;

/// <summary>Once a second gives every connection that was sent something a cursor that covers it: one frame, made once, for all.</summary>
internal sealed partial class CursorTicker(IMediator mediator, DeliveredPositions delivered, TimeProvider time, ILogger<CursorTicker> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly ConcurrentQueue<Connection> _owed = new();

    public void Owe(Connection connection) => _owed.Enqueue(connection);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await LearnAsync(cancellationToken);
        }
        catch (ChatException e) when (e.Code.Retryable)
        {
            // Another node has the log, and is not there yet: until then no connection opens.
            Log.NotYet(logger, e.Message);
        }
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await TickAsync(stoppingToken);
            }
            catch (ChatException e) when (e.Code.Retryable)
            {
                Log.NotYet(logger, e.Message);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, e);
            }
        }
    }

    internal async Task TickAsync(CancellationToken token)
    {
        if (!delivered.IsKnown)
        {
            await LearnAsync(token);
        }
        var count = _owed.Count;
        if (count == 0)
        {
            return;
        }
        var connections = new List<Connection>(count);
        while (connections.Count < count && _owed.TryDequeue(out var connection))
        {
            connection.ClearDirty();
            connections.Add(connection);
        }
        // Taken after the marks are cleared: what comes in between owes a cursor of its own.
        var positions = delivered.Snapshot();
        var frame = Frames.Cursor(await MakeAsync(positions, connections, token));
        foreach (var connection in connections)
        {
            if (!connection.SendCursor(positions, frame) && connection.MarkDirty())
            {
                Owe(connection);
            }
        }
    }

    private async Task<string> MakeAsync(long[] positions, List<Connection> connections, CancellationToken token)
    {
        try
        {
            return await mediator.Send(new MakeCursor(positions), token);
        }
        catch
        {
            foreach (var connection in connections)
            {
                if (connection.MarkDirty())
                {
                    Owe(connection);
                }
            }
            throw;
        }
    }

    private async Task LearnAsync(CancellationToken token) => delivered.Set(await mediator.Send(new GetPositions(), token));

    private static partial class Log
    {
        [LoggerMessage(3021, LogLevel.Warning, "No cursors are stated now: {Reason}")]
        public static partial void NotYet(ILogger logger, string reason);

        [LoggerMessage(3020, LogLevel.Error, "Stating cursors failed.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
