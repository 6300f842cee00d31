using System.Globalization;
using System.Net;
using Microsoft.Extensions.Options;

namespace ModularChat.Discovery.Choosing;

/// <summary>A point on the earth, in degrees.</summary>
internal readonly record struct Coordinates(double Latitude, double Longitude)
{
    private const double EarthRadiusKm = 6371;

    /// <summary>Along the great circle; the haversine form is exact for small distances too.</summary>
    public double KilometresTo(Coordinates other)
    {
        var (one, two) = (double.DegreesToRadians(Latitude), double.DegreesToRadians(other.Latitude));
        var north = Math.Sin((two - one) / 2);
        var east = Math.Sin(double.DegreesToRadians(other.Longitude - Longitude) / 2);
        var h = (north * north) + (Math.Cos(one) * Math.Cos(two) * east * east);
        return 2 * EarthRadiusKm * Math.Asin(Math.Min(1, Math.Sqrt(h)));
    }

    /// <summary>Reads <c>latitude,longitude</c>; null when it is none.</summary>
    public static Coordinates? Parse(string text)
    {
        var comma = text.IndexOf(',', StringComparison.Ordinal);
        return comma > 0 && Number(text.AsSpan(0, comma), 90) is { } latitude && Number(text.AsSpan(comma + 1), 180) is { } longitude
            ? new Coordinates(latitude, longitude)
            : null;
    }

    private static double? Number(ReadOnlySpan<char> text, double most) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && Math.Abs(value) <= most ? value : null;
}

/// <summary>The configured regions, and whose networks lie in them.</summary>
internal sealed class Geography(IOptions<DiscoveryOptions> options)
{
    private readonly Dictionary<string, Coordinates> _regions = ReadRegions(options.Value.Regions, []);
    private readonly (IPNetwork Network, string Region)[] _networks =
        [.. ReadNetworks(options.Value.Networks, []).OrderByDescending(n => n.Network.PrefixLength)];

    /// <summary>Names of the regions, in order.</summary>
    public IEnumerable<string> Regions => _regions.Keys.Order(StringComparer.Ordinal);

    /// <summary>Where a region is; null when nobody has said.</summary>
    public Coordinates? Of(string? region) => region is not null && _regions.TryGetValue(region, out var place) ? place : null;

    /// <summary>The region of an address; null when no network has it.</summary>
    public string? RegionOf(string? address)
    {
        if (_networks.Length == 0 || !IPAddress.TryParse(address, out var parsed))
        {
            return null;
        }
        parsed = parsed.IsIPv4MappedToIPv6 ? parsed.MapToIPv4() : parsed;
        foreach (var (network, region) in _networks)
        {
            if (network.Contains(parsed))
            {
                return region;
            }
        }
        return null;
    }

    public static Dictionary<string, Coordinates> ReadRegions(IEnumerable<string> regions, List<string> wrong)
    {
        var read = new Dictionary<string, Coordinates>(StringComparer.Ordinal);
        foreach (var text in regions)
        {
            var parts = text.Split('=', StringSplitOptions.TrimEntries);
            if (parts is not [{ Length: > 0 and <= 64 } name, var place] || Coordinates.Parse(place) is not { } coordinates)
            {
                wrong.Add($"Discovery:Regions has '{text}', but must be name=latitude,longitude, as in eu-west=53.3,-6.3.");
            }
            else if (!read.TryAdd(name, coordinates))
            {
                wrong.Add($"Discovery:Regions has {name} twice.");
            }
        }
        return read;
    }

    public static List<(IPNetwork Network, string Region)> ReadNetworks(IEnumerable<string> networks, List<string> wrong)
    {
        var read = new List<(IPNetwork, string)>();
        foreach (var text in networks)
        {
            var parts = text.Split('=', StringSplitOptions.TrimEntries);
            if (parts is [var network, { Length: > 0 and <= 64 } region] && IPNetwork.TryParse(network, out var parsed))
            {
                read.Add((parsed, region));
            }
            else
            {
                wrong.Add($"Discovery:Networks has '{text}', but must be a network with its region, as in 10.1.0.0/16=eu-west.");
            }
        }
        return read;
    }
}
