namespace ModularChat.Messaging.Conversations;

/// <summary>
/// Values by id that are loaded once, kept right by changes, and let go when they weigh too much together, the longest
/// unused first. A change that comes while a value is being loaded is kept and laid over what was loaded, so a load that
/// races with a commit cannot leave old state behind: <paramref name="apply"/> passes over a change that the value has already.
/// </summary>
/// <param name="capacity">What all values together may weigh.</param>
/// <param name="weigh">The weight of one value.</param>
/// <param name="apply">Lays a change over a value; with no value it may make one, or answer null.</param>
internal sealed class BoundedCache<TValue, TChange>(long capacity, Func<TValue, int> weigh, Func<TValue?, TChange, TValue?> apply)
    where TValue : class
{
    private readonly Lock gate = new();
    private readonly Dictionary<Guid, LinkedListNode<Item>> items = [];
    private readonly LinkedList<Item> byUse = [];
    private readonly Dictionary<Guid, Load> loads = [];
    private long weight;

    /// <summary>The value in memory; null when it is not there.</summary>
    public TValue? Find(Guid key)
    {
        lock (gate)
        {
            if (!items.TryGetValue(key, out var node))
            {
                return null;
            }
            if (byUse.First != node)
            {
                byUse.Remove(node);
                byUse.AddFirst(node);
            }
            return node.Value.Value;
        }
    }

    /// <summary>
    /// Says that a value is about to be read from the store: changes from now on are kept for it. Each load that is begun
    /// is ended by <see cref="End"/> or <see cref="Abandon"/>.
    /// </summary>
    public Load Begin(Guid key)
    {
        lock (gate)
        {
            if (!loads.TryGetValue(key, out var load))
            {
                load = loads[key] = new Load(key);
            }
            load.Readers++;
            return load;
        }
    }

    /// <summary>Ends a load. Gives the value with every change that came meanwhile, and keeps it unless it was dropped since.</summary>
    public TValue? End(Load load, TValue? loaded)
    {
        lock (gate)
        {
            Leave(load);
            foreach (var change in load.Changes)
            {
                loaded = apply(loaded, change);
            }
            if (load.IsDropped)
            {
                return loaded;
            }
            if (items.TryGetValue(load.Key, out var node))
            {
                return node.Value.Value;
            }
            if (loaded is not null)
            {
                Put(load.Key, loaded);
            }
            return loaded;
        }
    }

    /// <summary>Ends a load that failed.</summary>
    public void Abandon(Load load)
    {
        lock (gate)
        {
            Leave(load);
        }
    }

    /// <summary>A commit changed a value: in memory or on its way there it gets the change; <paramref name="make"/> makes one that is neither.</summary>
    public void Change(Guid key, TChange change, bool make = false)
    {
        lock (gate)
        {
            if (loads.TryGetValue(key, out var load))
            {
                load.Changes.Add(change);
            }
            if (items.TryGetValue(key, out var node))
            {
                var value = apply(node.Value.Value, change);
                Take(node);
                if (value is not null)
                {
                    Put(key, value);
                }
            }
            else if (make && apply(null, change) is { } made)
            {
                Put(key, made);
            }
        }
    }

    /// <summary>Forgets one value, and what is being loaded of it.</summary>
    public void Drop(Guid key)
    {
        lock (gate)
        {
            if (loads.Remove(key, out var load))
            {
                load.IsDropped = true;
            }
            if (items.TryGetValue(key, out var node))
            {
                Take(node);
            }
        }
    }

    /// <summary>Forgets everything, and what is being loaded too.</summary>
    public void Clear()
    {
        lock (gate)
        {
            foreach (var load in loads.Values)
            {
                load.IsDropped = true;
            }
            loads.Clear();
            items.Clear();
            byUse.Clear();
            weight = 0;
        }
    }

    private void Leave(Load load)
    {
        if (--load.Readers == 0 && !load.IsDropped)
        {
            loads.Remove(load.Key);
        }
    }

    private void Put(Guid key, TValue value)
    {
        var item = new Item(key, value, weigh(value));
        items[key] = byUse.AddFirst(item);
        weight += item.Weight;
        while (weight > capacity && byUse.Last is { } last && last.Value.Key != key)
        {
            Take(last);
        }
    }

    private void Take(LinkedListNode<Item> node)
    {
        byUse.Remove(node);
        items.Remove(node.Value.Key);
        weight -= node.Value.Weight;
    }

    /// <summary>A value on its way from the store. Guarded by the cache's lock.</summary>
    internal sealed class Load(Guid key)
    {
        public Guid Key { get; } = key;
        public List<TChange> Changes { get; } = [];
        public int Readers { get; set; }
        public bool IsDropped { get; set; }
    }

    private sealed record Item(Guid Key, TValue Value, int Weight);
}
