using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ModularChat.IntegrationTests.Discovery;
using ModularChat.IntegrationTests.Logs;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Roles;

/// <summary>Servers of some roles each, in this process, that find each other in a real Redis.</summary>
internal sealed class SplitCluster(RegistryServer registry) : IAsyncDisposable
{
    public const string Secret = "the-secret-of-the-nodes-of-these-tests";

    private readonly List<ChatServer> _servers = [];

    public static async Task<SplitCluster> StartAsync()
    {
        Assert.SkipWhen(RegistryServer.Missing("redis").Length > 0, RegistryServer.Missing("redis"));
        return new SplitCluster(await RegistryServer.StartAsync("redis", TestContext.Current.CancellationToken));
    }

    /// <summary>Garbage in the registry.</summary>
    public Task PutGarbageAsync(string id, string value) => registry.PutGarbageAsync(id, value, TestContext.Current.CancellationToken);

    /// <summary>Adds a server with these roles.</summary>
    public Task<ChatServer> AddAsync(string id, string roles, params string[] settings) => AddAsync(id, roles, log: null, time: null, settings);

    /// <summary>The same with a log that is looked at, and a time of its own.</summary>
    public async Task<ChatServer> AddAsync(string id, string roles, CapturedLog? log, TimeProvider? time, params string[] settings)
    {
        var server = await ChatServer.StartAsync(
            time, adjust: services => services.AddLogging(b => b.AddProvider(log ?? new CapturedLog())), settings: [.. Settings(id, roles), .. settings]);
        _servers.Add(server);
        return server;
    }

    /// <summary>Registers a user, and waits until every module can be asked.</summary>
    public static async Task<ChatUser> ReadyAsync(ChatServer api, string name)
    {
        var user = await api.RegisterAsync(name);
        foreach (var path in new[] { "conversations", $"presence?userIds={user.Id}" })
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            limit.CancelAfter(TimeSpan.FromSeconds(30));
            while (!(await user.Http.GetAsync(path, limit.Token)).IsSuccessStatusCode)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
            }
        }
        return user;
    }

    /// <summary>The settings of a node.</summary>
    public string[] Settings(string id, string roles) =>
        [.. registry.Settings(id), "Cluster:Roles=" + roles, "Cluster:InternalUrl=http://127.0.0.1:0", "Cluster:Secret=" + Secret];

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
        await registry.DisposeAsync();
    }
}
