using MediatR;
using ModularChat.Calls.Storage;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;

namespace ModularChat.Calls.Calling;

/// <summary>A block parts the two at once.</summary>
[OncePerCluster]
internal sealed class BlockChangedHandler(ICallBoard board, CallFlow flow, IMediator mediator) : INotificationHandler<BlockChanged>
{
    public async Task Handle(BlockChanged notification, CancellationToken cancellationToken)
    {
        var (one, other) = (notification.UserId, notification.OtherId);
        var calls = await board.OfAsync(one, other, cancellationToken);
        if (Array.Exists(calls, call => call.Has(one) && call.Has(other))
            && await mediator.Send(new GetRelations(one, [other]), cancellationToken) is [{ IsBlocked: true }])
        {
            foreach (var call in calls.Where(call => call.Has(one) && call.Has(other)))
            {
                await flow.EndAsync(call, CallRules.Part, cancellationToken);
            }
        }
    }
}

/// <summary>Who is signed out is out of the call. When this is lost, their end gives no more signs of life.</summary>
[OncePerCluster]
internal sealed class SessionEndedHandler(ICallBoard board, CallFlow flow) : INotificationHandler<SessionEnded>
{
    public async Task Handle(SessionEnded notification, CancellationToken cancellationToken)
    {
        foreach (var call in await board.OfAsync(notification.UserId, notification.UserId, cancellationToken))
        {
            await flow.EndAsync(call, (call, now) => CallRules.SignOut(call, notification.SessionId, now), cancellationToken);
        }
    }
}
