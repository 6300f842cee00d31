using Microsoft.Extensions.Logging;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Publishing;

/// <summary>
/// What happens after a commit, in this order: the caches take it in, its position is published, its event is queued. Only
/// then the log answers the senders, so that one who syncs right after the ack sees the own message.
/// </summary>
internal sealed partial class CommitPublisher(
    IEnumerable<ICommitCache> caches, Positions published, EventQueue events, Announcements announcements, ILogger<CommitPublisher> logger) : ICommitListener
{
    private readonly ICommitCache[] caches = [.. caches];

    // Engines with a writer for each shard call at once; caches and the queue take one commit after another.
    private readonly Lock publishing = new();

    public void Committed(Commit commit)
    {
        using var _ = publishing.EnterScope();
        foreach (var cache in caches)
        {
            try
            {
                cache.Apply(commit);
            }
            catch (Exception failure)
            {
                // An empty cache is right, one that missed a commit is not.
                Log.CacheFailed(logger, failure, commit.Shard, commit.Position);
                cache.Clear();
            }
        }
        published.Advance(commit.Shard, commit.Position);
        events.Add(commit);
    }

    public void Wrote(Guid runId, int shard, long previous, long position, Commit? commit) =>
        announcements.Add(new AnnouncedWrite(runId, shard, previous, position, commit));

    public void Reopened(long[] positions)
    {
        using var _ = publishing.EnterScope();
        Log.Reopened(logger);
        foreach (var cache in caches)
        {
            cache.Clear();
        }
        published.Reset(positions);
        events.AddReopened();
    }

    private static partial class Log
    {
        [LoggerMessage(2001, LogLevel.Error, "A cache could not take in position {Position} of shard {Shard} and was emptied")]
        public static partial void CacheFailed(ILogger logger, Exception failure, int shard, long position);

        [LoggerMessage(2002, LogLevel.Warning, "The message log was opened again after a fault; connections are told to sync")]
        public static partial void Reopened(ILogger logger);
    }
}
