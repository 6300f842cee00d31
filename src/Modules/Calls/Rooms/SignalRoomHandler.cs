using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ModularChat.Calls.Mixing;
using ModularChat.Calls.Signalling;
using ModularChat.Calls.Storage;
using ModularChat.Contracts;
using ModularChat.Contracts.Calls;
using ModularChat.Contracts.Identity;
using ModularChat.Storage;

namespace ModularChat.Calls.Rooms;

internal sealed class SignalRoomHandler(
    IRoomBoard board, RoomFlow flow, MixerLines lines, [FromKeyedServices(SignalCallHandler.Rate)] Buckets rate, IMediator mediator, IOptions<CallsOptions> options)
    : IRequestHandler<SignalRoom, Unit>
{
    public async Task<Unit> Handle(SignalRoom request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Messages);
        SignalRules.Check(request.Signal, options.Value);
        var room = await flow.RequireAsync(request.ConversationId, static (room, _) => room, cancellationToken);
        var (from, to) = RoomRules.Signal(room, request.Caller.UserId, request.LegId, request.To, request.Epoch);
        if (rate.Take(request.LegId) is var wait && wait > TimeSpan.Zero)
        {
            throw new ChatException(ProblemCodes.RateLimited, "That were many signals.") { RetryAfter = wait };
        }
        var most = options.Value.MaxCandidates;
        // For the mixer only counted: it keeps what it is told itself.
        var number = await board.AddSignalAsync(room, from.LegId, to?.LegId ?? Guid.Empty, to is null ? request.Signal with { Sdp = null } : request.Signal, most, cancellationToken)
            ?? throw new ChatException(ProblemCodes.LimitReached, $"An end has up to {most} candidates.") { Field = "candidates", Limit = most };
        if (to is null)
        {
            await lines.SignalAsync(room, from, request.Signal, cancellationToken);
            return Unit.Value;
        }
        await mediator.Publish(
            new RoomSignalled(room.ConversationId, to.UserId, to.LegId, new RoomSignal(number, room.Epoch, from.LegId, request.Signal)), cancellationToken);
        return Unit.Value;
    }
}
