using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ModularChat.Host;
using ModularChat.IntegrationTests.Servers;
using ModularChat.Storage;

namespace ModularChat.IntegrationTests.Discovery;

public sealed class DiscoveryApiTests
{
    private static readonly string[] Regions = ["Discovery:Regions:0=eu=50,8", "Discovery:Regions:1=us=40,-75", "Discovery:Networks:0=127.0.0.0/8=us"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_alone_recommends_the_address_that_was_used()
    {
        await using var server = await ChatServer.StartAsync();

        var answer = await server.Anonymous.GetStringAsync("discovery/server", Token);

        answer.ShouldBe("""{"url":"","ttlSeconds":30,"alternatives":[]}""");
    }

    [Fact]
    public async Task Explain_shows_every_candidate_with_its_score()
    {
        await using var server = await ChatServer.StartAsync(settings: [.. Regions, "Discovery:Node:Id=a", "Discovery:Node:Region=eu", "Discovery:Node:PublicUrl=https://a.example.org/"]);

        var answer = await server.Anonymous.GetFromJsonAsync<JsonElement>("discovery/server?explain=true&lat=48&lon=2", Token);

        answer.GetProperty("url").GetString().ShouldBe("https://a.example.org");
        var explanation = answer.GetProperty("explanation");
        explanation.GetProperty("placeBy").GetString().ShouldBe("parameters");
        var candidate = explanation.GetProperty("candidates").EnumerateArray().ShouldHaveSingleItem();
        (candidate.GetProperty("id").GetString(), candidate.GetProperty("rank").GetInt32(), candidate.GetProperty("capacity").GetInt32()).ShouldBe(("a", 1, 14_000));
        candidate.GetProperty("distanceKm").GetDouble().ShouldBe(490, 20);
    }

    [Fact]
    public async Task A_region_that_does_not_exist_and_numbers_that_are_none_are_clear_problems()
    {
        await using var server = await ChatServer.StartAsync(settings: Regions);

        foreach (var query in (string[])["region=mars", "lat=1", "lat=x&lon=1", "lat=91&lon=0", "explain=perhaps", "lat=NaN&lon=0"])
        {
            using var answer = await server.Anonymous.GetAsync("discovery/server?" + query, Token);
            answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest, query);
            var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
            problem.GetProperty("code").GetString().ShouldBe("invalid_request", query);
            problem.TryGetProperty("field", out _).ShouldBeTrue(query);
        }
    }

    [Theory]
    [InlineData("", "network us")]
    [InlineData("127.0.0.0/8", "header eu")]
    public async Task A_header_about_the_place_is_believed_only_from_a_trusted_proxy(string trusted, string expected)
    {
        await using var server = await ChatServer.StartAsync(settings:
            [.. Regions, "Discovery:RegionHeader=X-Region", "Discovery:CoordinatesHeader=X-Place", "Host:TrustedProxies=" + trusted]);
        using var request = new HttpRequestMessage(HttpMethod.Get, "discovery/server?explain=true");
        request.Headers.Add("X-Region", "eu");

        using var answer = await server.Anonymous.SendAsync(request, Token);

        var explanation = (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("explanation");
        $"{explanation.GetProperty("placeBy")} {explanation.GetProperty("region")}".ShouldBe(expected);
    }

    [Fact]
    public async Task More_than_the_limit_from_one_address_are_refused()
    {
        await using var server = await ChatServer.StartAsync(settings: ["Discovery:AnswersPerMinute=3"]);
        for (var i = 0; i < 3; i++)
        {
            (await server.Anonymous.GetAsync("discovery/server", Token)).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        using var refused = await server.Anonymous.GetAsync("discovery/server", Token);

        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_full_server_says_when_to_ask_again()
    {
        await using var server = await ChatServer.StartAsync(settings: ["Discovery:Node:Capacity=1"]);
        (await server.Anonymous.GetAsync("discovery/server", Token)).StatusCode.ShouldBe(HttpStatusCode.OK);

        using var refused = await server.Anonymous.GetAsync("discovery/server", Token);

        refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        var problem = await refused.Content.ReadFromJsonAsync<JsonElement>(Token);
        problem.GetProperty("code").GetString().ShouldBe("no_server");
        problem.GetProperty("retryAfterMs").GetInt32().ShouldBeInRange(2_000, 5_001);
    }

    [Fact]
    public async Task Explain_may_be_kept_to_administrators()
    {
        await using var server = await ChatServer.StartAsync(settings: ["Discovery:ExplainToEverybody=false"]);
        var administrator = await server.RegisterAsync("owner");
        var other = await server.RegisterAsync("other");

        (await server.Anonymous.GetAsync("discovery/server?explain=true", Token)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await other.Http.GetAsync("discovery/server?explain=true", Token)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await administrator.Http.GetAsync("discovery/server?explain=true", Token)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await server.Anonymous.GetAsync("discovery/server", Token)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public void Settings_that_do_not_fit_stop_the_start_with_a_sentence()
    {
        var wrong = Should.Throw<StartupException>(() => Server.Build(["--Discovery:Registry=redis", "--Discovery:Regions:0=eu"])).Message;

        wrong.ShouldContain("Discovery:Registry is 'redis', and needs Discovery:ConnectionString.");
        wrong.ShouldContain("Discovery:Regions has 'eu', but must be name=latitude,longitude");
    }
}
