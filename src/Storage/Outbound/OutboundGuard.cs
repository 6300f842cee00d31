using System.Net;
using System.Net.Sockets;

namespace ModularChat.Storage.Outbound;

/// <summary>
/// Connections to addresses that strangers have named: never inside, whatever a name resolves to at the moment. The check is made on the very
/// address that is connected to, so that a name that changes between two look-ups gains nothing.
/// </summary>
/// <param name="allowedInside">Networks inside that the operator allows.</param>
public sealed class OutboundGuard(IReadOnlyList<IPNetwork> allowedInside)
{
    // RFC 6890 and its successors: all that is not the public Internet.
    private static readonly IPNetwork[] InsideV4 =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
            "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        }.Select(IPNetwork.Parse),
    ];

    // Of IPv6 only this is public, but for what tunnels to IPv4, documentation and protocols.
    private static readonly IPNetwork PublicV6 = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork[] InsideV6 = [.. new[] { "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20" }.Select(IPNetwork.Parse)];

    /// <summary>Whether an address may be connected to.</summary>
    public bool Allows(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return !IsInside(plain) || allowedInside.Any(network => network.Contains(plain));
    }

    /// <summary>True when the name leads nowhere but inside, now; a name that cannot be resolved is judged when it is connected to.</summary>
    public async Task<bool> LeadsInsideAsync(string host, CancellationToken token)
    {
        if (IPAddress.TryParse(host.Trim('[', ']'), out var literal))
        {
            return !Allows(literal);
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(TimeSpan.FromSeconds(3));
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(host, limit.Token);
            return addresses.Length > 0 && !Array.Exists(addresses, Allows);
        }
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !token.IsCancellationRequested))
        {
            return false;
        }
    }

    /// <summary>A handler that connects only where it is allowed: no proxy, no redirects, no cookies.</summary>
    public SocketsHttpHandler NewHandler(TimeSpan connectTimeout) => new()
    {
        ConnectCallback = ConnectAsync,
        ConnectTimeout = connectTimeout,
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        EnableMultipleHttp2Connections = true,
    };

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken token)
    {
        var end = context.DnsEndPoint;
        var found = await Dns.GetHostAddressesAsync(end.Host, token);
        var allowed = Array.FindAll(found, Allows);
        if (allowed.Length == 0)
        {
            throw new InsideAddressException(end.Host);
        }
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, end.Port, token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static bool IsInside(IPAddress address) => address.AddressFamily switch
    {
        AddressFamily.InterNetwork => Array.Exists(InsideV4, network => network.Contains(address)),
        AddressFamily.InterNetworkV6 => !PublicV6.Contains(address) || Array.Exists(InsideV6, network => network.Contains(address)),
        _ => true,
    };
}

/// <summary>A name leads to an address inside.</summary>
/// <param name="host">The name.</param>
public sealed class InsideAddressException(string host) : IOException($"{host} leads to an address inside, which is not allowed.");
