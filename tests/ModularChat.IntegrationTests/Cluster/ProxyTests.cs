using System.Net;
using System.Net.Http.Json;
using ModularChat.Contracts;
using ModularChat.IntegrationTests.Listening;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Cluster;

/// <summary>deploy/nginx.conf and deploy/haproxy.cfg in front of two nodes, as <c>./cluster</c> starts them.</summary>
public sealed class ProxyTests
{
    private static readonly string[] Proxies = ["nginx", "haproxy"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Both_proxies_carry_everything_and_nobody_notices_a_node_that_is_killed_behind_them()
    {
        Assert.SkipWhen(LocalCluster.Missing.Length > 0, LocalCluster.Missing);
        await using var cluster = await LocalCluster.StartAsync(2, "--set", "Identity:LogInsPerMinute=2");
        using var integrator = await cluster.IntegratorAsync("node-2");
        var alice = await integrator.MakeUserAsync("alice");
        var bo = await integrator.MakeUserAsync("bo");
        var group = await alice.CreateGroupAsync("Team", bo);
        foreach (var proxy in Proxies)
        {
            using var ways = new EveryWay(cluster.Url(proxy), bo, alice, group.Id);
            await ways.RunAsync();
            await OwnAddressAsync(ways.Http, proxy);
        }

        await cluster.KillAsync("node-1");

        foreach (var proxy in Proxies)
        {
            using var ways = new EveryWay(cluster.Url(proxy), bo, alice, group.Id);
            // What is safe to repeat never fails, from the first moment on.
            for (var i = 0; i < 20; i++)
            {
                using var answer = await ways.Http.GetAsync("me", Token);
                answer.StatusCode.ShouldBe(HttpStatusCode.OK, $"{proxy}, request {i} after the kill");
            }
            // The node was killed before anything was sent to it, so what may not be repeated goes through too.
            using var sent = await ways.Http.PostAsJsonAsync($"conversations/{group.Id}/messages", new { clientMessageId = Ids.New(), text = "after the kill" }, Token);
            sent.StatusCode.ShouldBe(HttpStatusCode.Created);
            await ways.RunAsync();
        }
    }

    /// <summary>The nodes see the client's address and not the proxy's: one who has used up their log-ins stops nobody else.</summary>
    private static async Task OwnAddressAsync(HttpClient http, string proxy)
    {
        var (one, other) = proxy == "nginx" ? ("198.51.100.1", "198.51.100.2") : ("198.51.100.3", "198.51.100.4");
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 8; i++)
        {
            answers.Add(await LogInAsync(http, one));
        }
        // Each of the two nodes allows two.
        answers.ShouldContain(HttpStatusCode.TooManyRequests);
        (await LogInAsync(http, other)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    private static async Task<HttpStatusCode> LogInAsync(HttpClient http, string from)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "login") { Content = JsonContent.Create(new { name = "nobody", password = ChatUser.Password }) };
        request.Headers.Add("X-Forwarded-For", from);
        using var response = await http.SendAsync(request, Token);
        return response.StatusCode;
    }
}
