using System.Net;
using System.Net.Http.Json;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Listening;

/// <summary>All ways to receive, through nginx as docs/operations.md sets it up.</summary>
public sealed class NginxTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Everything_comes_through_nginx_as_the_documentation_sets_it_up()
    {
        Assert.SkipUnless(NginxServer.IsInstalled, "nginx is not installed (apt-get install nginx-light).");
        await using var server = await ChatServer.StartAsync(settings: ["Host:TrustedProxies=127.0.0.1/32", "Identity:LogInsPerMinute=1"]);
        var alice = await server.RegisterAsync("alice");
        var bo = await server.RegisterAsync("bo-b");
        var group = await alice.CreateGroupAsync("Team", bo);
        await using var nginx = await NginxServer.StartAsync(server.Url, Cancel);
        using var ways = new EveryWay(nginx.Url, bo, alice, group.Id);

        await ways.RunAsync();
        await AddressAsync(ways.Http);
    }

    /// <summary>Each client has its own address: one has used up its log-ins, and this one has not.</summary>
    private static async Task AddressAsync(HttpClient http)
    {
        (await LogInAsync(http, "198.51.100.1")).ShouldBe(HttpStatusCode.Unauthorized);
        // nginx puts its peer's address after what the client says; and the peer is on the trusted machine here, so the claim counts.
        (await LogInAsync(http, "198.51.100.1")).ShouldBe(HttpStatusCode.TooManyRequests);
        (await LogInAsync(http, "198.51.100.2")).ShouldBe(HttpStatusCode.Unauthorized);
    }

    private static async Task<HttpStatusCode> LogInAsync(HttpClient http, string from)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "login") { Content = JsonContent.Create(new { name = "nobody", password = ChatUser.Password }) };
        request.Headers.Add("X-Forwarded-For", from);
        using var response = await http.SendAsync(request, Cancel);
        return response.StatusCode;
    }
}
