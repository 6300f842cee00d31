using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Publishing;

/// <summary>Tells processes without a log what happens in it.</summary>
internal sealed class FollowStoredHandler(RecentEvents recent, TimeProvider time)
    : IRequestHandler<FollowStored, StoredTail>, INotificationHandler<MessageStored>, INotificationHandler<LogReopened>
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    public async Task<StoredTail> Handle(FollowStored request, CancellationToken cancellationToken)
    {
        if (request.Timeout < TimeSpan.Zero || request.Timeout > Longest)
        {
            throw ChatException.Invalid("timeout", "timeout is up to a minute.");
        }
        var (tail, more) = recent.Read(request.TailId, request.After, request.Heard);
        if (tail is null)
        {
            try
            {
                await more.WaitAsync(request.Timeout, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                // Nothing has happened.
            }
            tail = recent.Read(request.TailId, request.After, request.Heard).Tail;
        }
        return tail ?? new StoredTail(request.TailId!.Value, request.After, IsReset: false, []);
    }

    public Task Handle(MessageStored notification, CancellationToken cancellationToken)
    {
        recent.Add(notification);
        return Task.CompletedTask;
    }

    public Task Handle(LogReopened notification, CancellationToken cancellationToken)
    {
        recent.Reset();
        return Task.CompletedTask;
    }
}
