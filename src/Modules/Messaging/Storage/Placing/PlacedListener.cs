namespace ModularChat.Messaging.Storage.Placing;

/// <summary>Joins what several databases tell into what one log tells. Each knows the positions of its own shards only.</summary>
internal sealed class PlacedListener(ICommitListener listener)
{
    private readonly Lock _lock = new();
    private long[] _positions = [];
    private ILogDatabase?[] _owners = [];
    private bool _isReady;

    /// <summary>For one of the databases, which is known only after it was opened.</summary>
    public Source For() => new(this);

    /// <summary>From now on commits may come. Takes the position of a shard from where it lies.</summary>
    public void Begin(long[] positions)
    {
        lock (_lock)
        {
            (_positions, _owners, _isReady) = ([.. positions], new ILogDatabase?[positions.Length], true);
        }
    }

    /// <summary>Where a shard lies.</summary>
    public void Place(int shard, ILogDatabase database)
    {
        lock (_lock)
        {
            _owners[shard] = database;
        }
    }

    /// <summary>What one database tells.</summary>
    internal sealed class Source(PlacedListener all) : ICommitListener
    {
        public ILogDatabase? Database { get; set; }

        public void Committed(Commit commit)
        {
            lock (all._lock)
            {
                if (all._isReady)
                {
                    all._positions[commit.Shard] = Math.Max(all._positions[commit.Shard], commit.Position);
                }
            }
            all.Listener.Committed(commit);
        }

        public void Wrote(Guid runId, int shard, long previous, long position, Commit? commit) => all.Listener.Wrote(runId, shard, previous, position, commit);

        public void Reopened(long[] positions)
        {
            long[] merged;
            lock (all._lock)
            {
                if (!all._isReady)
                {
                    return;
                }
                for (var shard = 0; shard < all._positions.Length; shard++)
                {
                    if (ReferenceEquals(all._owners[shard], Database))
                    {
                        all._positions[shard] = positions[shard];
                    }
                }
                merged = [.. all._positions];
            }
            all.Listener.Reopened(merged);
        }
    }

    private ICommitListener Listener => listener;
}
