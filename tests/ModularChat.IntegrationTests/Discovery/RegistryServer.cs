using ModularChat.Discovery.Storage.ZooKeeper;
using ModularChat.Shared.Servers;

namespace ModularChat.IntegrationTests.Discovery;

/// <summary>A real registry of one kind or the other, and what a test does to it.</summary>
internal sealed class RegistryServer : IAsyncDisposable
{
    /// <summary>Long enough for a machine that is busy with other tests.</summary>
    public const int SessionSeconds = 4;

    private readonly string _kind;
    private ZookeeperServer? _zookeeper;
    private RedisServer? _redis;

    private RegistryServer(string kind) => _kind = kind;

    public static string Missing(string kind) => kind == "redis" ? RedisServer.Missing : ZookeeperServer.Missing;

    private string Address => _redis?.Address ?? _zookeeper!.Address;

    public static async Task<RegistryServer> StartAsync(string kind, CancellationToken token)
    {
        var server = new RegistryServer(kind);
        if (kind == "redis")
        {
            // In memory only: what a registry holds is made again.
            server._redis = await RedisServer.StartAsync(token, "--appendonly", "no");
        }
        else
        {
            server._zookeeper = await ZookeeperServer.StartAsync(token);
        }
        return server;
    }

    /// <summary>The settings of a node.</summary>
    public string[] Settings(string id, string? url = null) =>
    [
        "Discovery:Registry=" + _kind, "Discovery:ConnectionString=" + Address, $"Discovery:SessionSeconds={SessionSeconds}", "Discovery:Node:Id=" + id,
        "Discovery:Node:PublicUrl=" + (url ?? $"http://{id}.example.org"), "Discovery:AnswersPerMinute=0",
    ];

    public Task Kill9Async() => _redis?.Kill9Async() ?? _zookeeper!.Kill9Async();

    public Task StartAgainAsync(CancellationToken token) => _redis?.StartAsync(token) ?? _zookeeper!.StartAgainAsync(token);

    public async Task PutGarbageAsync(string id, string value, CancellationToken token)
    {
        if (_redis is { } redis)
        {
            await redis.RunAsync(token, "SET", "{modularchat}:node:" + id, value);
            await redis.RunAsync(token, "SADD", "{modularchat}:nodes", id);
            return;
        }
        await using var session = await ZooKeeperSession.OpenAsync(Address, TimeSpan.FromSeconds(SessionSeconds), () => { });
        while (!session.IsConnected)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, token);
        }
        await session.CreateAsync("/modularchat/nodes/" + id, System.Text.Encoding.UTF8.GetBytes(value), ephemeral: false);
    }

    public async ValueTask DisposeAsync()
    {
        if (_redis is { } redis)
        {
            await redis.DisposeAsync();
        }
        if (_zookeeper is { } zookeeper)
        {
            await zookeeper.DisposeAsync();
        }
    }
}
