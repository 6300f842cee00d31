namespace ModularChat.Presence.Watching;

/// <summary>What one connection watches.</summary>
internal sealed class Watch(Guid connectionId, Guid viewer, Guid[] screen, bool contacts)
{
    public Guid ConnectionId => connectionId;

    public Guid Viewer => viewer;

    /// <summary>Whom the client named, and the members of the groups that it named.</summary>
    public Guid[] Screen => screen;

    public bool HasContacts => contacts;

    /// <summary>Everybody who is watched; true: told something other than what everybody is told of nobody.</summary>
    public Dictionary<Guid, bool> Targets { get; } = [];
}

/// <summary>Who watches whom, on this node. Not for two threads at once: the fan-out takes turns.</summary>
internal sealed class Watches
{
    private readonly Dictionary<Guid, Watch> _byConnection = [];
    private readonly Dictionary<Guid, HashSet<Watch>> _byTarget = [];
    private readonly Dictionary<Guid, HashSet<Watch>> _byViewer = [];

    public int Count => _byConnection.Count;

    public int TargetCount => _byTarget.Count;

    public IReadOnlyCollection<Guid> Targets => _byTarget.Keys;

    public IReadOnlyCollection<Watch> Of(Guid target) => _byTarget.TryGetValue(target, out var watches) ? watches : [];

    public IReadOnlyCollection<Watch> By(Guid viewer) => _byViewer.TryGetValue(viewer, out var watches) ? watches : [];

    public bool Has(Guid target) => _byTarget.ContainsKey(target);

    /// <summary>Puts a watch in the place of the connection's earlier one.</summary>
    public void Replace(Watch watch, IReadOnlyList<Guid> targets)
    {
        Remove(watch.ConnectionId);
        _byConnection[watch.ConnectionId] = watch;
        Put(_byViewer, watch.Viewer, watch);
        foreach (var target in targets)
        {
            Add(watch, target);
        }
    }

    public void Add(Watch watch, Guid target)
    {
        if (watch.Targets.TryAdd(target, false))
        {
            Put(_byTarget, target, watch);
        }
    }

    public void Remove(Watch watch, Guid target)
    {
        if (watch.Targets.Remove(target))
        {
            Take(_byTarget, target, watch);
        }
    }

    public void Remove(Guid connectionId)
    {
        if (_byConnection.Remove(connectionId, out var watch))
        {
            Take(_byViewer, watch.Viewer, watch);
            foreach (var target in watch.Targets.Keys)
            {
                Take(_byTarget, target, watch);
            }
        }
    }

    private static void Put(Dictionary<Guid, HashSet<Watch>> index, Guid key, Watch watch)
    {
        if (!index.TryGetValue(key, out var watches))
        {
            index[key] = watches = new HashSet<Watch>(1);
        }
        watches.Add(watch);
    }

    private static void Take(Dictionary<Guid, HashSet<Watch>> index, Guid key, Watch watch)
    {
        if (index.TryGetValue(key, out var watches) && watches.Remove(watch) && watches.Count == 0)
        {
            index.Remove(key);
        }
    }
}
