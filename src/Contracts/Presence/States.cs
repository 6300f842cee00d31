using System.Text.Json.Serialization;
using MediatR;

namespace ModularChat.Contracts.Presence;

/// <summary>Whether a user is there, and for what.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PresenceState>))]
public enum PresenceState
{
    /// <summary>No device is there, or the one who asks may not know.</summary>
    [JsonStringEnumMemberName("offline")] Offline = 0,
    /// <summary>There.</summary>
    [JsonStringEnumMemberName("online")] Online = 1,
    /// <summary>There, but does nothing; or has said so.</summary>
    [JsonStringEnumMemberName("away")] Away = 2,
    /// <summary>There, and not to be disturbed.</summary>
    [JsonStringEnumMemberName("dnd")] Dnd = 3,
    /// <summary>There, which only the user's own devices are told.</summary>
    [JsonStringEnumMemberName("invisible")] Invisible = 4,
}

/// <summary>What a user says about just now.</summary>
/// <param name="Text">1 to 140 characters.</param>
/// <param name="ExpiresAt">Until when it is shown; null: until it is changed.</param>
public sealed record PresenceStatus(string Text, DateTimeOffset? ExpiresAt = null);

/// <summary>A user's presence as one other, or the user, may know it. Of a user whom the other may not see, and of one who is not there at all, it is offline and nothing else.</summary>
/// <param name="UserId">Who.</param>
/// <param name="State">How it is.</param>
/// <param name="AsOf">When it was so; never goes back while a server runs.</param>
/// <param name="LastSeen">With offline: when the user was last seen, if that is known.</param>
/// <param name="Status">What the user says about just now.</param>
/// <param name="Chosen">To the user only: what was chosen last; online is automatic.</param>
public sealed record PresenceInfo(
    Guid UserId, PresenceState State, DateTimeOffset AsOf, DateTimeOffset? LastSeen = null, PresenceStatus? Status = null, PresenceState? Chosen = null);

/// <summary>How many of a large group are there, of those whom the one who asks may see.</summary>
/// <param name="ConversationId">The group.</param>
/// <param name="Online">Who is not offline.</param>
/// <param name="Members">All members.</param>
/// <param name="AsOf">When it was so.</param>
public sealed record GroupPresence(Guid ConversationId, int Online, int Members, DateTimeOffset AsOf);

/// <summary>The presence of users, each once and in the order asked.</summary>
/// <param name="Caller">Who asks.</param>
/// <param name="UserIds">1 to the limit maxPresencePush.</param>
public sealed record GetPresence(Caller Caller, Guid[] UserIds) : IRequest<PresenceInfo[]>, IRepeatable;

/// <summary>Sets what the caller shows; what is null stays.</summary>
/// <param name="Caller">Whose.</param>
/// <param name="State">Online (automatic), away, dnd or invisible.</param>
/// <param name="Status">An empty text ends it.</param>
public sealed record SetPresence(Caller Caller, PresenceState? State, PresenceStatus? Status) : IRequest<PresenceInfo>;

/// <summary>Whose presence a connection is sent from now on, instead of whom it watched before. They come as <see cref="PresenceMoved"/>, the present state of all first.</summary>
/// <param name="Caller">Whose connection.</param>
/// <param name="ConnectionId">The connection; another's is not found.</param>
/// <param name="Contacts">The caller, their friends and the others of their direct conversations.</param>
/// <param name="UserIds">Users on the screen.</param>
/// <param name="ConversationIds">Groups on the screen.</param>
public sealed record WatchPresence(Caller Caller, Guid ConnectionId, bool Contacts, Guid[] UserIds, Guid[] ConversationIds) : IRequest, IOwnedRequest;

/// <summary>Says for a connection that only receives whether its user does something.</summary>
/// <param name="Caller">Whose connection.</param>
/// <param name="ConnectionId">The connection; another's is not found.</param>
/// <param name="IsActive">Whether the user has done something.</param>
public sealed record SignalActivity(Caller Caller, Guid ConnectionId, bool IsActive) : IRequest, IOwnedRequest;

/// <summary>Presence that connections watch has changed. Those of one connection come in order. May be lost: a connection that watches anew is told all.</summary>
/// <param name="Pushes">What to send to whom.</param>
public sealed record PresenceMoved(PresencePush[] Pushes) : IClusterEvent;

/// <summary>One frame for several connections.</summary>
/// <param name="ConnectionIds">Which.</param>
/// <param name="Users">Users who have changed.</param>
/// <param name="Groups">Counts that were asked for.</param>
/// <param name="IsTruncated">True when not all that was to be watched is.</param>
public sealed record PresencePush(Guid[] ConnectionIds, PresenceInfo[] Users, GroupPresence[]? Groups = null, bool IsTruncated = false);

/// <summary>Whether these users are there may have changed on a node of the cluster; whoever shows them looks again.</summary>
/// <param name="UserIds">Who; at most 1,000.</param>
public sealed record AttendanceMoved(Guid[] UserIds) : IClusterEvent;

/// <summary>A user has changed what they show; what is kept of them in memory is old.</summary>
/// <param name="UserId">Who.</param>
public sealed record PersonChanged(Guid UserId) : IClusterEvent;

/// <summary>A user has done something, which was perhaps said at another node than the one that holds the connection.</summary>
/// <param name="UserId">Who.</param>
/// <param name="ConnectionId">With which connection.</param>
public sealed record UserActed(Guid UserId, Guid ConnectionId) : IClusterEvent;

/// <summary>A connection that another node may hold is to watch these from now on; the same as <see cref="WatchPresence"/>, and judged already.</summary>
/// <param name="ConnectionId">The connection.</param>
/// <param name="UserId">Its user.</param>
/// <param name="Contacts">The user, their friends and the others of their direct conversations.</param>
/// <param name="UserIds">Users on the screen, and members of the small groups on it.</param>
/// <param name="Groups">The counts of the large ones.</param>
public sealed record WatchMoved(Guid ConnectionId, Guid UserId, bool Contacts, Guid[] UserIds, GroupPresence[] Groups) : IClusterEvent;
