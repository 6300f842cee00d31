using MediatR;
using ModularChat.Contracts.Calls;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Presence;

namespace ModularChat.Host.Gateway.Outbound;

/// <summary>What is not in the log: typing, presence, calls, voice rooms, general data that changes too often for it, and sessions that end.</summary>
internal sealed class EventDelivery(ConnectionTable table, LiveSessions sessions) :
    INotificationHandler<TypingSignalled>, INotificationHandler<PresenceMoved>, INotificationHandler<UserDataChanged>, INotificationHandler<SessionEnded>,
    INotificationHandler<CallChanged>, INotificationHandler<CallSignalled>, INotificationHandler<RoomChanged>, INotificationHandler<RoomSignalled>
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

    public Task Handle(PresenceMoved notification, CancellationToken cancellationToken)
    {
        foreach (var push in notification.Pushes)
        {
            Frame? frame = null;
            foreach (var id in push.ConnectionIds)
            {
                if (table.Find(id) is { } connection)
                {
                    connection.Deliver(0, 0, frame ??= Frames.Presence(push));
                }
            }
        }
        return Task.CompletedTask;
    }

    public Task Handle(UserDataChanged notification, CancellationToken cancellationToken)
    {
        var connections = notification.IsQuiet ? table.Of(notification.UserId) : [];
        if (!connections.IsEmpty)
        {
            var frame = Frames.Versions(notification.Subject, notification.Version);
            foreach (var connection in connections)
            {
                connection.Deliver(0, 0, frame);
            }
        }
        return Task.CompletedTask;
    }

    public Task Handle(CallChanged notification, CancellationToken cancellationToken)
    {
        var frame = Frames.Call(notification.Call);
        foreach (var user in notification.Recipients)
        {
            DeliverTo(user, frame);
        }
        return Task.CompletedTask;
    }

    public Task Handle(CallSignalled notification, CancellationToken cancellationToken)
    {
        DeliverTo(notification.Recipient, Frames.CallSignal(notification));
        return Task.CompletedTask;
    }

    public Task Handle(RoomChanged notification, CancellationToken cancellationToken)
    {
        Frame? frame = null;
        foreach (var user in notification.Recipients)
        {
            foreach (var connection in table.Of(user))
            {
                connection.Deliver(0, 0, frame ??= Frames.Room(notification.Room));
            }
        }
        return Task.CompletedTask;
    }

    public Task Handle(RoomSignalled notification, CancellationToken cancellationToken)
    {
        DeliverTo(notification.Recipient, Frames.RoomSignal(notification));
        return Task.CompletedTask;
    }

    public Task Handle(SessionEnded notification, CancellationToken cancellationToken)
    {
        sessions.End(notification.SessionId);
        return Task.CompletedTask;
    }

    private void DeliverTo(Guid userId, Frame frame)
    {
        foreach (var connection in table.Of(userId))
        {
            connection.Deliver(0, 0, frame);
        }
    }
}
