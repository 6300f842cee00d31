using MediatR;
using ModularChat.Contracts.Presence;
using ModularChat.Presence.People;
using ModularChat.Presence.Storage;
using ModularChat.Presence.Watching;

namespace ModularChat.Presence.Leases;

/// <summary>What other nodes say of users and of connections that may be held here.</summary>
internal sealed class ClusterEvents(ILeases leases, PeopleBook people, FanOut fanOut) :
    INotificationHandler<AttendanceMoved>, INotificationHandler<PersonChanged>, INotificationHandler<UserActed>
{
    public Task Handle(AttendanceMoved notification, CancellationToken cancellationToken)
    {
        foreach (var userId in notification.UserIds)
        {
            fanOut.Changed(userId);
        }
        return Task.CompletedTask;
    }

    public async Task Handle(PersonChanged notification, CancellationToken cancellationToken)
    {
        people.Forget(notification.UserId);
        await leases.TouchAsync(notification.UserId, cancellationToken);
        fanOut.Changed(notification.UserId);
    }

    public async Task Handle(UserActed notification, CancellationToken cancellationToken)
    {
        await leases.TouchAsync(notification.UserId, cancellationToken);
        // A life of nothing shortens none: it only notes the activity on this very connection, when it is held here.
        await leases.RenewAsync(notification.ConnectionId, TimeSpan.Zero, TimeSpan.Zero, isActive: true, cancellationToken);
    }
}
