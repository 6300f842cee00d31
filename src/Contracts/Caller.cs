using System.Security.Claims;

namespace ModularChat.Contracts;

/// <summary>On whose behalf a request is made. It travels inside each request, so that a request means the same on any node.</summary>
/// <param name="UserId">The user who acts. With an application key: the user that the key acts as; empty when it acts for itself.</param>
/// <param name="DeviceId">The device of the session; null with an application key.</param>
/// <param name="SessionId">The session; null with an application key.</param>
/// <param name="ApplicationId">The application whose key was used; null with a session.</param>
/// <param name="IsAdministrator">True for an administrator of the server.</param>
public sealed record Caller(Guid UserId, Guid? DeviceId = null, Guid? SessionId = null, Guid? ApplicationId = null, bool IsAdministrator = false)
{
    private const string User = "mc:user", Device = "mc:device", Session = "mc:session", Application = "mc:application", Administrator = "mc:administrator";

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
            ? new Caller(user, Read(principal, Device), Read(principal, Session), Read(principal, Application), principal.HasClaim(Administrator, "true"))
            : throw new ChatException(ProblemCodes.Unauthorized, "A session token or an application key is needed.");

    private static Guid? Read(ClaimsPrincipal principal, string type) =>
        Guid.TryParse(principal.FindFirst(type)?.Value, out var id) ? id : null;
}
