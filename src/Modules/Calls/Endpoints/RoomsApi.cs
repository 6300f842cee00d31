using System.Security.Claims;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using ModularChat.Contracts;
using ModularChat.Contracts.Calls;

namespace ModularChat.Calls.Endpoints;

internal sealed record JoinRoomBody(Guid? LegId = null, bool Muted = false, bool Deafened = false);

internal sealed record RenewRoomBody(Guid? LegId = null, bool? Muted = null, bool? Deafened = null, bool? Speaking = null);

internal sealed record SignalRoomBody(Guid? LegId = null, Guid? To = null, long Epoch = 0, CallSignal? Signal = null);

internal sealed record SilenceBody(Guid? UserId = null, bool? Silenced = null);

internal sealed record RoomList(RoomInfo[] Rooms);

internal static class RoomsApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/rooms", async (ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
            new RoomList(await mediator.Send(new ListRooms(Caller.From(user)), token)));
        routes.MapGet("/conversations/{id}/room", (Guid id, ClaimsPrincipal user, IMediator mediator, Guid? legId = null, long after = 0, CancellationToken token = default) =>
            mediator.Send(new GetRoom(Caller.From(user), id, legId, after), token));
        routes.MapPost("/conversations/{id}/room/join", (Guid id, JoinRoomBody body, ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
            mediator.Send(new JoinRoom(Caller.From(user), id, body.LegId ?? Guid.Empty, body.Muted, body.Deafened), token));
        routes.MapPost("/conversations/{id}/room/leave", LeaveAsync);
        routes.MapPost("/conversations/{id}/room/renew", (Guid id, RenewRoomBody body, ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
            mediator.Send(new RenewRoom(Caller.From(user), id, body.LegId ?? Guid.Empty, body.Muted, body.Deafened, body.Speaking), token));
        routes.MapPost("/conversations/{id}/room/signal", SignalAsync);
        routes.MapPost("/conversations/{id}/room/silence", SilenceAsync);
        routes.MapGet("/conversations/{id}/room/ice", (Guid id, ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
            mediator.Send(new GetRoomIce(Caller.From(user), id), token));
    }

    private static async Task<NoContent> LeaveAsync(Guid id, LegBody body, ClaimsPrincipal user, IMediator mediator, CancellationToken token)
    {
        await mediator.Send(new LeaveRoom(Caller.From(user), id, body.LegId ?? Guid.Empty), token);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> SignalAsync(Guid id, SignalRoomBody body, ClaimsPrincipal user, IMediator mediator, CancellationToken token)
    {
        var signal = body.Signal ?? throw ChatException.Invalid("signal", "signal is missing.");
        await mediator.Send(new SignalRoom(Caller.From(user), id, body.LegId ?? Guid.Empty, body.To, body.Epoch, signal), token);
        return TypedResults.NoContent();
    }

    private static async Task<RoomInfo> SilenceAsync(Guid id, SilenceBody body, ClaimsPrincipal user, IMediator mediator, CancellationToken token)
    {
        var silenced = body.Silenced ?? throw ChatException.Invalid("silenced", "silenced is missing.");
        return await mediator.Send(new SilenceInRoom(Caller.From(user), id, body.UserId ?? Guid.Empty, silenced), token);
    }
}
