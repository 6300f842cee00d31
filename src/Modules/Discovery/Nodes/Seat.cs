namespace ModularChat.Discovery.Nodes;

/// <summary>A node as it is known here, and how many clients were sent to it that it cannot have counted yet. Used under the lock of the table.</summary>
internal sealed class Seat(NodeRecord record, bool isSelf, long now)
{
    /// <summary>Above this share of its cores a node is drawn less and less.</summary>
    private const double BusyCpu = 0.7;

    /// <summary>So much work in the queue halves the weight.</summary>
    private const double BusyQueue = 1_000;

    private int _promised, _promisedBefore;
    private long _turnedAt = now;

    public NodeRecord Record { get; private set; } = record;

    public bool IsSelf { get; } = isSelf;

    /// <summary>1: neither processor nor queue is busy; towards 0: they are.</summary>
    public double Calm { get; private set; } = CalmOf(record.Load);

    /// <summary>Clients that were sent to it lately.</summary>
    public int Promised => _promised + _promisedBefore;

    public void Promise() => _promised++;

    /// <summary>
    /// What the node tells now has those in it who were sent to it before it last told something; the younger ones may still be on
    /// their way, and count until it tells something again.
    /// </summary>
    public void Update(NodeRecord record, long now)
    {
        if (record.Load != Record.Load)
        {
            Turn(now);
        }
        Record = record;
        Calm = CalmOf(record.Load);
    }

    /// <summary>Those who were sent and never came must not count for ever.</summary>
    public void Settle(TimeProvider time, long now, TimeSpan longest)
    {
        if (Promised > 0 && time.GetElapsedTime(_turnedAt, now) >= longest)
        {
            Turn(now);
        }
    }

    private static double CalmOf(NodeLoad load) =>
        Math.Clamp(1 - ((load.Cpu - BusyCpu) / (1 - BusyCpu) * 0.9), 0.1, 1) / (1 + (load.Queue / BusyQueue));

    private void Turn(long now) => (_promisedBefore, _promised, _turnedAt) = (_promised, 0, now);
}
