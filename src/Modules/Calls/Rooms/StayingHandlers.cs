using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ModularChat.Calls.Calling;
using ModularChat.Contracts;
using ModularChat.Contracts.Calls;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Storage;

namespace ModularChat.Calls.Rooms;

internal sealed class LeaveRoomHandler(RoomFlow flow) : IRequestHandler<LeaveRoom, Unit>
{
    public async Task<Unit> Handle(LeaveRoom request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Messages);
        // Whether still a member or not: who is not in the room changes nothing by this, and learns nothing.
        await flow.ChangeAsync(
            request.ConversationId, (room, now) => room is null ? null : RoomRules.Leave(room, request.Caller.UserId, request.LegId, now), cancellationToken);
        return Unit.Value;
    }
}

internal sealed class RenewRoomHandler(RoomFlow flow, [FromKeyedServices(RenewRoomHandler.Rate)] Buckets rate, IMediator mediator, IOptions<CallsOptions> options)
    : IRequestHandler<RenewRoom, RoomInfo>
{
    public const string Rate = "room renewals";

    public async Task<RoomInfo> Handle(RenewRoom request, CancellationToken cancellationToken)
    {
        var caller = request.Caller;
        caller.Require(ApplicationScopes.Messages);
        if (rate.Take(request.LegId) is var wait && wait > TimeSpan.Zero)
        {
            throw new ChatException(ProblemCodes.RateLimited, "That were many signs of life.") { RetryAfter = wait };
        }
        Guid[] members;
        try
        {
            members = await mediator.Send(new GetRecipients(caller, request.ConversationId), cancellationToken);
        }
        catch (ChatException e) when (e.Code == ProblemCodes.NotFound)
        {
            await flow.ChangeAsync(request.ConversationId, (room, now) => room is null ? null : RoomRules.Leave(room, caller.UserId, request.LegId, now), cancellationToken);
            throw;
        }
        var next = await flow.RequireAsync(
            request.ConversationId,
            (room, now) => RoomRules.Keep(
                RoomRules.Renew(room, caller.UserId, request.LegId, Legs.Until(now, options.Value), request.Muted, request.Deafened, request.Speaking), members, now),
            cancellationToken);
        return next.ToInfo();
    }
}

internal sealed class SilenceInRoomHandler(RoomFlow flow, IMediator mediator) : IRequestHandler<SilenceInRoom, RoomInfo>
{
    public async Task<RoomInfo> Handle(SilenceInRoom request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Messages);
        var conversation = await mediator.Send(new GetConversation(request.Caller, request.ConversationId), cancellationToken);
        if (conversation.Me.Role < MemberRole.Member)
        {
            throw ChatException.NoConversation();
        }
        if (conversation.Me.Role < MemberRole.Administrator)
        {
            throw new ChatException(ProblemCodes.Forbidden, "Only administrators of the group may do this.");
        }
        var next = await flow.RequireAsync(request.ConversationId, (room, _) => RoomRules.Silence(room, request.UserId, request.Silenced), cancellationToken);
        return next.ToInfo();
    }
}

/// <summary>Who is signed out is out of the room. When this is lost, their end gives no more signs of life.</summary>
[OncePerCluster]
internal sealed class RoomSessionEndedHandler(Storage.IRoomBoard board, RoomFlow flow) : INotificationHandler<SessionEnded>
{
    public async Task Handle(SessionEnded notification, CancellationToken cancellationToken)
    {
        foreach (var conversationId in await board.LiveAsync(cancellationToken))
        {
            if ((await board.FindAsync(conversationId, cancellationToken))?.Find(notification.UserId) is not null)
            {
                await flow.ChangeAsync(conversationId, (room, now) => room is null ? null : RoomRules.SignOut(room, notification.SessionId, now), cancellationToken);
            }
        }
    }
}
