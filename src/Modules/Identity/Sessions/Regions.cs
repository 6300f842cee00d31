using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.Extensions.Options;

namespace ModularChat.Identity.Sessions;

/// <summary>Names the region of an address by the table in the settings.</summary>
internal sealed class Regions(IOptions<IdentityOptions> options)
{
    private const int Longest = 64;

    private readonly Region[] _table =
    [
        .. options.Value.Regions.Select(text => TryRead(text, out var region) ? region : throw new FormatException(text))
            .OrderByDescending(region => region.Network.PrefixLength),
    ];

    /// <summary>Null when it is not known.</summary>
    public string? Of(IPAddress? address) =>
        address is null ? null : Array.Find(_table, region => region.Network.Contains(address))?.Name;

    /// <summary>Reads a network, a blank and a name.</summary>
    public static bool TryRead(string text, [NotNullWhen(true)] out Region? region)
    {
        var blank = text.IndexOf(' ', StringComparison.Ordinal);
        var name = text[(blank + 1)..].Trim();
        region = blank > 0 && name.Length is > 0 and <= Longest && IPNetwork.TryParse(text.AsSpan(0, blank), out var network) ? new Region(network, name) : null;
        return region is not null;
    }
}

/// <summary>A network and what it is called.</summary>
internal sealed record Region(IPNetwork Network, string Name);

/// <summary>Refuses at the start a table that could not be read at the first log-in.</summary>
internal sealed class CheckRegions : IValidateOptions<IdentityOptions>
{
    public ValidateOptionsResult Validate(string? name, IdentityOptions options) =>
        options.Regions.FirstOrDefault(text => !Regions.TryRead(text, out _)) is { } wrong
            ? ValidateOptionsResult.Fail($"Identity:Regions: \"{wrong}\" is not a network and a name, such as \"192.0.2.0/24 Berlin\".")
            : ValidateOptionsResult.Success;
}
