using System.Text;
using Microsoft.Extensions.Options;
using ModularChat.Discovery.Nodes;
using ModularChat.Discovery.Registry;

namespace ModularChat.Discovery.Storage.ZooKeeper;

/// <summary>
/// Nodes as ephemeral nodes of ZooKeeper, below <c>/cluster/nodes</c>: they go with the session of the process that made them. Wishes to
/// drain lie below <c>/cluster/drain</c>.
/// </summary>
internal sealed class ZooKeeperRegistry : INodeRegistry
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(3), Look = TimeSpan.FromMilliseconds(20);

    private readonly string _hosts, _root;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly Wake _changed = new();
    private ZooKeeperSession? _session;
    private bool _hasPaths;

    public ZooKeeperRegistry(IOptions<DiscoveryOptions> options, TimeProvider time)
    {
        // Found missing at the start, and not at the first try.
        _ = ZooKeeperLibrary.Load();
        (_hosts, _root, _time) = (options.Value.ConnectionString, "/" + options.Value.Cluster, time);
        _timeout = TimeSpan.FromSeconds(options.Value.SessionSeconds);
    }

    public async Task<bool> KeepAsync(NodePlace place, CancellationToken token)
    {
        var session = await ConnectedAsync(token);
        var path = PathOf(place.Id);
        if (await session.GetAsync(path) is not { } there)
        {
            return await session.CreateAsync(path, place.Written, ephemeral: true);
        }
        if (NodeRecord.InstanceOf(there) != place.Instance)
        {
            return false;
        }
        return !place.IsNew || await session.SetAsync(path, place.Written);
    }

    public async Task<IReadOnlyList<KeyValuePair<string, byte[]>>> ReadAsync(CancellationToken token)
    {
        var session = await ConnectedAsync(token);
        var read = new List<KeyValuePair<string, byte[]>>();
        foreach (var id in await session.ChildrenAsync(_root + "/nodes"))
        {
            if (await session.GetAsync(PathOf(id)) is { } value)
            {
                read.Add(new(id, value));
            }
        }
        return read;
    }

    public async Task AskToDrainAsync(string id, Guid instance, CancellationToken token)
    {
        var session = await ConnectedAsync(token);
        var wish = Encoding.UTF8.GetBytes(instance.ToString());
        if (!await session.CreateAsync(WishOf(id), wish, ephemeral: false))
        {
            await session.SetAsync(WishOf(id), wish);
        }
    }

    public async Task<bool> IsAskedToDrainAsync(string id, Guid instance, CancellationToken token)
    {
        var session = await ConnectedAsync(token);
        return await session.GetAsync(WishOf(id)) is { } wish && Encoding.UTF8.GetString(wish) == instance.ToString();
    }

    public async Task LeaveAsync(NodePlace place, CancellationToken token)
    {
        if (_session is not { IsConnected: true } session)
        {
            return;
        }
        if (await session.GetAsync(PathOf(place.Id)) is { } there && NodeRecord.InstanceOf(there) == place.Instance)
        {
            await session.DeleteAsync(PathOf(place.Id));
        }
        if (await IsAskedToDrainAsync(place.Id, place.Instance, token))
        {
            await session.DeleteAsync(WishOf(place.Id));
        }
    }

    public Task ChangedAsync(CancellationToken token) => _changed.WaitAsync(token);

    public async ValueTask DisposeAsync()
    {
        if (_session is { } session)
        {
            _session = null;
            await session.DisposeAsync();
        }
        _changed.Dispose();
    }

    private string PathOf(string id) => $"{_root}/nodes/{id}";

    private string WishOf(string id) => $"{_root}/drain/{id}";

    private async Task<ZooKeeperSession> ConnectedAsync(CancellationToken token)
    {
        if (_session is { IsOver: true } over)
        {
            _session = null;
            await over.DisposeAsync();
        }
        if (_session is null)
        {
            _session = await ZooKeeperSession.OpenAsync(_hosts, _timeout, _changed.Up);
            _hasPaths = false;
        }
        var session = _session;
        var began = _time.GetTimestamp();
        while (!session.IsConnected)
        {
            if (session.IsOver || _time.GetElapsedTime(began) >= ConnectTimeout)
            {
                throw new RegistryAwayException("ZooKeeper cannot be reached.");
            }
            await Task.Delay(Look, _time, token);
        }
        if (!_hasPaths)
        {
            foreach (var path in (string[])[_root, _root + "/nodes", _root + "/drain"])
            {
                await session.CreateAsync(path, [], ephemeral: false);
            }
            _hasPaths = true;
        }
        return session;
    }
}
