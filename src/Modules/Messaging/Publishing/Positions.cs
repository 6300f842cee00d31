namespace ModularChat.Messaging.Publishing;

/// <summary>
/// The published position of each shard: everything up to it is on disk and in the caches, and an ack for it may have
/// been given. A sync takes it as its watermark: past it, caches and store may differ.
/// </summary>
internal sealed class Positions
{
    private long[] values = [];

    /// <summary>How many shards there are; 0 until the log is open.</summary>
    public int ShardCount => Volatile.Read(ref values).Length;

    /// <summary>The published position of one shard.</summary>
    public long this[int shard] => Volatile.Read(ref Volatile.Read(ref values)[shard]);

    /// <summary>A copy of all of them.</summary>
    public long[] Snapshot()
    {
        var source = Volatile.Read(ref values);
        var copy = new long[source.Length];
        for (var i = 0; i < copy.Length; i++)
        {
            copy[i] = Volatile.Read(ref source[i]);
        }
        return copy;
    }

    /// <summary>At opening, and when the log was opened again: the committed positions.</summary>
    public void Reset(long[] positions) => Volatile.Write(ref values, [.. positions]);

    /// <summary>A shard has come this far. Only its writer calls it.</summary>
    public void Advance(int shard, long position) => Volatile.Write(ref Volatile.Read(ref values)[shard], position);
}
