using System.ComponentModel.DataAnnotations;
using ModularChat.Contracts;

namespace ModularChat.Host.Operations;

/// <summary>The process and its listeners; section <c>Host</c>.</summary>
public sealed class ServerOptions
{
    /// <summary>Where to listen for HTTP/1.1 and WebSockets: <c>http://</c> with an IP address, <c>localhost</c> or <c>*</c> (all addresses), and a port (0: any free one). Default http://127.0.0.1:5080.</summary>
    [Required, RegularExpression(UrlPattern, ErrorMessage = UrlRule)]
    public string Url { get; set; } = "http://127.0.0.1:5080";

    /// <summary>
    /// A second listener for HTTP/2 without TLS (prior knowledge), in the same form; empty: none. Without TLS the two
    /// versions cannot share a port. Default empty.
    /// </summary>
    [RegularExpression(UrlPattern, ErrorMessage = UrlRule)]
    public string Http2Url { get; set; } = "";

    /// <summary>A listener with TLS.</summary>
    public HttpsOptions Https { get; } = new();

    /// <summary>
    /// Networks in CIDR notation, with commas between, whose <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> are believed; empty:
    /// nobody's. Default empty.
    /// </summary>
    [RegularExpression(@"[0-9A-Fa-f.:]+/\d{1,3}(\s*,\s*[0-9A-Fa-f.:]+/\d{1,3})*", ErrorMessage = "networks like 10.0.0.0/8, with commas between")]
    public string TrustedProxies { get; set; } = "";

    /// <summary>The largest request body in bytes, 1,024 to 104,857,600. Default 1,048,576 (1 MiB).</summary>
    [Range(1_024, 104_857_600), Limit]
    public int MaxRequestBytes { get; set; } = 1_048_576;

    /// <summary>The most bytes of all headers of a request together, 1,024 to 1,048,576. Default 16,384.</summary>
    [Range(1_024, 1_048_576)]
    public int MaxHeaderBytes { get; set; } = 16_384;

    /// <summary>The most headers of a request, 10 to 1,000. Default 64.</summary>
    [Range(10, 1_000)]
    public int MaxHeaders { get; set; } = 64;

    /// <summary>Open connections of all kinds; one more is closed at once. Keep it below the process's limit of open files. 1 to 1,000,000. Default 15,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; set; } = 15_000;

    /// <summary>Seconds that a stopping server waits for requests under way once its connections are drained, 0 to 600. Default 10.</summary>
    [Range(0, 600)]
    public int ShutdownSeconds { get; set; } = 10;

    internal const string UrlPattern = @"(?i)http://(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:.]+\]|localhost|\*):\d{1,5}/?";
    internal const string UrlRule = "http:// with an IP address, localhost or *, and a port";
}
