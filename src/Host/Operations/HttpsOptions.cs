using System.ComponentModel.DataAnnotations;

namespace ModularChat.Host.Operations;

/// <summary>A listener with TLS; section <c>Host:Https</c>.</summary>
public sealed class HttpsOptions
{
    /// <summary>Where to listen for HTTP/1.1, HTTP/2 and WebSockets with TLS, as <c>Host:Url</c> with <c>https://</c>; empty: nowhere. Default empty.</summary>
    [RegularExpression(@"(?i)https://(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:.]+\]|localhost|\*):\d{1,5}/?", ErrorMessage = "https:// with an IP address, localhost or *, and a port")]
    public string Url { get; set; } = "";

    /// <summary>The certificate in PEM, with those between it and the root after it; read again when it changes.</summary>
    public string CertificateFile { get; set; } = "";

    /// <summary>Its private key in PEM, without a password; read again when it changes.</summary>
    public string KeyFile { get; set; } = "";
}
