namespace ModularChat.Cli.Prove.Push;

/// <summary>How often to kill what, and how much is said meanwhile.</summary>
internal sealed record PushProofOptions
{
    /// <summary>The chat server's program; a library is run by dotnet.</summary>
    public required string Host { get; init; }

    /// <summary>Gives the moments of the kills and the moods of the push service again.</summary>
    public int Seed { get; init; }

    public int Kills { get; init; } = 10;

    /// <summary>People who write, each in a group with all who are pushed to.</summary>
    public int Senders { get; init; } = 4;

    /// <summary>People who are pushed to, with a device each.</summary>
    public int Receivers { get; init; } = 4;

    /// <summary>Between two messages of one sender.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest time between a server that is ready and its end.</summary>
    public TimeSpan LongestLife { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long everything that is due may take after the last kill.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>Leaves the server's folder.</summary>
    public bool Keep { get; init; }
}
