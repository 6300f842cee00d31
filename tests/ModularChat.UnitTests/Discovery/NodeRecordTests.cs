using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using ModularChat.Discovery;
using ModularChat.Discovery.Nodes;
using ModularChat.Discovery.Registry;
using ModularChat.Shared;

namespace ModularChat.UnitTests.Discovery;

public sealed class NodeRecordTests
{
    [Fact]
    public void A_record_comes_back_as_it_was_written()
    {
        var node = Town.Node("a", "eu", connections: 7, cpu: 0.25) with { Latitude = 1, Longitude = -2 };

        var read = NodeRecord.Read("a", node.Write())!;

        (read with { Roles = node.Roles }).ShouldBe(node);
        read.Roles.ShouldBe(node.Roles);
        NodeRecord.InstanceOf(node.Write()).ShouldBe(node.Instance);
    }

    [Fact]
    public void Garbage_is_no_node()
    {
        var node = Town.Node("a", "eu");
        var written = Encoding.UTF8.GetString(node.Write());
        string[] garbage =
        [
            "", "x", new string('x', 37), "\0\uFFFF", written[..^1], written[37..], written.Replace("\"a\"", "\"b\"", StringComparison.Ordinal),
            written.Replace("https://a.example.org", "javascript:alert(1)", StringComparison.Ordinal),
            written.Replace("\"capacity\":1000", "\"capacity\":0", StringComparison.Ordinal),
            written.Replace("\"capacity\":1000", "\"capacity\":\"many\"", StringComparison.Ordinal),
            written.Replace("\"cpu\":0", "\"cpu\":-1", StringComparison.Ordinal),
            written.Replace("\"latitude\":null", "\"latitude\":5", StringComparison.Ordinal),
            written.Replace("\"latitude\":null,\"longitude\":null", "\"latitude\":500,\"longitude\":0", StringComparison.Ordinal),
            written.Replace("\"load\":", "\"lead\":", StringComparison.Ordinal),
            written.Replace("[\"gateway\"]", "[null]", StringComparison.Ordinal),
            written.Replace("\"Up\"", "\"Down\"", StringComparison.Ordinal),
            written.Replace(node.Instance.ToString(), Guid.Empty.ToString(), StringComparison.Ordinal)[..36] + written[36..],
            $"{Guid.Empty:D}\n{{}}", $"{Guid.Empty:D}\nnull", written + new string(' ', 10_000),
        ];

        garbage.Where(text => NodeRecord.Read("a", Encoding.UTF8.GetBytes(text)) is not null).ShouldBeEmpty();
        NodeRecord.Read("a", Encoding.UTF8.GetBytes(written.Replace("\"id\":", "\"news\":[1],\"id\":", StringComparison.Ordinal))).ShouldNotBeNull("a newer node may say more");
    }

    [Fact]
    public void After_a_loss_a_node_keeps_its_seat_for_a_session()
    {
        var time = new ManualTime();
        var known = new KnownNodes(Options.Create(new DiscoveryOptions { SessionSeconds = 6 }), time, NullLogger<KnownNodes>.Instance);
        var (a, b) = (Town.Node("a"), Town.Node("b"));
        known.Read([new("a", a.Write()), new("b", b.Write())]).Count.ShouldBe(2);

        known.Returned();
        known.Read([new("a", a.Write())]).Count.ShouldBe(2);
        time.Advance(TimeSpan.FromSeconds(6));
        known.Read([new("a", a.Write())]).Count.ShouldBe(2);
        time.Advance(TimeSpan.FromSeconds(1));
        known.Read([new("a", a.Write())]).Select(n => n.Id).ShouldBe(["a"]);
    }
}
