using System.Diagnostics;
using ModularChat.IntegrationTests.Servers;
using ModularChat.Shared.Servers;

namespace ModularChat.IntegrationTests.Roles;

/// <summary>A cluster of real processes, of some roles each, on PostgreSQL and Redis.</summary>
internal sealed class SplitProcesses : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("modularchat-split-").FullName;
    private readonly Dictionary<string, ServerProcess> _nodes = new(StringComparer.Ordinal);
    private readonly PostgresServer _postgres;
    private readonly RedisServer _redis;
    private readonly string[] _settings;

    private SplitProcesses(PostgresServer postgres, RedisServer redis, string accounts, string messages)
    {
        (_postgres, _redis) = (postgres, redis);
        _settings =
        [
            "Storage:Relational:Engine=postgresql", "Storage:Relational:ConnectionString=" + accounts,
            "Storage:Messages:Engine=postgresql", "Storage:Messages:Databases:0=" + messages,
            "Backplane:Engine=redis", "Backplane:ConnectionString=" + redis.Address,
            "Presence:Leases=redis", "Presence:ConnectionString=" + redis.Address,
            "Discovery:Registry=redis", "Discovery:ConnectionString=" + redis.Address, "Discovery:AnswersPerMinute=0",
            "Cluster:Secret=" + SplitCluster.Secret, "Identity:SetupCode=setup-code-of-tests", "Identity:RegistrationsPerMinute=0", "Logging:LogLevel:Default=Warning",
        ];
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Why such a cluster cannot be started here; empty when it can.</summary>
    public static string Missing => PostgresServer.Missing.Length > 0 ? PostgresServer.Missing : RedisServer.Missing;

    public ServerProcess this[string name] => _nodes[name];

    /// <summary>Processor time that all nodes have used.</summary>
    public TimeSpan Cpu => new(_nodes.Values.Sum(n => Process.GetProcessById(n.Id).TotalProcessorTime.Ticks));

    /// <summary>Starts a process for each name, with the roles after it: <c>gateway=gateway</c>.</summary>
    public static async Task<SplitProcesses> StartAsync(bool messagingBeside, (string Name, string Roles)[] nodes, params string[] more)
    {
        Assert.SkipWhen(Missing.Length > 0, Missing);
        var postgres = await PostgresServer.StartAsync(Cancel);
        var redis = await RedisServer.StartAsync(Cancel, "--appendonly", "no");
        var cluster = new SplitProcesses(postgres, redis, await postgres.CreateDatabaseAsync("accounts", Cancel), await postgres.CreateDatabaseAsync("messages", Cancel));
        foreach (var (name, roles) in nodes)
        {
            var port = ServerProcess.FreePort();
            var @internal = ServerProcess.FreePort();
            cluster._nodes[name] = await ServerProcess.StartAsync(Path.Combine(cluster._folder, name), port, settings:
            [
                .. cluster._settings, "Cluster:Roles=" + roles, $"Cluster:MessagingBesideGateway={messagingBeside}", $"Cluster:InternalUrl=http://127.0.0.1:{@internal}",
                "Discovery:Node:Id=" + name, $"Discovery:Node:PublicUrl=http://127.0.0.1:{port}", .. more,
            ]);
        }
        return cluster;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes.Values)
        {
            await node.DisposeAsync();
        }
        await _redis.DisposeAsync();
        await _postgres.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
