namespace ModularChat.Messaging.Storage.Writing;

/// <summary>Writes to frozen shards, in their order, until the shard is held again, has gone, or their patience ends.</summary>
internal sealed class ParkedWrites(TimeProvider time)
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly List<Pending> _parked = [];
    private readonly Queue<Pending> _released = [];

    /// <summary>True while <see cref="TryTake"/> has something to give.</summary>
    public bool HasReleased => _released.Count > 0;

    /// <summary>How many wait.</summary>
    public int Count => _parked.Count;

    /// <summary>Takes in a write that has to wait: a shard of it is frozen, or a write before it waits for one of its shards.</summary>
    public bool TryPark(Pending write, ShardState[] states)
    {
        if (!IsHeldUp(write, states, _parked))
        {
            return false;
        }
        if (write.ParkedAt == 0)
        {
            write.ParkedAt = time.GetTimestamp();
        }
        _parked.Add(write);
        return true;
    }

    /// <summary>The next write that need not wait any more.</summary>
    public bool TryTake([System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out Pending write) => _released.TryDequeue(out write);

    /// <summary>Sorts anew after states have changed.</summary>
    public void Release(ShardState[] states)
    {
        if (_parked.Count == 0)
        {
            return;
        }
        var still = new List<Pending>();
        foreach (var write in _parked)
        {
            if (IsHeldUp(write, states, still))
            {
                still.Add(write);
            }
            else
            {
                _released.Enqueue(write);
            }
        }
        _parked.Clear();
        _parked.AddRange(still);
    }

    /// <summary>Fails those that have waited too long.</summary>
    public void Expire(ShardState[] states)
    {
        if (_parked.RemoveAll(IsTired) > 0)
        {
            Release(states);
        }
    }

    /// <summary>Fails all.</summary>
    public void Clear()
    {
        foreach (var write in _parked.Concat(_released))
        {
            write.Fail(new LogUnavailableException("The log is closed."));
        }
        _parked.Clear();
        _released.Clear();
    }

    private bool IsTired(Pending write)
    {
        if (time.GetElapsedTime(write.ParkedAt) < Patience)
        {
            return false;
        }
        write.Fail(new LogUnavailableException("The shard is being moved, and that takes too long; nothing was written."));
        return true;
    }

    private static bool IsHeldUp(Pending write, ShardState[] states, List<Pending> before)
    {
        foreach (var shard in write.Shards)
        {
            if (states[shard] == ShardState.Frozen)
            {
                return true;
            }
        }
        // Only a write to several shards can wait before one to a shard that is not frozen.
        return before.Count > 0 && before.Exists(b => b.Shards.Length > 1 && b.Shards.AsSpan().IndexOfAny(write.Shards) >= 0);
    }
}
