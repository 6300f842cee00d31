namespace ModularChat.Cli.Replay;

/// <summary>What to replay, and against which server.</summary>
internal sealed record ReplayOptions
{
    public required string Path { get; init; }
    public required Uri Url { get; init; }
    public required string Key { get; init; }
    /// <summary>Drop connections at random.</summary>
    public bool Faults { get; init; }
    /// <summary>Connections dropped a second with <see cref="Faults"/>.</summary>
    public int FaultsPerSecond { get; init; } = 100;
    public int Seed { get; init; }
    public int LimitFiles { get; init; } = int.MaxValue;
    /// <summary>Lines that one author has under way.</summary>
    public int InFlight { get; init; } = 8;
    /// <summary>Lines that all authors together have under way: a server answers more than it can queue with a retryable problem.</summary>
    public int TotalInFlight { get; init; } = 4000;
    /// <summary>Without any progress for so long the run gives up.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(90);
    /// <summary>The server's process, to account for its CPU time and memory; null for none.</summary>
    public int? ServerPid { get; init; }
}

/// <summary>How far a run is; written by many, read by whoever shows it.</summary>
internal sealed class ReplayProgress
{
    private long _done, _drops;
    private volatile string _stage = "reading";

    public string Stage => _stage;
    public long Done => Volatile.Read(ref _done);
    public long Total { get; private set; }
    public long Drops => Volatile.Read(ref _drops);

    public void Begin(string stage, long total)
    {
        Volatile.Write(ref _done, 0);
        Total = total;
        _stage = stage;
    }

    public void Step() => Interlocked.Increment(ref _done);

    public void Reach(long done) => Volatile.Write(ref _done, done);

    public void Dropped() => Interlocked.Increment(ref _drops);
}

/// <summary>What came of a run.</summary>
internal sealed record ReplayResult(
    long Messages, int People, int Conversations, long Delivered, long Expected, long Lost, long Duplicated, long Reordered, long Different, long Unconfirmed,
    int SecondDevices, int SecondDevicesDifferent, long Drops, int Seed, double SendSeconds, double TotalSeconds, double DeliveriesPerSecond,
    double? ServerCpuSeconds, double? ServerPeakMegabytes, double ClientPeakMegabytes)
{
    public bool IsClean => Delivered == Expected && Lost == 0 && Duplicated == 0 && Reordered == 0 && Different == 0 && Unconfirmed == 0 && SecondDevicesDifferent == 0;

    public override string ToString() => FormattableString.Invariant(
        $"replayed {Messages:N0} messages of {People:N0} people in {Conversations:N0} conversations: delivered {Delivered}/{Expected}, lost {Lost}, duplicated {Duplicated}, reordered {Reordered}");
}
