using System.Net.Http.Json;
using ModularChat.Contracts;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Listening;

public sealed class TrustedProxyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task People_behind_a_trusted_proxy_are_counted_by_their_own_address()
    {
        await using var server = await ChatServer.StartAsync(settings: ["Host:TrustedProxies=10.0.0.0/8, 127.0.0.1/32", "Identity:LogInsPerMinute=1"]);

        await LogInAsync(server, "203.0.113.1", ProblemCodes.WrongCredentials);
        await LogInAsync(server, "203.0.113.2", ProblemCodes.WrongCredentials);
        await LogInAsync(server, "203.0.113.1", ProblemCodes.RateLimited);
        // Through two trusted ones; what the client itself put before them is not believed.
        await LogInAsync(server, "203.0.113.7, 203.0.113.1, 10.1.2.3", ProblemCodes.RateLimited);
    }

    [Fact]
    public async Task Nobody_is_believed_by_default()
    {
        await using var server = await ChatServer.StartAsync(settings: "Identity:LogInsPerMinute=1");

        await LogInAsync(server, "203.0.113.1", ProblemCodes.WrongCredentials);
        await LogInAsync(server, "203.0.113.2", ProblemCodes.RateLimited);
    }

    [Fact]
    public async Task Nobody_becomes_local_through_a_trusted_proxy()
    {
        await using var server = await ChatServer.StartAsync(settings: "Host:TrustedProxies=127.0.0.1/32");
        using var request = new HttpRequestMessage(HttpMethod.Post, "register") { Content = JsonContent.Create(new { name = "mallory", password = ChatUser.Password }) };
        request.Headers.Add("X-Forwarded-For", "127.0.0.1");

        await (await server.Anonymous.SendAsync(request, Cancel)).ShouldBeProblemAsync(ProblemCodes.RegistrationClosed);
    }

    [Theory]
    [InlineData("10.0.0.0")]
    [InlineData("10.0.0.0/33")]
    [InlineData("everybody")]
    public void A_network_that_is_none_stops_the_start(string networks) =>
        Should.Throw<Storage.StartupException>(() => Host.Server.Build([$"--Host:TrustedProxies={networks}"])).Message.ShouldContain("Host:TrustedProxies");

    private static async Task LogInAsync(ChatServer server, string forwardedFor, ProblemCode expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "login") { Content = JsonContent.Create(new { name = "nobody", password = ChatUser.Password }) };
        request.Headers.Add("X-Forwarded-For", forwardedFor);
        await (await server.Anonymous.SendAsync(request, Cancel)).ShouldBeProblemAsync(expected);
    }
}
