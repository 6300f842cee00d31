using MediatR;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Presence;

namespace ModularChat.Host.Gateway.Outbound;

/// <summary>What is not in the log: typing, and sessions that end.</summary>
internal sealed class EventDelivery(ConnectionTable table) : INotificationHandler<TypingSignalled>, INotificationHandler<SessionEnded>
{
    public Task Handle(TypingSignalled notification, CancellationToken cancellationToken)
    {
        var frame = Frames.Typing(notification);
        foreach (var user in notification.Recipients)
        {
            foreach (var connection in table.Of(user))
            {
                connection.Deliver(0, 0, frame);
            }
        }
        return Task.CompletedTask;
    }

    public Task Handle(SessionEnded notification, CancellationToken cancellationToken)
    {
        foreach (var connection in table.Of(notification.UserId))
        {
            if (connection.Caller?.SessionId == notification.SessionId)
            {
                connection.Close(CloseReason.Unauthorized);
            }
        }
        return Task.CompletedTask;
    }
}
