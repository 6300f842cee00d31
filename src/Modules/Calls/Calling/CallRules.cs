using ModularChat.Contracts;
using ModularChat.Contracts.Calls;

namespace ModularChat.Calls.Calling;

/// <summary>
/// What becomes of a call, by what happens. Gives the same call when nothing has to change, and throws <see cref="ChatException"/> to refuse. Whoever
/// calls these has looked at the clock before (<see cref="Look"/>) and knows that the user is one of the two.
/// </summary>
internal static class CallRules
{
    /// <summary>The callee answers.</summary>
    public static Call Accept(Call call, Guid userId, Leg leg, Moment now)
    {
        if (userId != call.CalleeId)
        {
            throw new ChatException(ProblemCodes.Forbidden, "Who called does not answer.");
        }
        if (call.State == CallState.Ringing)
        {
            return call with
            {
                State = CallState.Active,
                Version = call.Version + 1,
                CalleeLeg = leg,
                Answered = now.Clock,
                AnsweredAt = now.Time,
                // It was waiting, and its next sign of life may be as far away as that of the other end.
                CallerLeg = call.CallerLeg with { Until = Math.Max(call.CallerLeg.Until, leg.Until) },
            };
        }
        // A retry of the end that has answered.
        return call.State == CallState.Active && call.CalleeLeg!.Id == leg.Id ? call : throw Over();
    }

    /// <summary>The callee does not want it.</summary>
    public static Call Decline(Call call, Guid userId, Moment now)
    {
        if (userId != call.CalleeId)
        {
            throw new ChatException(ProblemCodes.Forbidden, "Who called hangs up.");
        }
        return call.State switch
        {
            CallState.Ringing => End(call, CallOutcome.Declined, now),
            CallState.Active => throw Over(),
            _ => call,
        };
    }

    /// <summary>An end leaves.</summary>
    public static Call HangUp(Call call, Guid userId, Guid legId, bool hasFailed, Moment now)
    {
        if (call.State == CallState.Ended)
        {
            return call;
        }
        if (call.State == CallState.Ringing && userId == call.CalleeId)
        {
            return End(call, CallOutcome.Declined, now);
        }
        RequireLeg(call, userId, legId);
        return End(call, call.State == CallState.Ringing ? CallOutcome.Cancelled : hasFailed ? CallOutcome.Failed : CallOutcome.Ended, now);
    }

    /// <summary>An end is still there.</summary>
    public static Call Renew(Call call, Guid userId, Guid legId, long until)
    {
        if (call.State == CallState.Ended)
        {
            throw Over();
        }
        RequireLeg(call, userId, legId);
        var leg = call.LegOf(userId)!;
        if (until <= leg.Until)
        {
            return call;
        }
        leg = leg with { Until = until };
        return userId == call.CallerId ? call with { CallerLeg = leg } : call with { CalleeLeg = leg };
    }

    /// <summary>Lets an end tell the other something; gives the other.</summary>
    public static (Guid UserId, Leg Leg) Signal(Call call, Guid userId, Guid legId)
    {
        if (call.State == CallState.Ended)
        {
            throw Over();
        }
        RequireLeg(call, userId, legId);
        return call.State == CallState.Active
            ? userId == call.CallerId ? (call.CalleeId, call.CalleeLeg!) : (call.CallerId, call.CallerLeg)
            : throw new ChatException(ProblemCodes.Conflict, "Nobody has answered yet.") { RetryAfter = TimeSpan.FromSeconds(1) };
    }

    /// <summary>Ends what the clock has ended.</summary>
    public static Call Look(Call call, Moment now) => call.State switch
    {
        CallState.Ringing when now.Clock >= call.RingUntil || now.Clock >= call.CallerLeg.Until => End(call, CallOutcome.Missed, now),
        CallState.Active when now.Clock >= call.CallerLeg.Until || now.Clock >= call.CalleeLeg!.Until => End(call, CallOutcome.Lost, now),
        _ => call,
    };

    /// <summary>Ends a call between two of whom one has blocked the other.</summary>
    public static Call Part(Call call, Moment now) => call.State switch
    {
        CallState.Ringing => End(call, CallOutcome.Missed, now),
        CallState.Active => End(call, CallOutcome.Ended, now),
        _ => call,
    };

    /// <summary>Ends a call of an end whose session is over.</summary>
    public static Call SignOut(Call call, Guid sessionId, Moment now) =>
        call.CallerLeg.SessionId == sessionId || call.CalleeLeg?.SessionId == sessionId
            ? call.State switch
            {
                CallState.Ringing => End(call, CallOutcome.Cancelled, now),
                CallState.Active => End(call, CallOutcome.Ended, now),
                _ => call,
            }
            : call;

    /// <summary>How long the two talked; null when they did not.</summary>
    public static long? Seconds(Call call) => call.AnsweredAt is null ? null : Math.Max(0, (call.Ended - call.Answered) / 1_000);

    private static Call End(Call call, CallOutcome outcome, Moment now) =>
        call with { State = CallState.Ended, Outcome = outcome, Ended = now.Clock, EndedAt = now.Time, Version = call.Version + 1 };

    private static void RequireLeg(Call call, Guid userId, Guid legId)
    {
        if (call.LegOf(userId)?.Id != legId)
        {
            throw new ChatException(ProblemCodes.Forbidden, "This end is not in the call.") { Field = "legId" };
        }
    }

    private static ChatException Over() => new(ProblemCodes.CallOver, "The call is over, or was answered elsewhere.");
}
