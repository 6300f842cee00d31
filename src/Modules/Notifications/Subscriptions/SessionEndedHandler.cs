using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;

namespace ModularChat.Notifications.Subscriptions;

/// <summary>Whoever is signed out on a device is not told there any more.</summary>
[OncePerCluster]
internal sealed class SessionEndedHandler(SubscriptionBook subscriptions) : INotificationHandler<SessionEnded>
{
    public Task Handle(SessionEnded notification, CancellationToken cancellationToken) =>
        subscriptions.RemoveDeviceAsync(notification.UserId, notification.DeviceId, cancellationToken);
}
