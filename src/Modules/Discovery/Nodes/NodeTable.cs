namespace ModularChat.Discovery.Nodes;

/// <summary>
/// The nodes of the cluster as this process knows them last. While the registry is away it stays as it is: a node that cannot be
/// seen is not a node that is gone.
/// </summary>
internal sealed class NodeTable(ThisNode self, TimeProvider time)
{
    private Seat[] _seats = [new(self.Now, isSelf: true, time.GetTimestamp())];

    /// <summary>Taken by whoever reads or counts seats.</summary>
    public Lock Gate { get; } = new();

    /// <summary>All nodes, this one first.</summary>
    public IReadOnlyList<Seat> Seats => _seats;

    /// <summary>Nodes known here.</summary>
    public int Count => Volatile.Read(ref _seats).Length;

    /// <summary>This node takes nobody any more.</summary>
    public bool IsDraining => self.Now.State == NodeState.Draining;

    /// <summary>All nodes, this one first.</summary>
    public NodeRecord[] Records()
    {
        lock (Gate)
        {
            return [.. _seats.Select(s => s.Record)];
        }
    }

    /// <summary>What this node knows of itself holds at once.</summary>
    public void UpdateSelf()
    {
        lock (Gate)
        {
            _seats[0].Update(self.Now, time.GetTimestamp());
        }
    }

    /// <summary>What the registry holds now; what it says about this node is older than what is known here.</summary>
    public void Replace(IEnumerable<NodeRecord> nodes)
    {
        var now = time.GetTimestamp();
        lock (Gate)
        {
            var known = _seats.ToDictionary(s => s.Record.Id, StringComparer.Ordinal);
            var me = _seats[0];
            me.Update(self.Now, now);
            List<Seat> seats = [me];
            foreach (var node in nodes.Where(n => n.Id != me.Record.Id))
            {
                // Another process under the same id begins anew: nobody was sent to it.
                if (known.TryGetValue(node.Id, out var seat) && seat.Record.Instance == node.Instance)
                {
                    seat.Update(node, now);
                    seats.Add(seat);
                }
                else
                {
                    seats.Add(new Seat(node, isSelf: false, now));
                }
            }
            // Those of a region side by side: a caller's distance to it is then measured once.
            _seats = [me, .. seats.Skip(1).OrderBy(s => s.Record.Region, StringComparer.Ordinal).ThenBy(s => s.Record.Id, StringComparer.Ordinal)];
        }
    }
}
