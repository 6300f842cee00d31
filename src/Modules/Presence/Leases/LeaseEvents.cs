using MediatR;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Presence.Storage;

namespace ModularChat.Presence.Leases;

/// <summary>Sessions that end, and users who do something, whatever way they came.</summary>
internal sealed class LeaseEvents(ILeases leases) : INotificationHandler<SessionEnded>, INotificationHandler<MessageStored>
{
    public Task Handle(SessionEnded notification, CancellationToken cancellationToken) =>
        leases.EndSessionAsync(notification.UserId, notification.SessionId, cancellationToken).AsTask();

    public async Task Handle(MessageStored notification, CancellationToken cancellationToken)
    {
        foreach (var stored in notification.Entries)
        {
            // Signals and what became of calls are written by the server.
            if (stored.Entry.Kind is not (EntryKind.Signal or EntryKind.Call))
            {
                await leases.TouchAsync(stored.Entry.SenderId, cancellationToken);
            }
        }
    }
}
