using System.Collections.Concurrent;
using MediatR;
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
        delivered.Set(await mediator.Send(new GetPositions(), cancellationToken));
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
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, e);
            }
        }
    }

    internal async Task TickAsync(CancellationToken token)
    {
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
        var frame = Frames.Cursor(await mediator.Send(new MakeCursor(positions), token));
        foreach (var connection in connections)
        {
            if (!connection.SendCursor(positions, frame) && connection.MarkDirty())
            {
                Owe(connection);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3020, LogLevel.Error, "Stating cursors failed.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
