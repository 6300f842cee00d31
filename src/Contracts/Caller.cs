using System.Security.Claims;

namespace ModularChat.Contracts;

/// <summary>On whose behalf a request is made. It travels inside each request, so that a request means the same on any node.</summary>
/// <param name="UserId">The user who acts. With an application key: the user that the key acts as; empty when it acts for itself.</param>
/// <param name="DeviceId">The device of the session; null with an application key.</param>
/// <param name="SessionId">The session; null with an application key.</param>
/// <param name="ApplicationId">The application whose key was used; null with a session.</param>
/// <param name="IsAdministrator">True for an administrator of the server; never with an application key, whoever it acts as.</param>
/// <param name="Scopes">What the application key may do (<see cref="Identity.ApplicationScopes"/>); null with a session, which may do everything.</param>
public sealed record Caller(
    Guid UserId,
    Guid? DeviceId = null,
    Guid? SessionId = null,
    Guid? ApplicationId = null,
    bool IsAdministrator = false,
    string[]? Scopes = null)
{
    private const string User = "mc:user", Device = "mc:device", Session = "mc:session", Application = "mc:application",
        Administrator = "mc:administrator", Scope = "mc:scope";

    /// <summary>For what a user does: passes with a session; with an application key when it acts as somebody and has the scope.</summary>
    /// <exception cref="ChatException"><see cref="ProblemCodes.Forbidden"/> when the application lacks the scope, <see cref="ProblemCodes.InvalidRequest"/> when it acts as nobody.</exception>
    public void Require(string scope)
    {
        RequireScope(scope);
        if (UserId == Guid.Empty)
        {
            throw new ChatException(ProblemCodes.InvalidRequest, "An application key needs the header Act-As for this.") { Field = "Act-As" };
        }
    }

    /// <summary>For what only an application does, acting for itself: passes with an application key that has the scope.</summary>
    /// <returns>The application.</returns>
    /// <exception cref="ChatException"><see cref="ProblemCodes.Forbidden"/> with a session, or when the application lacks the scope.</exception>
    public Guid RequireApplication(string scope)
    {
        RequireScope(scope);
        return ApplicationId ?? throw new ChatException(ProblemCodes.Forbidden, "This needs an application key.");
    }

    private void RequireScope(string scope)
    {
        if (ApplicationId is not null && Scopes?.Contains(scope) != true)
        {
            throw new ChatException(ProblemCodes.Forbidden, $"The application key lacks the scope {scope}.");
        }
    }

    /// <summary>The caller as claims, for the edge that authenticated it.</summary>
    public ClaimsPrincipal ToPrincipal(string authenticationType)
    {
        var identity = new ClaimsIdentity(authenticationType);
        identity.AddClaim(new Claim(User, UserId.ToString()));
        Add(Device, DeviceId);
        Add(Session, SessionId);
        Add(Application, ApplicationId);
        if (IsAdministrator)
        {
            identity.AddClaim(new Claim(Administrator, "true"));
        }
        foreach (var scope in Scopes ?? [])
        {
            identity.AddClaim(new Claim(Scope, scope));
        }
        return new ClaimsPrincipal(identity);

        void Add(string type, Guid? value)
        {
            if (value is { } id)
            {
                identity.AddClaim(new Claim(type, id.ToString()));
            }
        }
    }

    /// <summary>The caller that <see cref="ToPrincipal"/> put into the claims.</summary>
    /// <exception cref="ChatException"><see cref="ProblemCodes.Unauthorized"/> when nobody is authenticated.</exception>
    public static Caller From(ClaimsPrincipal principal) =>
        Read(principal, User) is { } user
            ? new Caller(
                user,
                Read(principal, Device),
                Read(principal, Session),
                Read(principal, Application),
                principal.HasClaim(Administrator, "true"),
                principal.HasClaim(claim => claim.Type == Application) ? [.. principal.FindAll(Scope).Select(claim => claim.Value)] : null)
            : throw new ChatException(ProblemCodes.Unauthorized, "A session token or an application key is needed.");

    private static Guid? Read(ClaimsPrincipal principal, string type) =>
        Guid.TryParse(principal.FindFirst(type)?.Value, out var id) ? id : null;
}
