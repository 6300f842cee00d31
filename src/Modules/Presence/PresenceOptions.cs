using System.ComponentModel.DataAnnotations;
using ModularChat.Contracts;

namespace ModularChat.Presence;

/// <summary>Settings of the module Presence, section <c>Presence</c>. When a connection counts as gone is <c>Gateway:OfflineAfterSeconds</c>.</summary>
public sealed class PresenceOptions
{
    /// <summary>
    /// Where it is kept who is connected: <c>process</c> (default: one node) or <c>redis</c> (any number of nodes). What users have chosen is kept
    /// where <c>Storage:Relational</c> says.
    /// </summary>
    [RegularExpression("process|redis", ErrorMessage = "Presence:Leases must be process or redis.")]
    public string Leases { get; set; } = "process";

    /// <summary>The servers for <c>redis</c>: <c>host:port,host:port</c>, perhaps with <c>,password=…</c> and other settings of StackExchange.Redis. Secret. Default empty.</summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>The name under which the nodes of one cluster find each other's users: 1 to 32 small letters, digits and dashes. Default modularchat.</summary>
    [Required, RegularExpression("[a-z0-9][a-z0-9-]{0,31}", ErrorMessage = "Presence:Cluster must be 1 to 32 small letters, digits and dashes.")]
    public string Cluster { get; set; } = "modularchat";

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
