using System.Text.Json.Serialization;
using ModularChat.Client.Wire;

namespace ModularChat.Client;

/// <summary>Whether a user is there, and for what.</summary>
[JsonConverter(typeof(PresenceStateConverter))]
public enum PresenceState
{
    /// <summary>A state that a newer server knows.</summary>
    Unknown = 0,
    /// <summary>No device is there, or one may not know.</summary>
    Offline,
    /// <summary>There.</summary>
    Online,
    /// <summary>There, but does nothing; or has said so.</summary>
    Away,
    /// <summary>Not to be disturbed.</summary>
    Dnd,
    /// <summary>There, which only one's own devices are told.</summary>
    Invisible,
}

/// <summary>What a user says about just now.</summary>
/// <param name="Text">Up to 140 characters; set an empty one to end the status.</param>
/// <param name="ExpiresAt">Until when; null: until it is changed.</param>
public sealed record PresenceStatus(string Text, DateTimeOffset? ExpiresAt = null);

/// <summary>A user's presence.</summary>
/// <param name="UserId">Who.</param>
/// <param name="State">How it is.</param>
/// <param name="AsOf">When it was so. Of an answer to a request and a frame the later one holds.</param>
/// <param name="LastSeen">With offline, when it is known.</param>
/// <param name="Status">What the user says.</param>
/// <param name="Chosen">One's own only: what was chosen last; online is automatic.</param>
public sealed record Presence(
    Guid UserId, PresenceState State, DateTimeOffset AsOf, DateTimeOffset? LastSeen = null, PresenceStatus? Status = null, PresenceState? Chosen = null);

/// <summary>How many of a large group are there.</summary>
/// <param name="ConversationId">The group.</param>
/// <param name="Online">Who is not offline, as far as one may know.</param>
/// <param name="Members">All members.</param>
/// <param name="AsOf">When it was so.</param>
public sealed record GroupPresence(Guid ConversationId, int Online, int Members, DateTimeOffset AsOf);

/// <summary>Whose presence is watched.</summary>
/// <param name="Contacts">Oneself, the others of direct conversations, and friends.</param>
/// <param name="UserIds">Users on the screen.</param>
/// <param name="ConversationIds">Groups on the screen; above the server's presenceGroupLimit they give a count.</param>
public sealed record PresenceWatch(bool Contacts = false, IReadOnlyList<Guid>? UserIds = null, IReadOnlyList<Guid>? ConversationIds = null);
