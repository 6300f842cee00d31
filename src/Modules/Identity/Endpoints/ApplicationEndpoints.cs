using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Routing;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Identity.Applications;
using ModularChat.Identity.Sessions;

namespace ModularChat.Identity.Endpoints;

internal static class ApplicationEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/admin/applications", AddAsync);
        routes.MapGet("/admin/applications", ListAsync);
        routes.MapDelete("/admin/applications/{id}", RevokeAsync);
        routes.MapPut("/applications/users/{externalId}", PutUserAsync);
        routes.MapPost("/applications/users/{externalId}/sessions", BeginSessionAsync);
        routes.MapDelete("/applications/users/{externalId}/sessions", EndSessionsAsync);
    }

    private static Task<NewApplication> AddAsync(ApplicationRequest request, ClaimsPrincipal user, ApplicationKeys keys, CancellationToken token)
    {
        Callers.Administrator(user);
        return keys.AddAsync(request, token);
    }

    private static Task<ApplicationsAnswer> ListAsync(ClaimsPrincipal user, ApplicationKeys keys, CancellationToken token)
    {
        Callers.Administrator(user);
        return keys.ListAsync(token);
    }

    private static async Task<NoContent> RevokeAsync(Guid id, ClaimsPrincipal user, ApplicationKeys keys, CancellationToken token)
    {
        Callers.Administrator(user);
        await keys.RevokeAsync(id, token);
        return TypedResults.NoContent();
    }

    // The bodies may be left out altogether.
    private static Task<UserAnswer> PutUserAsync(
        string externalId,
        [FromBody(EmptyBodyBehavior = EmptyBodyBehavior.Allow)] ExternalUserRequest? request,
        ClaimsPrincipal user, ExternalUsers users, CancellationToken token) =>
        users.PutAsync(Caller.From(user).RequireApplication(ApplicationScopes.Users), externalId, request, token);

    private static Task<SessionAnswer> BeginSessionAsync(
        string externalId,
        [FromBody(EmptyBodyBehavior = EmptyBodyBehavior.Allow)] ExternalSessionRequest? request,
        ClaimsPrincipal user, ExternalUsers users, CancellationToken token) =>
        users.BeginSessionAsync(Caller.From(user).RequireApplication(ApplicationScopes.Sessions), externalId, request, token);

    private static async Task<NoContent> EndSessionsAsync(string externalId, ClaimsPrincipal user, ExternalUsers users, CancellationToken token)
    {
        await users.EndSessionsAsync(Caller.From(user).RequireApplication(ApplicationScopes.Sessions), externalId, token);
        return TypedResults.NoContent();
    }
}
