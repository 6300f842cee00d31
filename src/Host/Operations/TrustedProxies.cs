using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;
using ModularChat.Discovery;
using ModularChat.Storage;

namespace ModularChat.Host.Operations;

/// <summary>
/// Who is believed when a request says that it comes from somewhere else. Without this a client could choose the address that
/// its log-ins are counted under.
/// </summary>
internal static class TrustedProxies
{
    /// <summary>First of all in the pipeline: what comes after sees the client.</summary>
    /// <exception cref="StartupException">One of them is no network.</exception>
    public static void UseTrustedProxies(this WebApplication app)
    {
        var networks = app.Services.GetRequiredService<IOptions<ServerOptions>>().Value.TrustedProxies
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Parse).ToList();
        var place = app.Services.GetRequiredService<IOptions<DiscoveryOptions>>().Value;
        string[] stated = [.. new[] { place.RegionHeader, place.CoordinatesHeader }.Where(h => h.Length > 0)];
        if (stated.Length > 0)
        {
            app.Use((context, next) =>
            {
                TakeAway(context, stated, networks);
                return next(context);
            });
        }
        if (networks.Count == 0)
        {
            return;
        }
        // Through as many proxies as are trusted, from the nearest on; the first address that is not is the client's.
        var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto, ForwardLimit = null };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var network in networks)
        {
            options.KnownIPNetworks.Add(network);
        }
        app.UseForwardedHeaders(options);
    }

    /// <summary>Where a client is, is as little for itself to say as its address: such a header holds only when the proxy next to this server has set it.</summary>
    private static void TakeAway(HttpContext context, string[] headers, List<System.Net.IPNetwork> proxies)
    {
        if (context.Connection.RemoteIpAddress is { } peer && proxies.Exists(p => p.Contains(peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer)))
        {
            return;
        }
        foreach (var header in headers)
        {
            context.Request.Headers.Remove(header);
        }
    }

    private static System.Net.IPNetwork Parse(string network) =>
        System.Net.IPNetwork.TryParse(network, out var parsed)
            ? parsed
            : throw new StartupException($"Host:TrustedProxies has '{network}', but must be networks like 10.0.0.0/8, with commas between; the bits after the prefix are 0.");
}
