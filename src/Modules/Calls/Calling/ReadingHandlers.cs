using MediatR;
using ModularChat.Calls.Relaying;
using ModularChat.Calls.Storage;
using ModularChat.Contracts;
using ModularChat.Contracts.Calls;
using ModularChat.Contracts.Identity;

namespace ModularChat.Calls.Calling;

internal sealed class ListCallsHandler(ICallBoard board, CallFlow flow) : IRequestHandler<ListCalls, CallInfo[]>
{
    public async Task<CallInfo[]> Handle(ListCalls request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Messages);
        var now = flow.Now;
        var calls = await board.OfAsync(request.Caller.UserId, request.Caller.UserId, cancellationToken);
        return [.. calls.Where(call => call.Shows(request.Caller.UserId) && CallRules.Look(call, now).IsLive).Select(call => call.ToInfo())];
    }
}

internal sealed class GetCallHandler(ICallBoard board, CallFlow flow) : IRequestHandler<GetCall, CallView>
{
    public async Task<CallView> Handle(GetCall request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Messages);
        var call = await flow.GetAsync(request.CallId, request.Caller.UserId, cancellationToken);
        var signals = call.LegOf(request.Caller.UserId) is { } leg ? await board.SignalsAsync(call.Id, leg.Id, request.After, cancellationToken) : [];
        return new CallView(call.ToInfo(), signals);
    }
}

internal sealed class GetIceHandler(CallFlow flow, Relay relay) : IRequestHandler<GetIce, IceInfo>
{
    public async Task<IceInfo> Handle(GetIce request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Messages);
        var call = await flow.GetAsync(request.CallId, request.Caller.UserId, cancellationToken);
        return call.IsLive
            ? relay.Open(request.Caller.UserId, call.Id)
            : throw new ChatException(ProblemCodes.CallOver, "The call is over.");
    }
}
