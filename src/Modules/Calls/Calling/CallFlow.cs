using MediatR;
using Microsoft.Extensions.Logging;
using ModularChat.Calls.Storage;
using ModularChat.Contracts;
using ModularChat.Contracts.Calls;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Calls.Calling;

/// <summary>Carries a change of a call through: judges on what is on the board, puts the next one there, tells both, and writes it into the conversation.</summary>
internal sealed partial class CallFlow(ICallBoard board, IMediator mediator, TimeProvider time, ILogger<CallFlow> logger)
{
    public Moment Now => new(board.Clock, time.GetUtcNow());

    /// <summary>A call that the user may know of, as the clock leaves it.</summary>
    /// <exception cref="ChatException"><see cref="ProblemCodes.NotFound"/>: the same whether it is another's or nobody's.</exception>
    public Task<Call> GetAsync(Guid callId, Guid userId, CancellationToken token) => ChangeAsync(callId, userId, static (call, _) => call, token);

    /// <summary>Changes a call for a user who may know of it.</summary>
    public async Task<Call> ChangeAsync(Guid callId, Guid userId, Func<Call, Moment, Call> change, CancellationToken token)
    {
        while (true)
        {
            var call = await board.FindAsync(callId, token);
            if (call?.Shows(userId) != true)
            {
                throw new ChatException(ProblemCodes.NotFound, "There is no such call, or the caller is not in it.");
            }
            if (await TryAsync(call, change, token) is { } next)
            {
                return next;
            }
        }
    }

    /// <summary>Answers a call that was read; null when it has changed since: read and judge again.</summary>
    public Task<Call?> AcceptAsync(Call read, Guid userId, Leg leg, CancellationToken token) =>
        TryAsync(read, (call, now) => CallRules.Accept(call, userId, leg, now), token);

    /// <summary>Ends a call that the clock has ended, or does what is said with it.</summary>
    public async Task EndAsync(Call call, Func<Call, Moment, Call> change, CancellationToken token)
    {
        for (var now = call; now is not null; now = await board.FindAsync(call.Id, token))
        {
            if (await TryAsync(now, change, token) is not null)
            {
                return;
            }
        }
    }

    /// <summary>A new call; false when the calls of the two are others than was seen.</summary>
    public async Task<bool> TryAddAsync(Call call, IReadOnlyCollection<Guid> seen, CancellationToken token)
    {
        if (!await board.TryAddAsync(call, seen, token))
        {
            return false;
        }
        await TellAsync(call, token);
        return true;
    }

    /// <summary>Writes the end of a call into the conversation; when that fails, it is tried again later.</summary>
    public async Task RecordAsync(Call call, CancellationToken token)
    {
        if (await WriteAsync(call, EventOf(call), CallRules.Seconds(call), token))
        {
            await board.TryReplaceAsync(call, call with { IsRecorded = true }, token);
        }
    }

    private async Task<Call?> TryAsync(Call call, Func<Call, Moment, Call> change, CancellationToken token)
    {
        var now = Now;
        // What is over by the clock is over for whoever comes now, even if nobody has looked since.
        var looked = CallRules.Look(call, now);
        if (!ReferenceEquals(looked, call))
        {
            if (await board.TryReplaceAsync(call, looked, token))
            {
                await TellAsync(looked, token);
            }
            return null;
        }
        var next = change(call, now);
        if (ReferenceEquals(next, call))
        {
            return call;
        }
        if (!await board.TryReplaceAsync(call, next, token))
        {
            return null;
        }
        if (next.Version != call.Version)
        {
            await TellAsync(next, token);
        }
        return next;
    }

    private async Task TellAsync(Call call, CancellationToken token)
    {
        await mediator.Publish(new CallChanged(call.ToInfo(), call.Shows(call.CalleeId) && call.Outcome != CallOutcome.Busy ? [call.CallerId, call.CalleeId] : [call.CallerId]), token);
        if (!call.IsLive)
        {
            await RecordAsync(call, token);
        }
        else if (call.State == CallState.Active)
        {
            await WriteAsync(call, CallEvent.Started, null, token);
        }
    }

    private async Task<bool> WriteAsync(Call call, CallEvent what, long? seconds, CancellationToken token)
    {
        try
        {
            await mediator.Send(new RecordCall(call.ConversationId, call.CallerId, new CallBody(call.Id, what, seconds)), token);
            return true;
        }
        catch (ChatException e) when (!e.Code.Retryable)
        {
            // The caller is no member any longer, or is gone: there is nowhere to write it.
            Log.NotRecorded(logger, call.Id, e.Code.Code);
            return true;
        }
        catch (Exception e) when (!token.IsCancellationRequested)
        {
            // The call itself is as it is: that the log cannot take it now must not keep anybody from hanging up.
            Log.NotRecorded(logger, call.Id, (e as ChatException)?.Code.Code ?? e.GetType().Name);
            return false;
        }
    }

    private static CallEvent EventOf(Call call) => call.AnsweredAt is not null
        ? CallEvent.Ended
        : call.Outcome switch
        {
            CallOutcome.Declined => CallEvent.Declined,
            CallOutcome.Busy => CallEvent.Busy,
            CallOutcome.Cancelled => CallEvent.Cancelled,
            _ => CallEvent.Missed,
        };

    private static partial class Log
    {
        [LoggerMessage(5001, LogLevel.Warning, "What became of call {Call} could not be written into its conversation: {Reason}")]
        public static partial void NotRecorded(ILogger logger, Guid call, string reason);
    }
}
