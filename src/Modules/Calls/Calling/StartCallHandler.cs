using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ModularChat.Calls.Relaying;
using ModularChat.Calls.Storage;
using ModularChat.Contracts;
using ModularChat.Contracts.Calls;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Contracts.Presence;
using ModularChat.Storage;

namespace ModularChat.Calls.Calling;

internal sealed class StartCallHandler(
    ICallBoard board, CallFlow flow, Relay relay, [FromKeyedServices(StartCallHandler.Rate)] Buckets rate, IMediator mediator, IOptions<CallsOptions> options)
    : IRequestHandler<StartCall, CallAnswer>
{
    public const string Rate = "calls";

    public async Task<CallAnswer> Handle(StartCall request, CancellationToken cancellationToken)
    {
        var caller = request.Caller;
        caller.Require(ApplicationScopes.Messages);
        Legs.RequireId(request.CallId, "callId");
        Legs.RequireId(request.LegId, "legId");
        // Refuses whoever is not a member, and where one has blocked the other.
        var members = await mediator.Send(new GetRecipients(caller, request.ConversationId), cancellationToken);
        var calleeId = Array.Find(members, member => member != caller.UserId);
        if (members.Length != 2 || request.ConversationId != Ids.Direct(caller.UserId, calleeId))
        {
            throw new ChatException(ProblemCodes.Forbidden, "Calls are made in direct conversations.");
        }
        if (rate.Take(caller.UserId) is var wait && wait > TimeSpan.Zero)
        {
            throw new ChatException(ProblemCodes.RateLimited, "That were many calls.") { RetryAfter = wait };
        }
        var attention = await mediator.Send(new GetAttention([calleeId], 1), cancellationToken);
        while (true)
        {
            var call = await TryAsync(request, calleeId, attention is [{ IsDoNotDisturb: true }], cancellationToken);
            if (call is not null)
            {
                return new CallAnswer(call.ToInfo(), call.IsLive ? relay.Open(caller.UserId, call.Id) : null);
            }
        }
    }

    private async Task<Call?> TryAsync(StartCall request, Guid calleeId, bool isQuiet, CancellationToken token)
    {
        var callerId = request.Caller.UserId;
        if (await board.FindAsync(request.CallId, token) is { } earlier)
        {
            return earlier.CallerId == callerId && earlier.ConversationId == request.ConversationId && earlier.CallerLeg.Id == request.LegId
                ? earlier
                : throw new ChatException(ProblemCodes.IdReused, "This callId is of another call.") { Field = "callId" };
        }
        var now = flow.Now;
        var calls = await board.OfAsync(callerId, calleeId, token);
        if (Array.Find(calls, call => !ReferenceEquals(CallRules.Look(call, now), call)) is { } gone)
        {
            await flow.EndAsync(gone, static (call, _) => call, token);
            return null;
        }
        var leg = Legs.New(request.Caller, request.LegId, now, options.Value);
        if (Array.Find(calls, call => call.CallerId == calleeId && call.CalleeId == callerId && call.State == CallState.Ringing) is { } crossing)
        {
            // Both call at once: the second is the answer to the first.
            return await flow.AcceptAsync(crossing, callerId, leg, token);
        }
        if (Array.Find(calls, call => call.Has(callerId)) is { } own)
        {
            return own.LegOf(callerId)?.Id == request.LegId && own.Has(calleeId)
                ? own
                : throw new ChatException(ProblemCodes.InCall, "The caller is in another call, or is being called.");
        }
        var isBusy = calls.Length > 0;
        var started = new Call
        {
            Id = request.CallId,
            ConversationId = request.ConversationId,
            CallerId = callerId,
            CalleeId = calleeId,
            State = isBusy ? CallState.Ended : CallState.Ringing,
            Version = 1,
            StartedAt = now.Time,
            CallerLeg = leg,
            RingUntil = now.Clock + (options.Value.RingSeconds * 1_000L),
            IsQuiet = isQuiet,
            Outcome = isBusy ? CallOutcome.Busy : null,
            Ended = isBusy ? now.Clock : 0,
            EndedAt = isBusy ? now.Time : null,
        };
        return await flow.TryAddAsync(started, [.. calls.Select(call => call.Id)], token) ? started : null;
    }
}
