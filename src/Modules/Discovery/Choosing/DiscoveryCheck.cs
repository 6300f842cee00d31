using Microsoft.Extensions.Options;

namespace ModularChat.Discovery.Choosing;

/// <summary>What data annotations cannot say about the settings.</summary>
internal sealed class DiscoveryCheck : IValidateOptions<DiscoveryOptions>
{
    public ValidateOptionsResult Validate(string? name, DiscoveryOptions options)
    {
        List<string> wrong = [];
        var regions = Geography.ReadRegions(options.Regions, wrong);
        foreach (var (network, region) in Geography.ReadNetworks(options.Networks, wrong))
        {
            if (!regions.ContainsKey(region))
            {
                wrong.Add($"Discovery:Networks gives {network} to '{region}', which Discovery:Regions does not have.");
            }
        }
        if (options.Node.Region is { Length: > 0 } own && regions.Count > 0 && !regions.ContainsKey(own))
        {
            wrong.Add($"Discovery:Node:Region is '{own}', which Discovery:Regions does not have.");
        }
        if (options.Node.Coordinates is { Length: > 0 } place && Coordinates.Parse(place) is null)
        {
            wrong.Add($"Discovery:Node:Coordinates is '{place}', but must be a latitude and a longitude in degrees, as in 53.3,-6.3.");
        }
        if (options.Node.PublicUrl is { Length: > 0 } url && !Uri.TryCreate(url, UriKind.Absolute, out _))
        {
            wrong.Add($"Discovery:Node:PublicUrl is '{url}', which is no address.");
        }
        if (options.Registry != "inprocess" && options.ConnectionString.Length == 0)
        {
            wrong.Add($"Discovery:Registry is '{options.Registry}', and needs Discovery:ConnectionString.");
        }
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
