using MediatR;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Hearing;

namespace ModularChat.Messaging.Publishing;

/// <summary>What other nodes say of their commits goes to the log, which knows what of it is new.</summary>
internal sealed class AnnouncedHandler(Announcements announcements, IMessageLog log) : INotificationHandler<CommitAnnounced>
{
    public Task Handle(CommitAnnounced notification, CancellationToken cancellationToken)
    {
        if (notification.WriterId != announcements.WriterId)
        {
            log.Hear(new HeardCommit(notification.RunId, notification.Shard, notification.PreviousPosition, notification.Position, null));
        }
        return Task.CompletedTask;
    }
}
