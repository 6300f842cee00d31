using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ModularChat.Calls.Calling;
using ModularChat.Calls.Storage;
using ModularChat.Contracts;
using ModularChat.Contracts.Calls;
using ModularChat.Contracts.Identity;
using ModularChat.Storage;

namespace ModularChat.Calls.Signalling;

internal sealed class SignalCallHandler(
    ICallBoard board, CallFlow flow, [FromKeyedServices(SignalCallHandler.Rate)] Buckets rate, IMediator mediator, IOptions<CallsOptions> options)
    : IRequestHandler<SignalCall, CallInfo>
{
    public const string Rate = "signals";

    public async Task<CallInfo> Handle(SignalCall request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Messages);
        SignalRules.Check(request.Signal, options.Value);
        var call = await flow.GetAsync(request.CallId, request.Caller.UserId, cancellationToken);
        var (recipient, leg) = CallRules.Signal(call, request.Caller.UserId, request.LegId);
        if (rate.Take(request.LegId) is var wait && wait > TimeSpan.Zero)
        {
            throw new ChatException(ProblemCodes.RateLimited, "That were many signals.") { RetryAfter = wait };
        }
        var most = options.Value.MaxCandidates;
        var number = await board.AddSignalAsync(call.Id, request.LegId, request.Signal, most, cancellationToken)
            ?? throw new ChatException(ProblemCodes.LimitReached, $"An end has up to {most} candidates.") { Field = "candidates", Limit = most };
        await mediator.Publish(new CallSignalled(call.Id, recipient, leg.Id, new NumberedSignal(number, request.Signal)), cancellationToken);
        return call.ToInfo();
    }
}
