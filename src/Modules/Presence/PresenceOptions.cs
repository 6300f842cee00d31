using System.ComponentModel.DataAnnotations;
using ModularChat.Contracts;

namespace ModularChat.Presence;

/// <summary>Settings of the module Presence, section <c>Presence</c>. When a connection counts as gone is <c>Gateway:OfflineAfterSeconds</c>.</summary>
public sealed class PresenceOptions
{
    /// <summary>Minutes without activity after which a user is away. 1 to 1,440.</summary>
    [Range(1, 1440), Limit]
    public int AwayAfterMinutes { get; set; } = 10;

    /// <summary>Users whose presence one connection is sent, and whom one request may ask for. 1 to 1,000.</summary>
    [Range(1, 1000), Limit]
    public int MaxPresencePush { get; set; } = 200;

    /// <summary>Members above which a group on the screen gives a count and not its members' presence. 1 to 1,000.</summary>
    [Range(1, 1000), Limit]
    public int PresenceGroupLimit { get; set; } = 200;

    /// <summary>Members above which a conversation shows no typing. 2 to 10,000.</summary>
    [Range(2, 10_000), Limit]
    public int TypingLimit { get; set; } = 100;

    /// <summary>Seconds for which typing is shown unless it is said again. 1 to 60.</summary>
    [Range(1, 60)]
    public int TypingSeconds { get; set; } = 6;
}
