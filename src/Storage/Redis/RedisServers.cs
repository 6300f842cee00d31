using System.Collections.Concurrent;
using System.Net;

namespace ModularChat.Storage.Redis;

/// <summary>One Redis server, or the nodes of a cluster: finds the one that writes a slot, also after it has changed.</summary>
public sealed class RedisServers(RedisSettings settings, IRedisConnector connector, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan LookPause = TimeSpan.FromMilliseconds(200);

    private readonly SemaphoreSlim _looking = new(1);
    private long _looked = long.MinValue;

    private readonly ConcurrentDictionary<string, IRedisConnection> _shared = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _asking = new(1);
    private volatile Slots _slots = new([], false);

    /// <summary>True when the servers make up a cluster; known after the first look.</summary>
    public bool IsCluster => _slots.IsCluster;

    /// <summary>All servers known: masters first, then replicas.</summary>
    public IReadOnlyList<DnsEndPoint> All => [.. _slots.Ranges.Select(r => r.Master).Concat(_slots.Ranges.SelectMany(r => r.Replicas)).DistinctBy(RedisSettings.Name)];

    /// <summary>The servers that take writes.</summary>
    public IReadOnlyList<DnsEndPoint> Masters => [.. _slots.Ranges.Select(r => r.Master).DistinctBy(RedisSettings.Name)];

    /// <summary>Who writes a slot, as last seen; null when nobody is known.</summary>
    public DnsEndPoint? Find(int slot) => _slots.Ranges.FirstOrDefault(r => r.From <= slot && slot <= r.To)?.Master;

    /// <summary>A connection of one's own.</summary>
    public Task<IRedisConnection> ConnectAsync(DnsEndPoint server, CancellationToken token) => connector.ConnectAsync(server, token);

    /// <summary>The connection to a server that everybody shares, for reading.</summary>
    public async Task<IRedisConnection> ShareAsync(DnsEndPoint server, CancellationToken token)
    {
        var name = RedisSettings.Name(server);
        if (_shared.TryGetValue(name, out var shared) && shared.IsOpen)
        {
            return shared;
        }
        await _asking.WaitAsync(token);
        try
        {
            if (_shared.TryGetValue(name, out shared))
            {
                if (shared.IsOpen)
                {
                    return shared;
                }
                await shared.DisposeAsync();
            }
            return _shared[name] = await connector.ConnectAsync(server, token);
        }
        finally
        {
            _asking.Release();
        }
    }

    /// <summary>Asks the servers, known ones and those of the settings, who writes what.</summary>
    /// <exception cref="RedisLostException">None can be reached.</exception>
    /// <exception cref="RedisErrorException">It does not let us in, or cannot say now.</exception>
    public async Task LookAsync(CancellationToken token)
    {
        await _looking.WaitAsync(token);
        try
        {
            // Every shard asks when a server is gone: one look answers all of them.
            if (_looked == long.MinValue || time.GetElapsedTime(_looked) >= LookPause)
            {
                await AskAsync(token);
                _looked = time.GetTimestamp();
            }
        }
        finally
        {
            _looking.Release();
        }
    }

    private async Task AskAsync(CancellationToken token)
    {
        Exception? failure = null;
        // All at once: one that is frozen takes connections and never answers.
        var asked = All.Concat(settings.Servers).DistinctBy(RedisSettings.Name).Select(server => AskAsync(server, token)).ToArray();
        await foreach (var answer in Task.WhenEach(asked).WithCancellation(token))
        {
            try
            {
                _slots = await answer;
                return;
            }
            catch (Exception e) when (e is RedisLostException or RedisErrorException)
            {
                failure = e;
            }
        }
        throw failure!;
    }

    private async Task<Slots> AskAsync(DnsEndPoint server, CancellationToken token)
    {
        await using var connection = await connector.ConnectAsync(server, token);
        var info = RedisInfo.Parse((await connection.SendAsync(new RespCommand("INFO"), token)).Text);
        if (info["cluster_enabled"] == "1")
        {
            var slots = (await connection.SendAsync(new RespCommand("CLUSTER", "SLOTS"), token)).Items;
            return slots.Length > 0 ? new Slots([.. slots.Select(s => Range(s, server))], IsCluster: true) : throw new RedisErrorException("CLUSTERDOWN no slots are assigned");
        }
        return info["role"] == "master" ? new Slots([new SlotRange(0, 16383, server, [])], IsCluster: false) : throw new RedisErrorException("READONLY it is a replica");
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var shared in _shared.Values)
        {
            await shared.DisposeAsync();
        }
        _asking.Dispose();
        _looking.Dispose();
    }

    private static SlotRange Range(RespValue range, DnsEndPoint asked)
    {
        var items = range.Items;
        return new SlotRange((int)items[0].Number, (int)items[1].Number, Server(items[2], asked), [.. items[3..].Select(r => Server(r, asked))]);
    }

    // A node that does not know its own address says nothing: it is the one that was asked.
    private static DnsEndPoint Server(RespValue node, DnsEndPoint asked) =>
        new(node.Items[0] is { IsNull: false, Bytes.Length: > 0 } host ? host.Text : asked.Host, (int)node.Items[1].Number);

    private sealed record SlotRange(int From, int To, DnsEndPoint Master, DnsEndPoint[] Replicas);

    private sealed record Slots(SlotRange[] Ranges, bool IsCluster);
}

/// <summary>The fields of INFO.</summary>
public sealed class RedisInfo
{
    private readonly Dictionary<string, string> _fields = [];

    /// <summary>A field; empty when it is not there.</summary>
    public string this[string name] => _fields.GetValueOrDefault(name, "");

    /// <summary>Reads the text of INFO.</summary>
    public static RedisInfo Parse(string text)
    {
        var info = new RedisInfo();
        foreach (var line in text.Split('\n'))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                info._fields[line[..colon]] = line[(colon + 1)..].TrimEnd('\r');
            }
        }
        return info;
    }
}
