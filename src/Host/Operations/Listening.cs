using System.Globalization;
using System.Net;
using System.Net.Security;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using ModularChat.Host.Dispatch.Remote;
using ModularChat.Host.Roles;
using ModularChat.Host.Upkeep;
using ModularChat.Storage;

namespace ModularChat.Host.Operations;

/// <summary>Turns the settings into listeners and limits of the web server.</summary>
internal static class Listening
{
    public static void Configure(KestrelServerOptions kestrel, ServerOptions options, ClusterOptions cluster)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = options.MaxRequestBytes;
        kestrel.Limits.MaxRequestHeadersTotalSize = options.MaxHeaderBytes;
        kestrel.Limits.MaxRequestHeaderCount = options.MaxHeaders;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);

        var limit = new ConnectionLimit(
            OpenFiles.Connections(options.MaxConnections), kestrel.ApplicationServices.GetRequiredService<ILogger<ConnectionLimit>>());
        Listen(kestrel, "Host:Url", options.Url, Configured(HttpProtocols.Http1));
        if (options.Http2Url.Length > 0)
        {
            Listen(kestrel, "Host:Http2Url", options.Http2Url, Configured(HttpProtocols.Http2));
        }

        if (options.Https.Url.Length > 0)
        {
            var certificate = new CertificateFiles(
                options.Https, kestrel.ApplicationServices.GetRequiredService<TimeProvider>(), kestrel.ApplicationServices.GetRequiredService<ILogger<CertificateFiles>>());
            Listen(kestrel, "Host:Https:Url", options.Https.Url, listener =>
            {
                Configured(HttpProtocols.Http1AndHttp2)(listener);
                listener.UseHttps(new TlsHandshakeCallbackOptions
                {
                    OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificateContext = certificate.Current }),
                });
            });
        }

        if (cluster.InternalUrl.Length > 0)
        {
            Listen(kestrel, "Cluster:InternalUrl", cluster.InternalUrl, kestrel.ApplicationServices.GetRequiredService<InternalListener>().Configure);
        }
        ControlSocket.Listen(kestrel);

        Action<ListenOptions> Configured(HttpProtocols protocols) => listener =>
        {
            listener.Protocols = protocols;
            listener.Use(limit.Use);
        };
    }

    private static void Listen(KestrelServerOptions kestrel, string key, string url, Action<ListenOptions> configure)
    {
        // Uri does not know '*'; the form itself was checked with the options.
        var place = url[(url.IndexOf("//", StringComparison.Ordinal) + 2)..].TrimEnd('/');
        var colon = place.LastIndexOf(':');
        var host = place[..colon];
        if (!ushort.TryParse(place.AsSpan(colon + 1), CultureInfo.InvariantCulture, out var port))
        {
            throw new StartupException($"{key} is '{url}', but its port must be 0 to 65535.");
        }
        if (host == "*")
        {
            kestrel.ListenAnyIP(port, configure);
        }
        else if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            kestrel.ListenLocalhost(port, configure);
        }
        else if (IPAddress.TryParse(host.Trim('[', ']'), out var address))
        {
            kestrel.Listen(address, port, configure);
        }
        else
        {
            throw new StartupException($"{key} is '{url}', but '{host}' is not an IP address.");
        }
    }
}
