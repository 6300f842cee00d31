namespace ModularChat.Host.Gateway.Outbound;

/// <summary>
/// Up to which position of each shard everything was queued for this node's connections. A cursor made from it, queued
/// behind what was queued before, never promises more than was delivered.
/// </summary>
internal sealed class DeliveredPositions
{
    private long[] _positions = [], _begun = [];

    /// <summary>False until it is known where delivery begins.</summary>
    public bool IsKnown => Volatile.Read(ref _positions).Length > 0;

    /// <summary>Before the first delivery, and after a fault.</summary>
    public void Set(long[] positions)
    {
        Volatile.Write(ref _begun, [.. positions]);
        Volatile.Write(ref _positions, [.. positions]);
    }

    /// <summary>Said before the connections are looked up to which a commit goes.</summary>
    public void Begin(int shard, long position) => Raise(Volatile.Read(ref _begun), shard, position);

    /// <summary>Up to where delivery may have passed a connection by that was attached just now: its sync has to reach that far.</summary>
    public long[] Begun() => Copy(Volatile.Read(ref _begun));

    /// <summary>False when a commit of the shard was missed.</summary>
    public bool Follows(int shard, long previousPosition)
    {
        var positions = Volatile.Read(ref _positions);
        return positions.Length == 0 || Volatile.Read(ref positions[shard]) >= previousPosition;
    }

    public void Advance(int shard, long position) => Raise(Volatile.Read(ref _positions), shard, position);

    public long[] Snapshot() => Copy(Volatile.Read(ref _positions));

    private static void Raise(long[] positions, int shard, long position)
    {
        if (positions.Length > 0 && position > positions[shard])
        {
            Volatile.Write(ref positions[shard], position);
        }
    }

    private static long[] Copy(long[] positions)
    {
        var copy = new long[positions.Length];
        for (var shard = 0; shard < copy.Length; shard++)
        {
            copy[shard] = Volatile.Read(ref positions[shard]);
        }
        return copy;
    }
}
