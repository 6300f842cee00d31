using System.Security.Claims;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;

namespace ModularChat.Identity.Endpoints;

/// <summary>Who may use an endpoint.</summary>
internal static class Callers
{
    /// <summary>A user; an application acting as one needs the scope for users.</summary>
    public static Caller User(ClaimsPrincipal principal)
    {
        var caller = Caller.From(principal);
        caller.Require(ApplicationScopes.Users);
        return caller;
    }

    /// <summary>A user with a session of their own: what no application may do in a user's place.</summary>
    public static Caller Session(ClaimsPrincipal principal)
    {
        var caller = Caller.From(principal);
        return caller.SessionId is not null ? caller : throw new ChatException(ProblemCodes.Forbidden, "This needs the user's own session.");
    }

    public static Caller Administrator(ClaimsPrincipal principal)
    {
        var caller = Session(principal);
        return caller.IsAdministrator ? caller : throw new ChatException(ProblemCodes.Forbidden, "This is for administrators.");
    }
}
