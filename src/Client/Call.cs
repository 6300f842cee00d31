using System.Text.Json.Serialization;
using ModularChat.Client.Wire;

namespace ModularChat.Client;

/// <summary>Where a call stands.</summary>
[JsonConverter(typeof(CallStateConverter))]
public enum CallState
{
    /// <summary>A state that a newer server knows.</summary>
    Unknown = 0,
    /// <summary>The caller waits for an answer.</summary>
    Ringing,
    /// <summary>Answered.</summary>
    Active,
    /// <summary>Over, for the reason that the outcome says.</summary>
    Ended,
}

/// <summary>What the two ends of a call tell each other.</summary>
[JsonConverter(typeof(SignalKindConverter))]
public enum SignalKind
{
    /// <summary>A kind that a newer client knows.</summary>
    Unknown = 0,
    /// <summary>A session description that offers; a later one restarts.</summary>
    Offer,
    /// <summary>The description that answers it.</summary>
    Answer,
    /// <summary>Addresses at which an end may be reached.</summary>
    Candidates,
    /// <summary>Asks the caller for a new offer.</summary>
    Restart,
}

/// <summary>A call between two. Of two copies the one with the higher version holds.</summary>
/// <param name="Id">The call.</param>
/// <param name="ConversationId">The direct conversation of the two.</param>
/// <param name="CallerId">Who called.</param>
/// <param name="CalleeId">Who was called.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Version">Rises with every change.</param>
/// <param name="StartedAt">When it began to ring.</param>
/// <param name="CallerLegId">The caller's end that is in it.</param>
/// <param name="CalleeLegId">The callee's end that answered.</param>
/// <param name="AnsweredAt">When.</param>
/// <param name="EndedAt">When it was over.</param>
/// <param name="Outcome">How it ended: ended, cancelled, declined, busy, missed, lost, failed.</param>
public sealed record Call(
    Guid Id, Guid ConversationId, Guid CallerId, Guid CalleeId, CallState State, long Version, DateTimeOffset StartedAt, Guid CallerLegId,
    Guid? CalleeLegId = null, DateTimeOffset? AnsweredAt = null, DateTimeOffset? EndedAt = null, string? Outcome = null);

/// <summary>A call with what its media need.</summary>
/// <param name="Call">The call.</param>
/// <param name="Ice">How peer connections are made; null when it is over.</param>
public sealed record CallAnswer(Call Call, IceInfo? Ice = null);

/// <summary>How peer connections of a call are made.</summary>
/// <param name="IceServers">As in an RTCConfiguration.</param>
/// <param name="RelayOnly">Through a relay only.</param>
/// <param name="ExpiresAt">Until when the credentials open a relay.</param>
public sealed record IceInfo(IReadOnlyList<IceServer> IceServers, bool RelayOnly, DateTimeOffset? ExpiresAt = null);

/// <summary>A STUN or TURN server.</summary>
/// <param name="Urls">Its addresses.</param>
/// <param name="Username">Made for this user and call.</param>
/// <param name="Credential">The password to it.</param>
public sealed record IceServer(IReadOnlyList<string> Urls, string? Username = null, string? Credential = null);

/// <summary>One thing that an end tells the other.</summary>
/// <param name="Kind">What.</param>
/// <param name="Sdp">Offer, answer: the description.</param>
/// <param name="Candidates">Candidates: 1 to 20.</param>
public sealed record CallSignal(SignalKind Kind, string? Sdp = null, IReadOnlyList<IceCandidate>? Candidates = null);

/// <summary>As in an RTCIceCandidateInit.</summary>
/// <param name="Candidate">The candidate.</param>
/// <param name="SdpMid">Of which media.</param>
/// <param name="SdpMLineIndex">Of which media, by number.</param>
/// <param name="UsernameFragment">Of which gathering.</param>
public sealed record IceCandidate(string Candidate, string? SdpMid = null, int? SdpMLineIndex = null, string? UsernameFragment = null);

/// <summary>A signal with its place among those of its call.</summary>
/// <param name="Number">Rising.</param>
/// <param name="Signal">The signal.</param>
public sealed record NumberedSignal(long Number, CallSignal Signal);

/// <summary>A call, and what its other end has told.</summary>
/// <param name="Call">The call.</param>
/// <param name="Signals">In order.</param>
public sealed record CallView(Call Call, IReadOnlyList<NumberedSignal> Signals);
