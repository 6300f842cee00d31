using System.Net;
using Microsoft.AspNetCore.Http;

namespace ModularChat.Identity.Accounts;

/// <summary>Where a request comes from.</summary>
/// <param name="Key">What rate limits count by: the address, of an IPv6 address the first 64 bits.</param>
/// <param name="IsThisMachine">True only for a loopback address that no proxy stands behind: a proxy on the same machine would make everybody local.</param>
/// <param name="Address">The address itself; kept nowhere.</param>
internal sealed record Origin(string Key, bool IsThisMachine, IPAddress? Address = null)
{
    private static readonly string[] ProxyHeaders =
    [
        "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Original-For", "X-Real-IP", "Via", "CF-Connecting-IP",
    ];

    public static Origin Of(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        if (address is { IsIPv4MappedToIPv6: true })
        {
            address = address.MapToIPv4();
        }
        var isLocal = address is not null && IPAddress.IsLoopback(address) && !ProxyHeaders.Any(context.Request.Headers.ContainsKey);
        return new Origin(KeyOf(address), isLocal, address);
    }

    private static string KeyOf(IPAddress? address) =>
        address?.GetAddressBytes() is { Length: 16 } version6
            ? Convert.ToHexString(version6, 0, 8)
            : address?.ToString() ?? "unknown";
}
