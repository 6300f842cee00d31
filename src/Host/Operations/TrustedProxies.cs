using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;
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

    private static System.Net.IPNetwork Parse(string network) =>
        System.Net.IPNetwork.TryParse(network, out var parsed)
            ? parsed
            : throw new StartupException($"Host:TrustedProxies has '{network}', but must be networks like 10.0.0.0/8, with commas between; the bits after the prefix are 0.");
}
