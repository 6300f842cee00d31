using MediatR;
using Microsoft.Extensions.FileProviders;
using Microsoft.Net.Http.Headers;
using ModularChat.Contracts.Discovery;
using ModularChat.Host.Operations;

namespace ModularChat.Host.Web;

/// <summary>
/// Serves the web client that the build has put beside the program; without one, <c>/</c> says where the API is. Any other path that nothing
/// answers gets the client's page too, but not one of an API, where a mistyped path has to be a problem.
/// </summary>
internal static class WebClient
{
    private const string Page = "index.html";

    /// <summary>Nothing from elsewhere, no script or style in the page itself, no frame around it: text that slips through as markup does nothing. The one address that the page makes a script of is that of its worker.</summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; connect-src 'self'{servers}; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types worker";

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "webclient");
    private static readonly string[] Apis = ["/api", "/health", "/hubs", "/docs"];

    /// <summary>After routing: only what no endpoint answers is looked up among the files.</summary>
    public static void UseWebClient(this WebApplication app)
    {
        if (!File.Exists(Path.Combine(Folder, Page)))
        {
            app.MapGet("/", () => Results.Text($"ModularChat {ProgramVersion.Text}\nThe API is at /api/v1.\n"));
            return;
        }
        app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = new PhysicalFileProvider(Folder),
            OnPrepareResponse = file => SetHeaders(file.Context.Response, isNamedByContent: file.Context.Request.Path.StartsWithSegments("/assets", StringComparison.Ordinal)),
        });
        app.Use((context, next) => IsPage(context) ? SendPageAsync(context) : next(context));
    }

    private static bool IsPage(HttpContext context)
    {
        var path = context.Request.Path;
        return context.GetEndpoint() is null && (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
            && !Path.HasExtension(path.Value) && !Apis.Any(api => path.StartsWithSegments(api, StringComparison.OrdinalIgnoreCase));
    }

    private static async Task SendPageAsync(HttpContext context)
    {
        // The page may open a WebSocket to the other servers that discovery recommends.
        var urls = await context.RequestServices.GetRequiredService<IMediator>().Send(new GetServerUrls(), context.RequestAborted);
        SetHeaders(context.Response, isNamedByContent: false, urls);
        context.Response.ContentType = "text/html; charset=utf-8";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.SendFileAsync(Path.Combine(Folder, Page), context.RequestAborted);
        }
    }

    /// <summary>The policy with the addresses of these servers; one that could be more than a host and a port is left out.</summary>
    internal static string PolicyFor(IEnumerable<string> servers) =>
        Policy.Replace("{servers}", string.Concat(servers.Select(url => Uri.TryCreate(url, UriKind.Absolute, out var parsed) ? parsed : null).OfType<Uri>()
            .Where(url => url.Authority.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or ':' or '[' or ']'))
            .Select(url => $" {(url.Scheme == "https" ? "wss" : "ws")}://{url.Authority}")), StringComparison.Ordinal);

    private static void SetHeaders(HttpResponse response, bool isNamedByContent, string[]? servers = null)
    {
        var headers = response.Headers;
        headers[HeaderNames.ContentSecurityPolicy] = PolicyFor(servers ?? []);
        headers[HeaderNames.XContentTypeOptions] = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(self)";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers[HeaderNames.CacheControl] = isNamedByContent ? "public, max-age=31536000, immutable" : "no-cache";
    }
}
