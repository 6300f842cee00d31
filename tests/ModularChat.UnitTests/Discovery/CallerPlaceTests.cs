using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Discovery;
using ModularChat.Discovery.Choosing;

namespace ModularChat.UnitTests.Discovery;

public sealed class CallerPlaceTests
{
    private static readonly string[] Regions = ["eu=50,8", "us=40,-75", "asia=1,104"];

    [Theory]
    [InlineData(48.85, 2.35, 40.71, -74.01, 5837)]
    [InlineData(0, 179.5, 0, -179.5, 111.2)]
    [InlineData(90, 0, -90, 0, 20015)]
    [InlineData(-33.87, 151.21, -33.87, 151.21, 0)]
    public void Distances_follow_the_great_circle(double lat, double lon, double otherLat, double otherLon, double kilometres) =>
        new Coordinates(lat, lon).KilometresTo(new Coordinates(otherLat, otherLon)).ShouldBe(kilometres, (kilometres * 0.002) + 0.001);

    [Fact]
    public void Parameters_come_before_the_proxys_word_before_the_network_before_the_server()
    {
        var town = new Town(new DiscoveryOptions
        {
            Regions = Regions,
            Networks = ["10.0.0.0/8=us", "10.1.0.0/16=asia", "2001:db8::/32=eu"],
            Node = { Id = "self", Region = "eu" },
        });

        By(lat: 1, lon: 2, region: null, proxyRegion: "us", address: "10.1.2.3").ShouldBe(("parameters", null));
        By(region: "asia", proxyRegion: "us", address: "10.2.2.3").ShouldBe(("parameters", "asia"));
        By(proxyRegion: "asia", address: "10.2.2.3").ShouldBe(("header", "asia"));
        By(proxyCoordinates: "40.1,-75.2", proxyRegion: "asia").ShouldBe(("header", null));
        By(address: "10.1.2.3").ShouldBe(("network", "asia"));
        By(address: "::ffff:10.2.2.3").ShouldBe(("network", "us"));
        By(address: "2001:db8:1::1").ShouldBe(("network", "eu"));
        By(address: "192.168.1.1").ShouldBe(("server", "eu"));
        By(proxyRegion: "atlantis", proxyCoordinates: "nonsense").ShouldBe(("server", "eu"));

        (string, string?) By(double? lat = null, double? lon = null, string? region = null, string? proxyRegion = null, string? proxyCoordinates = null, string? address = null)
        {
            var explanation = town.Ask(lat, lon, region, address, proxyRegion, proxyCoordinates).Explanation!;
            return (explanation.PlaceBy, explanation.Region);
        }
    }

    [Fact]
    public void An_unknown_region_and_wrong_coordinates_are_problems_that_say_what_there_is()
    {
        var town = new Town();

        var region = Should.Throw<ChatException>(() => town.Ask(region: "atlantis<b>"));
        (region.Code, region.Field).ShouldBe((ProblemCodes.InvalidRequest, "region"));
        region.Message.ShouldBe("There is no region atlantisb; there are: asia, eu, us.");
        Should.Throw<ChatException>(() => town.Ask(lat: 1)).Field.ShouldBe("lon");
        Should.Throw<ChatException>(() => town.Ask(lat: 90.1, lon: 0)).Field.ShouldBe("lat");
        Should.Throw<ChatException>(() => town.Ask(lat: 0, lon: double.NaN)).Field.ShouldBe("lon");
    }

    [Fact]
    public void Settings_that_do_not_fit_together_are_told_in_sentences()
    {
        var wrong = new DiscoveryCheck().Validate(null, new DiscoveryOptions
        {
            Registry = "zookeeper",
            Regions = ["eu=50,8", "eu=1,1", "nowhere=91,0", "x"],
            Networks = ["10.0.0.0/99=eu", "10.0.0.0/8=mars"],
            Node = { Region = "moon", Coordinates = "here", PublicUrl = "https://a;b" },
        });

        wrong.Failed.ShouldBeTrue();
        wrong.Failures!.Count().ShouldBe(9, string.Join('\n', wrong.Failures!));
        new DiscoveryCheck().Validate(null, new DiscoveryOptions()).ShouldBe(ValidateOptionsResult.Success);
    }
}
