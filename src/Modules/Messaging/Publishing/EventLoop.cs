using MediatR;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Publishing;

/// <summary>Publishes commits as events, one after another, so that every handler sees them in the order of positions.</summary>
internal sealed partial class EventLoop(EventQueue queue, StoredEvents events, IMediator mediator, ILogger<EventLoop> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var item in queue.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                if (queue.TakeLost())
                {
                    Log.Overrun(logger);
                    await PublishAsync(new LogReopened(), stoppingToken);
                }
                INotification happened = item is null ? new LogReopened() : await events.MakeAsync(item, stoppingToken);
                await PublishAsync(happened, stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                // Whom it was for is not known now: everybody syncs.
                Log.Failed(logger, failure);
                await PublishAsync(new LogReopened(), stoppingToken);
            }
        }
    }

    // MediatR picks handlers by the static type.
    private Task PublishAsync(INotification happened, CancellationToken token) =>
        happened is MessageStored stored ? mediator.Publish(stored, token) : mediator.Publish((LogReopened)happened, token);

    private static partial class Log
    {
        [LoggerMessage(2011, LogLevel.Warning, "Events could not be published as fast as messages came; connections are told to sync")]
        public static partial void Overrun(ILogger logger);

        [LoggerMessage(2012, LogLevel.Error, "An event was not published to all; connections that miss it find it when they sync")]
        public static partial void Failed(ILogger logger, Exception failure);
    }
}
