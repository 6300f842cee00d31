using System.Text.Json.Serialization;

namespace ModularChat.Contracts.Calls;

/// <summary>Where a call stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CallState>))]
public enum CallState
{
    /// <summary>The caller waits for an answer.</summary>
    [JsonStringEnumMemberName("ringing")] Ringing = 0,
    /// <summary>Answered: the two talk, or their media find each other.</summary>
    [JsonStringEnumMemberName("active")] Active = 1,
    /// <summary>Over, for the reason that the outcome says.</summary>
    [JsonStringEnumMemberName("ended")] Ended = 2,
}

/// <summary>How a call ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CallOutcome>))]
public enum CallOutcome
{
    /// <summary>One of the two hung up.</summary>
    [JsonStringEnumMemberName("ended")] Ended = 0,
    /// <summary>The caller gave up before an answer.</summary>
    [JsonStringEnumMemberName("cancelled")] Cancelled = 1,
    /// <summary>The callee did not want it.</summary>
    [JsonStringEnumMemberName("declined")] Declined = 2,
    /// <summary>The callee was in another call.</summary>
    [JsonStringEnumMemberName("busy")] Busy = 3,
    /// <summary>Nobody answered in time, or the caller vanished before.</summary>
    [JsonStringEnumMemberName("missed")] Missed = 4,
    /// <summary>One of the two vanished and did not come back in time.</summary>
    [JsonStringEnumMemberName("lost")] Lost = 5,
    /// <summary>The media of the two did not find each other.</summary>
    [JsonStringEnumMemberName("failed")] Failed = 6,
}

/// <summary>A call between two, as both may see it.</summary>
/// <param name="Id">The call; made by the caller's device.</param>
/// <param name="ConversationId">The direct conversation of the two.</param>
/// <param name="CallerId">Who called.</param>
/// <param name="CalleeId">Who was called.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Version">Rises with every change; of two copies the one with the higher version holds.</param>
/// <param name="StartedAt">When it began to ring.</param>
/// <param name="CallerLegId">The end of the caller that is in it.</param>
/// <param name="CalleeLegId">The end of the callee that answered; absent until then.</param>
/// <param name="AnsweredAt">When.</param>
/// <param name="EndedAt">When it was over.</param>
/// <param name="Outcome">How it ended.</param>
public sealed record CallInfo(
    Guid Id, Guid ConversationId, Guid CallerId, Guid CalleeId, CallState State, long Version, DateTimeOffset StartedAt, Guid CallerLegId,
    Guid? CalleeLegId = null, DateTimeOffset? AnsweredAt = null, DateTimeOffset? EndedAt = null, CallOutcome? Outcome = null);

/// <summary>A call with what its media need.</summary>
/// <param name="Call">The call.</param>
/// <param name="Ice">How the two reach each other; absent when it is over.</param>
public sealed record CallAnswer(CallInfo Call, IceInfo? Ice = null);

/// <summary>How peer connections of a call are made.</summary>
/// <param name="IceServers">As in an RTCConfiguration.</param>
/// <param name="RelayOnly">True: the two send through a relay only, and so do not learn each other's addresses.</param>
/// <param name="ExpiresAt">Until when the credentials open a relay; absent when there are none. Ask again for a later restart.</param>
public sealed record IceInfo(IceServer[] IceServers, bool RelayOnly, DateTimeOffset? ExpiresAt = null);

/// <summary>A STUN or TURN server.</summary>
/// <param name="Urls">Its addresses: <c>stun:</c>, <c>turn:</c> or <c>turns:</c>.</param>
/// <param name="Username">Made for this user and call.</param>
/// <param name="Credential">The password to it. Secret.</param>
public sealed record IceServer(string[] Urls, string? Username = null, string? Credential = null)
{
    /// <summary>Names no secret.</summary>
    public override string ToString() => nameof(IceServer);
}

/// <summary>What the two ends tell each other.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SignalKind>))]
public enum SignalKind
{
    /// <summary>A session description that offers; a later one restarts.</summary>
    [JsonStringEnumMemberName("offer")] Offer = 0,
    /// <summary>The description that answers it.</summary>
    [JsonStringEnumMemberName("answer")] Answer = 1,
    /// <summary>Addresses at which this end may be reached.</summary>
    [JsonStringEnumMemberName("candidates")] Candidates = 2,
    /// <summary>Asks the caller for a new offer, after the network has changed.</summary>
    [JsonStringEnumMemberName("restart")] Restart = 3,
}

/// <summary>One thing that an end tells the other.</summary>
/// <param name="Kind">What.</param>
/// <param name="Sdp">Offer, answer: the description (RFC 8866), up to the limit maxDescriptionBytes.</param>
/// <param name="Candidates">Candidates: 1 to 20, in all up to the limit maxCandidates since the last description.</param>
public sealed record CallSignal(SignalKind Kind, string? Sdp = null, IceCandidate[]? Candidates = null)
{
    /// <summary>Names no address.</summary>
    public override string ToString() => $"signal {Kind}";
}

/// <summary>As in an RTCIceCandidateInit.</summary>
/// <param name="Candidate">Up to 512 characters; empty: there are no more.</param>
/// <param name="SdpMid">Up to 64 characters.</param>
/// <param name="SdpMLineIndex">0 to 255.</param>
/// <param name="UsernameFragment">Up to 256 characters.</param>
public sealed record IceCandidate(string Candidate, string? SdpMid = null, int? SdpMLineIndex = null, string? UsernameFragment = null)
{
    /// <summary>Names no address.</summary>
    public override string ToString() => nameof(IceCandidate);
}

/// <summary>A signal with its place among those of its call.</summary>
/// <param name="Number">From 1, rising.</param>
/// <param name="Signal">The signal.</param>
public sealed record NumberedSignal(long Number, CallSignal Signal);
