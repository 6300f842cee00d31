using System.Globalization;
using ModularChat.IntegrationTests.Servers;
using ModularChat.Shared.Servers;

namespace ModularChat.IntegrationTests.Backplane;

/// <summary>Two servers of one cluster: accounts in PostgreSQL, the log in PostgreSQL or in a Redis of its own, the backplane in another Redis.</summary>
internal sealed class TwoNodes : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _running = [];

    public ChatServer A { get; private set; } = null!;

    public ChatServer B { get; private set; } = null!;

    public RedisServer Redis { get; private set; } = null!;

    public string[] Settings { get; private set; } = [];

    public static string Missing => PostgresServer.Missing.Length > 0 ? PostgresServer.Missing : RedisServer.Missing;

    /// <summary>Starts everything.</summary>
    /// <param name="engine">Of the log: postgresql or redis.</param>
    /// <param name="followMilliseconds">How often nodes look into the store; a minute when what arrives before can only have come over the backplane.</param>
    /// <param name="token">Ends the wait.</param>
    /// <param name="more">Further settings of both.</param>
    public static async Task<TwoNodes> StartAsync(string engine, int followMilliseconds, CancellationToken token, params string[] more)
    {
        Assert.SkipWhen(Missing.Length > 0, Missing);
        var nodes = new TwoNodes();
        try
        {
            var postgres = nodes.Keep(await PostgresServer.StartAsync(token));
            nodes.Redis = nodes.Keep(await RedisServer.StartAsync(token, "--appendonly", "no"));
            var accounts = await postgres.CreateDatabaseAsync("accounts", token);
            var log = engine == "redis" ? nodes.Keep(await RedisServer.StartAsync(token)).Address : await postgres.CreateDatabaseAsync("log", token);
            nodes.Settings =
            [
                "Storage:Relational:Engine=postgresql", "Storage:Relational:ConnectionString=" + accounts,
                "Storage:Messages:Engine=" + engine, "Storage:Messages:Databases:0=" + log,
                "Storage:Messages:FollowMilliseconds=" + followMilliseconds.ToString(CultureInfo.InvariantCulture),
                "Backplane:Engine=redis", "Backplane:ConnectionString=" + nodes.Redis.Address,
                "Presence:Leases=redis", "Presence:ConnectionString=" + nodes.Redis.Address,
                "Calls:Board=redis", "Calls:ConnectionString=" + nodes.Redis.Address, .. more,
            ];
            nodes.A = nodes.Keep(await ChatServer.StartAsync(settings: nodes.Settings));
            nodes.B = nodes.Keep(await ChatServer.StartAsync(settings: nodes.Settings));
            return nodes;
        }
        catch
        {
            await nodes.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the readiness of both nodes says this of the backplane.</summary>
    public async Task UntilBackplaneAsync(string says, CancellationToken token)
    {
        foreach (var node in new[] { A, B })
        {
            while (!(await node.Anonymous.GetStringAsync(new Uri(node.Url, "/health/ready"), token)).Contains(says, StringComparison.Ordinal))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, token);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in Enumerable.Reverse(_running))
        {
            await server.DisposeAsync();
        }
    }

    private T Keep<T>(T started)
        where T : IAsyncDisposable
    {
        _running.Add(started);
        return started;
    }
}
