using System.Security.Claims;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using ModularChat.Contracts;
using ModularChat.Contracts.Presence;

namespace ModularChat.Presence.Endpoints;

internal sealed record PresenceAnswer(PresenceInfo[] Users);

internal sealed record PresenceBody(PresenceState? State = null, PresenceStatus? Status = null);

internal sealed record WatchBody(bool Contacts = false, Guid[]? UserIds = null, Guid[]? ConversationIds = null);

internal sealed record ActivityBody(bool? Active = null);

internal static class PresenceApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/presence", GetAsync);
        routes.MapGet("/me/presence", GetOwnAsync);
        routes.MapPut("/me/presence", (PresenceBody body, ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
            mediator.Send(new SetPresence(Caller.From(user), body.State, body.Status), token));
        routes.MapPut("/connections/{id}/watch", WatchAsync);
        routes.MapPost("/connections/{id}/heartbeat", BeatAsync);
    }

    private static async Task<PresenceAnswer> GetAsync(string? userIds, ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
        new(await mediator.Send(new GetPresence(Caller.From(user), Parse(userIds ?? "")), token));

    private static async Task<PresenceInfo> GetOwnAsync(ClaimsPrincipal user, IMediator mediator, CancellationToken token)
    {
        var caller = Caller.From(user);
        return (await mediator.Send(new GetPresence(caller, [caller.UserId]), token))[0];
    }

    private static async Task<NoContent> WatchAsync(Guid id, WatchBody body, ClaimsPrincipal user, IMediator mediator, CancellationToken token)
    {
        await mediator.Send(new WatchPresence(Caller.From(user), id, body.Contacts, body.UserIds ?? [], body.ConversationIds ?? []), token);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> BeatAsync(Guid id, ActivityBody body, ClaimsPrincipal user, IMediator mediator, CancellationToken token)
    {
        var isActive = body.Active ?? throw ChatException.Invalid("active", "active is missing.");
        await mediator.Send(new SignalActivity(Caller.From(user), id, isActive), token);
        return TypedResults.NoContent();
    }

    private static Guid[] Parse(string userIds) =>
        [.. userIds.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(text => Guid.TryParseExact(text, "D", out var id) ? id : throw ChatException.Invalid("userIds", "userIds are user ids with commas between."))];
}
