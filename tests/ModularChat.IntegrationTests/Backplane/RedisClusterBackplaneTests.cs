using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Host.Backplane;
using ModularChat.Host.Backplane.Redis;
using ModularChat.Shared.Servers;

namespace ModularChat.IntegrationTests.Backplane;

/// <summary>The backplane on a real Redis Cluster: what is published to one of its servers is heard at all.</summary>
public sealed class RedisClusterBackplaneTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task On_a_cluster_frames_reach_all_nodes_in_order_and_do_again_after_the_loss_of_a_server()
    {
        Assert.SkipWhen(RedisServer.Missing.Length > 0, RedisServer.Missing);
        await using var cluster = await RedisClusterServers.StartAsync(Token);
        await using var a = await NodeAsync(cluster);
        await using var b = await NodeAsync(cluster);
        await using var c = await NodeAsync(cluster);
        Node[] nodes = [a, b, c];

        for (byte i = 0; i < 100; i++)
        {
            a.Backplane.Publish([1, 0, i]).ShouldBeTrue();
        }
        foreach (var node in nodes)
        {
            await UntilAsync(() => Task.FromResult(node.Got.Count == 100));
            node.Got.Select(f => f[2]).ShouldBe(Enumerable.Range(0, 100).Select(i => (byte)i), "one node's frames keep their order");
        }

        // The one that has the channel's slot, through which most of it goes.
        var (master, _) = await cluster.FindAsync("modularchat:events", Token);
        await master.Kill9Async();
        foreach (var from in nodes)
        {
            foreach (var to in nodes)
            {
                var mark = Ids.New().ToByteArray();
                await UntilAsync(async () =>
                {
                    from.Backplane.Publish([1, .. mark]);
                    await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Token);
                    return to.Got.Any(f => f.AsSpan(1).SequenceEqual(mark));
                });
            }
        }
    }

    private static async Task<Node> NodeAsync(RedisClusterServers cluster)
    {
        var options = Options.Create(new BackplaneOptions { Engine = "redis", ConnectionString = cluster.Addresses });
        var node = new Node(new RedisBackplane(options, TimeProvider.System, NullLogger<RedisBackplane>.Instance));
        await node.Backplane.StartAsync(frame => node.Got.Enqueue(frame.ToArray()), Token);
        return node;
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (!await isSo())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
        }
    }

    private sealed record Node(RedisBackplane Backplane) : IAsyncDisposable
    {
        public ConcurrentQueue<byte[]> Got { get; } = new();

        public ValueTask DisposeAsync() => Backplane.DisposeAsync();
    }
}
