using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using ModularChat.Identity.Drafts;

namespace ModularChat.Identity.Endpoints;

internal static class DraftEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/me/drafts", (ClaimsPrincipal user, UserDrafts drafts, CancellationToken token) => drafts.ListAsync(Callers.User(user), token));
        routes.MapPut(
            "/me/drafts/{id}",
            (Guid id, DraftRequest request, ClaimsPrincipal user, UserDrafts drafts, CancellationToken token) =>
                drafts.PutAsync(Callers.User(user), id, request, token));
        routes.MapDelete("/me/drafts/{id}", DeleteAsync);
    }

    private static async Task<NoContent> DeleteAsync(
        Guid id, Guid? clientMessageId, ClaimsPrincipal user, UserDrafts drafts, CancellationToken token)
    {
        await drafts.DeleteAsync(Callers.User(user), id, clientMessageId, token);
        return TypedResults.NoContent();
    }
}
