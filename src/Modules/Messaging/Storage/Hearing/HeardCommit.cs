namespace ModularChat.Messaging.Storage.Hearing;

/// <summary>What another node has said of one of its commits. It may be lost, doubled, late, or from another history.</summary>
/// <param name="RunId">The run that the other node was in.</param>
/// <param name="Shard">The shard.</param>
/// <param name="PreviousPosition">The position of the shard before.</param>
/// <param name="Position">Its position with the commit.</param>
/// <param name="Commit">All of it; null when it has to be read from the store.</param>
internal sealed record HeardCommit(Guid RunId, int Shard, long PreviousPosition, long Position, Commit? Commit)
{
    /// <summary>What a beacon says: the shard is this far, with nothing said about how it came there.</summary>
    public static HeardCommit Head(Guid runId, int shard, long position) => new(runId, shard, Beyond, position, null);

    /// <summary>The previous position of a beacon: none follows it, so it is told by the commits before it or else by the store.</summary>
    private const long Beyond = long.MaxValue;
}

/// <summary>One shard of an engine that several nodes have open, as far as hearing of others' commits needs it.</summary>
internal interface IHearingShard
{
    /// <summary>The position up to which the listener was told.</summary>
    long Told { get; }

    /// <summary>Tells a commit of another node when it is what comes next in the history that this node is in; false: it is not.</summary>
    ValueTask<bool> TryTellAsync(Guid runId, Commit commit, CancellationToken token);

    /// <summary>Tells what other nodes have committed up to now, read from the store.</summary>
    Task LookAsync(CancellationToken token);
}
