using ModularChat.Contracts.Presence;
using ModularChat.Presence.Storage;

namespace ModularChat.Presence.States;

/// <summary>A user at one moment, and what of it each may be told.</summary>
/// <param name="UserId">Who.</param>
/// <param name="Attendance">Whether a device is there.</param>
/// <param name="Person">What is kept.</param>
/// <param name="IsSettled">False: that nobody is there says nothing yet.</param>
/// <param name="Now">The time of day.</param>
/// <param name="AsOf">The same, never going back.</param>
internal readonly record struct Moment(Guid UserId, Attendance Attendance, Person Person, bool IsSettled, DateTimeOffset Now, DateTimeOffset AsOf)
{
    /// <summary>The truth.</summary>
    public PresenceState State => !Attendance.IsThere
        ? PresenceState.Offline
        : Person.Chosen == PresenceState.Online && Attendance.IsIdle ? PresenceState.Away : Person.Chosen;

    /// <summary>It would be offline only because the server has just begun.</summary>
    public bool IsUncertain => !IsSettled && !Attendance.IsThere;

    /// <summary>To those who may see the user.</summary>
    public PresenceInfo ForOthers() => Info(State == PresenceState.Invisible ? PresenceState.Offline : State, null);

    /// <summary>To the user.</summary>
    public PresenceInfo ForOwn() => Info(State, Person.Chosen);

    /// <summary>To everybody else: the same for a user who hides, one who has blocked, and an id that is nobody's.</summary>
    public PresenceInfo ForNobody() => new(UserId, PresenceState.Offline, AsOf);

    private PresenceInfo Info(PresenceState state, PresenceState? chosen) => new(
        UserId,
        state,
        AsOf,
        state == PresenceState.Offline && IsSettled ? LastSeen() : null,
        Person.Status is { } status && !(status.ExpiresAt <= Now) ? status : null,
        chosen);

    /// <summary>While the user is forgotten by the leases but not yet written down, the leases know better.</summary>
    private DateTimeOffset? LastSeen() =>
        !Attendance.IsThere && Person.Chosen != PresenceState.Invisible && Attendance.SinceSign is { } since ? Now - since : Person.LastSeen;
}
