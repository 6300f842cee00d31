using System.ComponentModel.DataAnnotations;
using ModularChat.Contracts;

namespace ModularChat.Presence;

/// <summary>Settings of the module Presence, section <c>Presence</c>.</summary>
public sealed class PresenceOptions
{
    /// <summary>Seconds without a sign of life after which a connection no longer counts. 2 to 900; the gateway's OfflineAfterSeconds or a little more.</summary>
    [Range(2, 900)]
    public int ForgetAfterSeconds { get; set; } = 35;

    /// <summary>Members above which a conversation shows no typing. 2 to 10,000.</summary>
    [Range(2, 10_000), Limit]
    public int TypingLimit { get; set; } = 100;

    /// <summary>Seconds for which typing is shown unless it is said again. 1 to 60.</summary>
    [Range(1, 60)]
    public int TypingSeconds { get; set; } = 6;
}
