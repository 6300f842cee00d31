using MediatR;
using ModularChat.Calls.Relaying;
using ModularChat.Calls.Storage;
using ModularChat.Contracts;
using ModularChat.Contracts.Calls;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Calls.Rooms;

internal sealed class GetRoomHandler(IRoomBoard board, RoomFlow flow, IMediator mediator) : IRequestHandler<GetRoom, RoomView>
{
    public async Task<RoomView> Handle(GetRoom request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Messages);
        await mediator.Send(new GetRecipients(request.Caller, request.ConversationId), cancellationToken);
        if (await flow.FindAsync(request.ConversationId, cancellationToken) is not { } room)
        {
            return new RoomView(null, []);
        }
        var signals = request.LegId is { } leg && room.Find(request.Caller.UserId)?.LegId == leg ? await board.SignalsAsync(room, leg, request.After, cancellationToken) : [];
        return new RoomView(room.ToInfo(), signals);
    }
}

internal sealed class ListRoomsHandler(IRoomBoard board, RoomFlow flow, IMediator mediator) : IRequestHandler<ListRooms, RoomInfo[]>
{
    public async Task<RoomInfo[]> Handle(ListRooms request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Messages);
        List<RoomInfo> rooms = [];
        foreach (var chunk in (await board.LiveAsync(cancellationToken)).Chunk(10_000))
        {
            foreach (var conversationId in await mediator.Send(new GetMemberships(request.Caller, chunk), cancellationToken))
            {
                if (await flow.FindAsync(conversationId, cancellationToken) is { } room)
                {
                    rooms.Add(room.ToInfo());
                }
            }
        }
        return [.. rooms];
    }
}

internal sealed class GetRoomIceHandler(RoomFlow flow, Relay relay) : IRequestHandler<GetRoomIce, IceInfo>
{
    public async Task<IceInfo> Handle(GetRoomIce request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Messages);
        return await flow.FindAsync(request.ConversationId, cancellationToken) is { } room && room.Find(request.Caller.UserId) is not null
            ? relay.Open(request.Caller.UserId, room.Id)
            : throw new ChatException(ProblemCodes.NotFound, "The caller is not in this room.");
    }
}
