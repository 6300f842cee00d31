using ModularChat.Contracts;
using ModularChat.Contracts.Discovery;
using ModularChat.Discovery.Nodes;

namespace ModularChat.Discovery.Choosing;

/// <summary>Where a caller is, as well as it can be known.</summary>
/// <param name="By">How it was found; shown by explain.</param>
/// <param name="Region">The region, when it is known.</param>
/// <param name="Place">The point, when it is known.</param>
internal readonly record struct CallerPlace(string By, string? Region, Coordinates? Place);

/// <summary>Finds the caller's place: what it says itself, else a trusted proxy, else its network, else the server that it has reached.</summary>
internal sealed class CallerPlaces(Geography geography, ThisNode self, NodeTable table)
{
    /// <summary>The place of who asks.</summary>
    /// <exception cref="ChatException"><see cref="ProblemCodes.InvalidRequest"/> for coordinates or a region that are none.</exception>
    public CallerPlace Find(FindServer request)
    {
        if (request.Latitude is not null || request.Longitude is not null)
        {
            return new CallerPlace("parameters", null, new Coordinates(
                Degrees("lat", request.Latitude, 90), Degrees("lon", request.Longitude, 180)));
        }
        if (request.Region is { } asked)
        {
            return InRegion("parameters", asked) ?? throw NoRegion(asked);
        }
        if (request.ProxyCoordinates is { } stated && Coordinates.Parse(stated) is { } place)
        {
            return new CallerPlace("header", null, place);
        }
        // A proxy knows more regions of the world than there are of ours: one that is not known is no mistake of the caller's.
        if (request.ProxyRegion is { Length: > 0 } region && InRegion("header", region) is { } found)
        {
            return found;
        }
        if (geography.RegionOf(request.Address) is { } network)
        {
            return new CallerPlace("network", network, geography.Of(network));
        }
        var me = self.Now;
        return me.Region is not null || me.Latitude is not null
            ? new CallerPlace("server", me.Region, PlaceOf(me))
            : new CallerPlace("nothing", null, null);
    }

    public static Coordinates? PlaceOf(NodeRecord node) =>
        node is { Latitude: { } latitude, Longitude: { } longitude } ? new Coordinates(latitude, longitude) : null;

    private CallerPlace? InRegion(string by, string region)
    {
        if (geography.Of(region) is { } known)
        {
            return new CallerPlace(by, region, known);
        }
        var node = Array.Find(table.Records(), n => n.Region == region);
        return node is null ? null : new CallerPlace(by, region, PlaceOf(node));
    }

    private ChatException NoRegion(string asked)
    {
        var known = geography.Regions.Union(table.Records().Select(n => n.Region).OfType<string>(), StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var shown = string.Concat(asked.Where(char.IsAsciiLetterOrDigit).Take(64));
        return ChatException.Invalid("region", known.Count == 0
            ? "This server has no regions; leave the region out."
            : $"There is no region {shown}; there are: {string.Join(", ", known)}.");
    }

    private static double Degrees(string field, double? value, double most) =>
        value is { } degrees && Math.Abs(degrees) <= most
            ? degrees
            : throw ChatException.Invalid(field, $"lat and lon go together; {field} must be a number from -{most} to {most}.");
}
