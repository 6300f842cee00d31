using System.Globalization;

namespace ModularChat.Shared.Servers;

/// <summary>A Redis Cluster of three masters with one replica each.</summary>
internal sealed class RedisClusterServers : IAsyncDisposable
{
    private const int Nodes = 6;

    private readonly List<RedisServer> _nodes = [];

    private RedisClusterServers()
    {
    }

    public IReadOnlyList<RedisServer> All => _nodes;

    /// <summary>All nodes as a connection string.</summary>
    public string Addresses => string.Join(',', _nodes.Select(n => n.Address));

    public static async Task<RedisClusterServers> StartAsync(CancellationToken token)
    {
        var cluster = new RedisClusterServers();
        try
        {
            for (var i = 0; i < Nodes; i++)
            {
                cluster._nodes.Add(await RedisServer.StartAsync(token, "--cluster-enabled", "yes", "--cluster-node-timeout", "1500"));
            }
            await cluster._nodes[0].RunAsync(token, ["--cluster", "create", .. cluster._nodes.Select(n => n.Address), "--cluster-replicas", "1", "--cluster-yes"]);
            await cluster.WaitAsync("cluster_state:ok", token);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The node that writes the slot of a key now, and the one that follows it, once that has caught up.</summary>
    public async Task<(RedisServer Master, RedisServer Replica)> FindAsync(string key, CancellationToken token)
    {
        var shards = "";
        for (var attempt = 1; attempt < 300; attempt++)
        {
            foreach (var node in _nodes)
            {
                var slot = await node.RunAsync(token, "CLUSTER", "KEYSLOT", key);
                shards = await node.RunAsync(token, "CLUSTER", "NODES");
                var lines = shards.Split('\n').Select(l => l.Split(' ')).Where(l => l.Length > 7).ToList();
                var master = lines.Find(l => l[2].Contains("master", StringComparison.Ordinal) && !l[2].Contains("fail", StringComparison.Ordinal) && l[8..].Any(r => Holds(r, slot)));
                var replica = master is null ? null : lines.Find(l => l[3] == master[0]);
                // A replica that has not caught up since it was started cannot take over.
                if (replica is not null && (await Node(replica[1]).RunAsync(token, "INFO", "replication")).Contains("master_link_status:up", StringComparison.Ordinal))
                {
                    return (Node(master![1]), Node(replica[1]));
                }
            }
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, token);
        }
        throw new InvalidOperationException($"Nobody writes {key} with a replica that has caught up: {shards}");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }
    }

    private async Task WaitAsync(string wanted, CancellationToken token)
    {
        foreach (var node in _nodes)
        {
            for (var attempt = 1; !(await node.RunAsync(token, "CLUSTER", "INFO")).Contains(wanted, StringComparison.Ordinal)
                || (await node.RunAsync(token, "INFO", "replication")).Contains("master_link_status:down", StringComparison.Ordinal); attempt++)
            {
                if (attempt == 200)
                {
                    throw new InvalidOperationException($"The cluster does not come up: {node.Log}");
                }
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, token);
            }
        }
    }

    private RedisServer Node(string address) => _nodes.Single(n => address.StartsWith(n.Address + "@", StringComparison.Ordinal));

    private static bool Holds(string range, string slot)
    {
        var ends = range.Split('-');
        return int.TryParse(ends[0], CultureInfo.InvariantCulture, out var from) && int.TryParse(ends[^1], CultureInfo.InvariantCulture, out var to)
            && int.Parse(slot, CultureInfo.InvariantCulture) is var number && from <= number && number <= to;
    }
}
