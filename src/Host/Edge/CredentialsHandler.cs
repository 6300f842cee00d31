using System.Text.Encodings.Web;
using MediatR;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;

namespace ModularChat.Host.Edge;

/// <summary>
/// <c>Authorization: Bearer</c> with a session token or an application key, and <c>Act-As</c> with the latter, become the
/// caller. Who holds a credential is Identity's to say.
/// </summary>
internal sealed class CredentialsHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, IMediator mediator)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "Bearer";
    private const string Prefix = "Bearer ";

    /// <summary>Below it, and nowhere else, a token may come as <c>access_token</c> in the query.</summary>
    private const string InQuery = "/hubs";

    /// <summary>The credential of a request; null when there is none.</summary>
    public static string? TokenOf(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            return header[Prefix.Length..].Trim();
        }
        // SignalR's client in a browser can set no header on a WebSocket; see NoSecretsInLogs for what that asks of logging.
        return request.Path.StartsWithSegments(InQuery, StringComparison.OrdinalIgnoreCase) && request.Query["access_token"].ToString() is { Length: > 0 } token ? token : null;
    }

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (TokenOf(Request) is not { } token)
        {
            return AuthenticateResult.NoResult();
        }
        Guid? actAs = null;
        if (Request.Headers.TryGetValue("Act-As", out var values))
        {
            actAs = Guid.TryParse(values.ToString(), out var id) ? id : throw ChatException.Invalid("Act-As", "The header Act-As must be one user id.");
        }
        var found = await mediator.Send(new Authenticate(token, actAs), Context.RequestAborted);
        if (found is null)
        {
            return AuthenticateResult.Fail("The credential is not valid.");
        }
        return AuthenticateResult.Success(new AuthenticationTicket(found.Caller.ToPrincipal(SchemeName), Scheme.Name));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) =>
        ProblemResponse.WriteAsync(Context, Problem.From(ProblemCodes.Unauthorized, "The token is missing, wrong, revoked or expired."));

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        ProblemResponse.WriteAsync(Context, Problem.From(ProblemCodes.Forbidden));
}
