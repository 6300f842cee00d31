using MediatR;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Presence.People;

namespace ModularChat.Presence.Watching;

/// <summary>What changes who may know of whom, and who knows whom.</summary>
internal sealed class ChangeEvents(Audiences audiences, FanOut fanOut) :
    INotificationHandler<BlockChanged>, INotificationHandler<UserDataChanged>, INotificationHandler<MessageStored>
{
    private const int TwoPeople = 2;

    public Task Handle(BlockChanged notification, CancellationToken cancellationToken)
    {
        Judge(notification.UserId);
        Judge(notification.OtherId);
        return Task.CompletedTask;
    }

    public Task Handle(UserDataChanged notification, CancellationToken cancellationToken)
    {
        if (notification.Subject is "friends" or "settings")
        {
            Judge(notification.UserId);
        }
        if (notification.Subject == "friends")
        {
            fanOut.KnowsOthers(notification.UserId);
        }
        return Task.CompletedTask;
    }

    public Task Handle(MessageStored notification, CancellationToken cancellationToken)
    {
        foreach (var stored in notification.Entries)
        {
            // Every direct conversation begins like this; a group of two costs one look too many.
            if (stored.Entry.Kind == EntryKind.Created && stored.Recipients.Length == TwoPeople)
            {
                Array.ForEach(stored.Recipients, fanOut.KnowsOthers);
            }
        }
        return Task.CompletedTask;
    }

    private void Judge(Guid userId)
    {
        audiences.Forget(userId);
        fanOut.Judge(userId);
    }
}
