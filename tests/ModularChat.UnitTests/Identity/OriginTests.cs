using System.Net;
using Microsoft.AspNetCore.Http;
using ModularChat.Identity.Accounts;

namespace ModularChat.UnitTests.Identity;

public sealed class OriginTests
{
    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.8.0.1", true)]
    [InlineData("::1", true)]
    [InlineData("::ffff:127.0.0.1", true)]
    [InlineData("192.0.2.1", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("::ffff:192.0.2.1", false)]
    public void Only_a_loopback_address_is_this_machine(string address, bool isThisMachine) => Of(address).IsThisMachine.ShouldBe(isThisMachine);

    [Theory]
    [InlineData("X-Forwarded-For")]
    [InlineData("x-forwarded-proto")]
    [InlineData("Forwarded")]
    [InlineData("Via")]
    [InlineData("X-Real-IP")]
    public void Behind_a_proxy_nobody_is_this_machine(string header) => Of("127.0.0.1", header).IsThisMachine.ShouldBeFalse();

    [Fact]
    public void A_connection_without_an_address_is_not_this_machine() => Origin.Of(new DefaultHttpContext()).IsThisMachine.ShouldBeFalse();

    [Fact]
    public void Addresses_of_one_IPv6_network_count_as_one()
    {
        Of("2001:db8:0:1::1").Key.ShouldBe(Of("2001:db8:0:1:ffff::2").Key);
        Of("2001:db8:0:1::1").Key.ShouldNotBe(Of("2001:db8:0:2::1").Key);
        Of("::ffff:192.0.2.1").Key.ShouldBe(Of("192.0.2.1").Key);
        Of("192.0.2.1").Key.ShouldNotBe(Of("192.0.2.2").Key);
    }

    private static Origin Of(string address, string? header = null)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(address);
        if (header is not null)
        {
            context.Request.Headers[header] = "x";
        }
        return Origin.Of(context);
    }
}
