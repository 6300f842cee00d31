using System.Security.Claims;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModularChat.Contracts;
using ModularChat.Contracts.Presence;

namespace ModularChat.Presence.Endpoints;

internal static class TypingApi
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/conversations/{id}/typing", async (Guid id, ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
        {
            await mediator.Send(new SignalTyping(Caller.From(user), id), token);
            return Results.NoContent();
        });
}
