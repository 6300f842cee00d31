using System.Security.Claims;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Discovery;

namespace ModularChat.Discovery.Endpoints;

internal static class DiscoveryApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        // Anonymous: a client asks before it has anybody to show credentials to.
        routes.MapGet("/discovery/server", (
            double? lat, double? lon, string? region, bool? explain, HttpContext context, ClaimsPrincipal user,
            IMediator mediator, IOptions<DiscoveryOptions> options, CancellationToken token) =>
        {
            var settings = options.Value;
            if (explain == true && !settings.ExplainToEverybody && !Caller.From(user).IsAdministrator)
            {
                throw new ChatException(ProblemCodes.Forbidden, "Only administrators may ask how a server is chosen.");
            }
            context.Response.Headers.CacheControl = "no-store";
            return mediator.Send(
                new FindServer(
                    lat, lon, region, Header(context, settings.RegionHeader), Header(context, settings.CoordinatesHeader),
                    context.Connection.RemoteIpAddress?.ToString(), explain == true),
                token);
        }).AllowAnonymous();
        routes.MapGet("/admin/nodes", async (ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
            new NodesAnswer(await mediator.Send(new ListNodes(Caller.From(user)), token)));
        routes.MapPost("/admin/nodes/{id}/drain", async (string id, ClaimsPrincipal user, IMediator mediator, CancellationToken token) =>
        {
            await mediator.Send(new DrainNode(Caller.From(user), id), token);
            return Results.NoContent();
        });
    }

    /// <summary>Host has taken it away unless a trusted proxy has set it.</summary>
    private static string? Header(HttpContext context, string name) =>
        name.Length > 0 && context.Request.Headers[name].ToString() is { Length: > 0 } value ? value : null;

    private sealed record NodesAnswer(NodeInfo[] Nodes);
}
