using ModularChat.Host.Web;

namespace ModularChat.UnitTests.Gateway;

public sealed class PolicyTests
{
    [Fact]
    public void The_page_may_connect_to_the_servers_of_the_cluster_and_to_nothing_else()
    {
        WebClient.PolicyFor(["https://a.example.org", "http://127.0.0.1:5081"]).ShouldContain("connect-src 'self' wss://a.example.org ws://127.0.0.1:5081; base-uri");
        WebClient.PolicyFor([]).ShouldContain("connect-src 'self'; base-uri");
        WebClient.PolicyFor(["https://a.example.org;script-src", "https://*"]).ShouldContain("connect-src 'self'; base-uri");
    }
}
