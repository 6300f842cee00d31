using MediatR;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Hearing;

namespace ModularChat.Messaging.Publishing;

/// <summary>What other nodes say of the log goes to it; it knows what of that is new.</summary>
internal sealed class AnnouncedHandler(Announcements announcements, RecentEvents recent, IMessageLog log) : INotificationHandler<CommitsAnnounced>, INotificationHandler<HeadsAnnounced>
{
    public Task Handle(CommitsAnnounced notification, CancellationToken cancellationToken)
    {
        if (notification.WriterId != announcements.WriterId && log.IsShared)
        {
            var shards = log.Info.ShardCount;
            foreach (var (runId, shard, previous, position, content) in notification.Commits)
            {
                log.Hear(new HeardCommit(runId, shard, previous, position, content is null ? null : CommitCodec.Read(content, shard, shards, previous, position)));
            }
        }
        return Task.CompletedTask;
    }

    public Task Handle(HeadsAnnounced notification, CancellationToken cancellationToken)
    {
        if (notification.WriterId != announcements.WriterId && log.IsShared)
        {
            if (notification.IsFollowed)
            {
                recent.Keep();
            }
            for (var shard = 0; shard < notification.Positions.Length; shard++)
            {
                log.Hear(HeardCommit.Head(notification.RunId, shard, notification.Positions[shard]));
            }
        }
        return Task.CompletedTask;
    }
}
