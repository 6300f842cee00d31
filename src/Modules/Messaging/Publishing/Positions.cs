namespace ModularChat.Messaging.Publishing;

/// <summary>
/// The published position of each shard: everything up to it is on disk and in the caches, and an ack for it may have
/// been given. A sync takes it as its watermark: past it, caches and store may differ.
/// </summary>
internal sealed class Positions
{
    private readonly Lock setting = new();
    private readonly Dictionary<int, long> early = [];
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

    /// <summary>
    /// The committed positions at opening, and when the log was opened again. Other nodes may have written between the opening and the first call:
    /// what was told of that is not taken back.
    /// </summary>
    public void Reset(long[] positions)
    {
        lock (setting)
        {
            var next = positions.ToArray();
            foreach (var (shard, position) in early)
            {
                next[shard] = Math.Max(next[shard], position);
            }
            early.Clear();
            Volatile.Write(ref values, next);
        }
    }

    /// <summary>A shard has come this far. Calls for one shard come one after another.</summary>
    public void Advance(int shard, long position)
    {
        lock (setting)
        {
            if (values.Length == 0)
            {
                early[shard] = position;
            }
            else if (values[shard] < position)
            {
                Volatile.Write(ref values[shard], position);
            }
        }
    }
}
