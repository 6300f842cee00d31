namespace ModularChat.Cli.Prove;

/// <summary>What to do to which cluster.</summary>
internal sealed record ProveOptions
{
    /// <summary>After so long without a sign of life a user of this cluster is offline.</summary>
    public const int OfflineSeconds = 10;

    /// <summary>The script that starts it.</summary>
    public required string Script { get; init; }
    public int Seed { get; init; }
    public int Nodes { get; init; } = 3;
    /// <summary>What each node does, as in the script; null: everything.</summary>
    public string? Roles { get; init; }
    public string Registry { get; init; } = "zookeeper";
    public string Log { get; init; } = "postgresql";
    /// <summary>The chat server; null: the script finds one.</summary>
    public string? Host { get; init; }
    public int Clients { get; init; } = 200;
    /// <summary>Each node in a network namespace of its own, which is cut off as a whole; the links to the engines stay as they are. Needs root.</summary>
    public bool Namespaces { get; init; }
    /// <summary>Between two messages of one client.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(2);
    /// <summary>How long each fault lasts; one after the other, each fault for each.</summary>
    public IReadOnlyList<TimeSpan> Lasting { get; init; } = [TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(45)];
    /// <summary>One fault of each kind, not all.</summary>
    public bool Short { get; init; }
    /// <summary>At most so many faults.</summary>
    public int Steps { get; init; } = int.MaxValue;
    /// <summary>Only faults whose name begins so.</summary>
    public string? Only { get; init; }
    /// <summary>Leaves the folder with its logs.</summary>
    public bool Keep { get; init; }
    /// <summary>Makes one loss on purpose.</summary>
    public bool Plant { get; init; }
    /// <summary>Whether presence is looked at.</summary>
    public bool Presence { get; init; } = true;
    /// <summary>How long the cluster may take to be green again.</summary>
    public TimeSpan GreenWithin { get; init; } = TimeSpan.FromSeconds(60);
    /// <summary>How long presence may take to be right again.</summary>
    public TimeSpan PresenceWithin { get; init; } = TimeSpan.FromSeconds(60);
}
