using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Publishing;

/// <summary>Something in memory that is kept right by commits. Called on the shard's writer: quick, does not throw, does not call the log.</summary>
internal interface ICommitCache
{
    /// <summary>Takes a commit in, before its position is published and before its senders are answered.</summary>
    void Apply(Commit commit);

    /// <summary>Forgets everything: what was cached may not be what is on disk.</summary>
    void Clear();
}
