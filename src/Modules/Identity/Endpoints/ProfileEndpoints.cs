using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using ModularChat.Identity.Profiles;
using ModularChat.Identity.Relations;

namespace ModularChat.Identity.Endpoints;

internal static class ProfileEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/me", (ClaimsPrincipal user, UserProfiles profiles, CancellationToken token) => profiles.GetMeAsync(Callers.User(user), token));
        routes.MapPatch(
            "/me",
            (ProfileChange change, ClaimsPrincipal user, UserProfiles profiles, CancellationToken token) =>
                profiles.ChangeAsync(Callers.User(user), change, token));
        routes.MapGet("/me/settings", (ClaimsPrincipal user, Settings settings, CancellationToken token) => settings.GetAsync(Callers.User(user), token));
        routes.MapPut(
            "/me/settings",
            (SettingsRequest request, ClaimsPrincipal user, Settings settings, CancellationToken token) =>
                settings.PutAsync(Callers.User(user), request, token));
        routes.MapGet(
            "/users",
            (string? prefix, int? limit, ClaimsPrincipal user, UserProfiles profiles, CancellationToken token) =>
                profiles.SearchAsync(Callers.User(user), prefix, limit, token));
        routes.MapGet(
            "/users/{id}",
            (Guid id, ClaimsPrincipal user, UserProfiles profiles, CancellationToken token) => profiles.GetAsync(Callers.User(user), id, token));
        routes.MapGet("/friends", (ClaimsPrincipal user, Friends friends, CancellationToken token) => friends.ListAsync(Callers.User(user), token));
        routes.MapPut(
            "/friends/{userId}",
            (Guid userId, ClaimsPrincipal user, Friends friends, CancellationToken token) => friends.RequestAsync(Callers.User(user), userId, token));
        routes.MapDelete("/friends/{userId}", RemoveFriendAsync);
        routes.MapGet("/blocks", (ClaimsPrincipal user, Blocks blocks, CancellationToken token) => blocks.ListAsync(Callers.User(user), token));
        routes.MapPut("/blocks/{userId}", BlockAsync);
        routes.MapDelete("/blocks/{userId}", UnblockAsync);
    }

    private static async Task<NoContent> RemoveFriendAsync(Guid userId, ClaimsPrincipal user, Friends friends, CancellationToken token)
    {
        await friends.RemoveAsync(Callers.User(user), userId, token);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> BlockAsync(Guid userId, ClaimsPrincipal user, Blocks blocks, CancellationToken token)
    {
        await blocks.BlockAsync(Callers.User(user), userId, token);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> UnblockAsync(Guid userId, ClaimsPrincipal user, Blocks blocks, CancellationToken token)
    {
        await blocks.UnblockAsync(Callers.User(user), userId, token);
        return TypedResults.NoContent();
    }
}
