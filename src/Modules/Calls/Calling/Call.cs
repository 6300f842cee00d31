using ModularChat.Contracts.Calls;

namespace ModularChat.Calls.Calling;

/// <summary>Now: by a clock that only goes on, for what is due; and by the time of day, for show.</summary>
/// <param name="Clock">Milliseconds from some beginning, the same for everybody who shares a board.</param>
/// <param name="Time">UTC.</param>
internal readonly record struct Moment(long Clock, DateTimeOffset Time);

/// <summary>One end of a call: a page or a program on a device.</summary>
/// <param name="Id">Made by the device.</param>
/// <param name="SessionId">The session behind it, whose end is the end of the call.</param>
/// <param name="Until">The clock at which it counts as gone, unless it says before that it is there.</param>
internal sealed record Leg(Guid Id, Guid? SessionId, long Until);

/// <summary>A call between two. Never changed: <see cref="CallRules"/> makes the next one of it.</summary>
internal sealed record Call
{
    public required Guid Id { get; init; }

    public required Guid ConversationId { get; init; }

    public required Guid CallerId { get; init; }

    public required Guid CalleeId { get; init; }

    public required CallState State { get; init; }

    /// <summary>Rises with each change that the two are told of.</summary>
    public required long Version { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required Leg CallerLeg { get; init; }

    public Leg? CalleeLeg { get; init; }

    /// <summary>The clock at which nobody has answered.</summary>
    public required long RingUntil { get; init; }

    /// <summary>The clock at which it was answered.</summary>
    public long Answered { get; init; }

    public DateTimeOffset? AnsweredAt { get; init; }

    /// <summary>The clock at which it was over.</summary>
    public long Ended { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public CallOutcome? Outcome { get; init; }

    /// <summary>The callee is not to be disturbed: they are told nothing of it while it rings, and the caller not why nobody answers.</summary>
    public bool IsQuiet { get; init; }

    /// <summary>Its end is in the conversation.</summary>
    public bool IsRecorded { get; init; }

    public bool IsLive => State != CallState.Ended;

    public bool Has(Guid userId) => userId == CallerId || userId == CalleeId;

    /// <summary>Whether a user may know of it now.</summary>
    public bool Shows(Guid userId) => userId == CallerId || (userId == CalleeId && !(IsQuiet && AnsweredAt is null));

    /// <summary>The end at which a user is in it; null while there is none.</summary>
    public Leg? LegOf(Guid userId) => userId == CallerId ? CallerLeg : CalleeLeg;

    public CallInfo ToInfo() => new(
        Id, ConversationId, CallerId, CalleeId, State, Version, StartedAt, CallerLeg.Id, CalleeLeg?.Id, AnsweredAt, EndedAt, Outcome);
}
