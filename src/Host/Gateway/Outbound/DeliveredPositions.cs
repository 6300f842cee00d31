namespace ModularChat.Host.Gateway.Outbound;

/// <summary>
/// Up to which position of each shard everything was queued for this node's connections. A cursor made from it, queued
/// behind what was queued before, never promises more than was delivered.
/// </summary>
internal sealed class DeliveredPositions
{
    private long[] _positions = [];

    /// <summary>Before the first delivery, and after a fault.</summary>
    public void Set(long[] positions) => Volatile.Write(ref _positions, [.. positions]);

    /// <summary>False when a commit of the shard was missed.</summary>
    public bool Follows(int shard, long previousPosition)
    {
        var positions = Volatile.Read(ref _positions);
        return positions.Length == 0 || Volatile.Read(ref positions[shard]) >= previousPosition;
    }

    public void Advance(int shard, long position)
    {
        var positions = Volatile.Read(ref _positions);
        if (positions.Length > 0 && position > positions[shard])
        {
            Volatile.Write(ref positions[shard], position);
        }
    }

    public long[] Snapshot()
    {
        var positions = Volatile.Read(ref _positions);
        var copy = new long[positions.Length];
        for (var shard = 0; shard < copy.Length; shard++)
        {
            copy[shard] = Volatile.Read(ref positions[shard]);
        }
        return copy;
    }
}
