using MediatR;
using Microsoft.Extensions.Options;
using ModularChat.Calls.Relaying;
using ModularChat.Contracts.Calls;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Calls.Calling;

internal sealed class AcceptCallHandler(CallFlow flow, Relay relay, IMediator mediator, IOptions<CallsOptions> options) : IRequestHandler<AcceptCall, CallAnswer>
{
    public async Task<CallAnswer> Handle(AcceptCall request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Messages);
        Legs.RequireId(request.LegId, "legId");
        var userId = request.Caller.UserId;
        var ringing = await flow.GetAsync(request.CallId, userId, cancellationToken);
        // A block that came while it rang.
        await mediator.Send(new GetRecipients(request.Caller, ringing.ConversationId), cancellationToken);
        var call = await flow.ChangeAsync(
            request.CallId, userId, (call, now) => CallRules.Accept(call, userId, Legs.New(request.Caller, request.LegId, now, options.Value), now), cancellationToken);
        return new CallAnswer(call.ToInfo(), relay.Open(userId, call.Id));
    }
}

internal sealed class DeclineCallHandler(CallFlow flow) : IRequestHandler<DeclineCall, CallInfo>
{
    public async Task<CallInfo> Handle(DeclineCall request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Messages);
        var userId = request.Caller.UserId;
        return (await flow.ChangeAsync(request.CallId, userId, (call, now) => CallRules.Decline(call, userId, now), cancellationToken)).ToInfo();
    }
}

internal sealed class HangUpCallHandler(CallFlow flow) : IRequestHandler<HangUpCall, CallInfo>
{
    public async Task<CallInfo> Handle(HangUpCall request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Messages);
        var userId = request.Caller.UserId;
        return (await flow.ChangeAsync(
            request.CallId, userId, (call, now) => CallRules.HangUp(call, userId, request.LegId, request.HasFailed, now), cancellationToken)).ToInfo();
    }
}

internal sealed class RenewCallHandler(CallFlow flow, IOptions<CallsOptions> options) : IRequestHandler<RenewCall, CallInfo>
{
    public async Task<CallInfo> Handle(RenewCall request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Messages);
        var userId = request.Caller.UserId;
        return (await flow.ChangeAsync(
            request.CallId, userId, (call, now) => CallRules.Renew(call, userId, request.LegId, Legs.Until(now, options.Value)), cancellationToken)).ToInfo();
    }
}
