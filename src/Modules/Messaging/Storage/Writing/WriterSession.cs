using ModularChat.Storage;

namespace ModularChat.Messaging.Storage.Writing;

/// <summary>One opening with everything that is only right as long as it is.</summary>
internal sealed class WriterSession(IWriterTables tables, ConversationCache cache, int receiptLimit) : IDisposable
{
    private readonly LogBatch _batch = new(tables, cache, receiptLimit);

    public long[] Positions => [.. tables.Positions];

    public ShardState[] States => [.. tables.States];

    public bool HasErased => tables.HasErased;

    /// <summary>One transaction: when this returns, everything is on disk and readers see it.</summary>
    /// <exception cref="BrokenWriteException">One of them fails by itself; nothing is written, and this session is of no more use.</exception>
    public IReadOnlyList<(Commit Commit, ConversationState[] Touched)> Write(List<PendingChange> pending)
    {
        tables.Begin();
        foreach (var one in pending)
        {
            try
            {
                one.Apply(_batch);
            }
            catch (Exception e) when (e is not StoreFaultException)
            {
                throw new BrokenWriteException(one, e);
            }
        }
        var commits = _batch.TakeCommits();
        tables.Commit(commits);
        cache.Trim();
        return commits;
    }

    /// <summary>One write alone. Nothing is held back meanwhile, and everything is looked up again afterwards.</summary>
    public void Write(PendingAlone pending)
    {
        tables.Finish();
        cache.Clear();
        pending.Apply(tables);
    }

    public void Erase() => tables.Erase();

    public void Finish() => tables.Finish();

    public void Dispose() => tables.Dispose();
}
