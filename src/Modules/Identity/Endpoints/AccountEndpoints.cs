using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using ModularChat.Identity.Accounts;
using ModularChat.Identity.Sessions;

namespace ModularChat.Identity.Endpoints;

internal static class AccountEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/register", RegisterAsync).AllowAnonymous();
        routes.MapPost("/login", LogInAsync).AllowAnonymous();
        routes.MapPost("/logout", LogOutAsync);
        routes.MapPost("/password", ChangePasswordAsync);
        routes.MapPost("/password/reset", ResetPasswordAsync).AllowAnonymous();
        routes.MapGet("/devices", (ClaimsPrincipal user, Devices devices, CancellationToken token) => devices.ListAsync(Callers.Session(user), token));
        routes.MapDelete("/devices/{id}", SignOutAsync);
        routes.MapPost("/admin/invites", (ClaimsPrincipal user, Codes codes, CancellationToken token) => codes.InviteAsync(Callers.Administrator(user), token));
        routes.MapPost(
            "/admin/users/{id}/reset",
            (Guid id, ClaimsPrincipal user, Codes codes, CancellationToken token) => codes.ResetAsync(Callers.Administrator(user), id, token));
    }

    private static async Task<Created<AccountAnswer>> RegisterAsync(
        RegisterRequest request, Registration registration, HttpContext context, CancellationToken token) =>
        TypedResults.Created("/api/v1/me", await registration.RegisterAsync(request, Origin.Of(context), token));

    private static Task<AccountAnswer> LogInAsync(LogInRequest request, LogIn logIn, HttpContext context, CancellationToken token) =>
        logIn.LogInAsync(request, Origin.Of(context), token);

    private static async Task<NoContent> LogOutAsync(ClaimsPrincipal user, Devices devices, CancellationToken token)
    {
        await devices.LogOutAsync(Callers.Session(user), token);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> ChangePasswordAsync(
        ChangePasswordRequest request, ClaimsPrincipal user, PasswordChange change, HttpContext context, CancellationToken token)
    {
        await change.ChangeAsync(Callers.Session(user), request, Origin.Of(context), token);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> ResetPasswordAsync(
        ResetPasswordRequest request, PasswordChange change, HttpContext context, CancellationToken token)
    {
        await change.ResetAsync(request, Origin.Of(context), token);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> SignOutAsync(Guid id, ClaimsPrincipal user, Devices devices, CancellationToken token)
    {
        await devices.SignOutAsync(Callers.Session(user).UserId, id, token);
        return TypedResults.NoContent();
    }
}
