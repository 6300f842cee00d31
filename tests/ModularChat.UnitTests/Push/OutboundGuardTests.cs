using System.Net;
using ModularChat.Storage.Outbound;

namespace ModularChat.UnitTests.Push;

public sealed class OutboundGuardTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.1.2")]
    [InlineData("0.0.0.0")]
    [InlineData("10.0.0.1")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("100.64.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::1")]
    [InlineData("::")]
    [InlineData("fe80::1")]
    [InlineData("fc00::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("64:ff9b::a00:1")]
    [InlineData("2002:a00:1::1")]
    [InlineData("2001:0:4136:e378:8000:63bf:3fff:fdd2")]
    [InlineData("ff02::1")]
    public async Task What_lies_inside_is_not_connected_to(string address)
    {
        var guard = new OutboundGuard([]);

        guard.Allows(IPAddress.Parse(address)).ShouldBeFalse();
        (await guard.LeadsInsideAsync(address, Token)).ShouldBeTrue();
    }

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("172.32.0.1")]
    [InlineData("100.128.0.1")]
    [InlineData("2606:4700::1111")]
    [InlineData("::ffff:8.8.8.8")]
    public void What_is_public_is(string address) => new OutboundGuard([]).Allows(IPAddress.Parse(address)).ShouldBeTrue();

    [Fact]
    public void What_the_operator_allows_is_and_nothing_beside_it()
    {
        var guard = new OutboundGuard([IPNetwork.Parse("10.1.2.0/24")]);

        guard.Allows(IPAddress.Parse("10.1.2.3")).ShouldBeTrue();
        guard.Allows(IPAddress.Parse("::ffff:10.1.2.3")).ShouldBeTrue();
        guard.Allows(IPAddress.Parse("10.1.3.3")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_name_that_leads_inside_is_refused_where_it_is_connected_to()
    {
        using var http = new HttpClient(new OutboundGuard([]).NewHandler(TimeSpan.FromSeconds(5)));

        // Judged before anything is connected: nobody listens there, and that is not what is found.
        var failure = await Should.ThrowAsync<HttpRequestException>(() => http.GetAsync("http://localhost:9/", Token));

        failure.GetBaseException().ShouldBeOfType<InsideAddressException>();
    }
}
