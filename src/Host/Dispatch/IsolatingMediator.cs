using MediatR;
using ModularChat.Contracts;
using ModularChat.Host.Backplane;

namespace ModularChat.Host.Dispatch;

/// <summary>
/// MediatR's own Publish stops at the first handler that throws, so that a failing push would stop delivery. This one
/// runs every handler whatever the others do, and logs who failed; then other nodes hear of it, where they should.
/// </summary>
internal sealed partial class IsolatingMediator(ServiceFactory services, IEventSender sender, ILogger<IsolatingMediator> logger) : Mediator(services), IMediator
{
    async Task IMediator.Publish<TNotification>(TNotification notification, CancellationToken cancellationToken)
    {
        await Publish(notification, cancellationToken);
        if (notification is IClusterEvent happened)
        {
            sender.Send(happened);
        }
    }

    protected override async Task PublishCore(IEnumerable<Task> allHandlers)
    {
        // Each step of the enumerator calls one handler, which may throw before it has made a task.
        using var handlers = allHandlers.GetEnumerator();
        while (true)
        {
            try
            {
                if (!handlers.MoveNext())
                {
                    return;
                }
                await handlers.Current;
            }
            catch (Exception e)
            {
                Log.HandlerFailed(logger, e);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "An event handler failed; the others went on")]
        public static partial void HandlerFailed(ILogger logger, Exception exception);
    }
}
