using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Redis;
using ModularChat.Shared.Servers;
using ModularChat.Storage;

[assembly: AssemblyFixture(typeof(ModularChat.StorageTests.RedisLogs))]

namespace ModularChat.StorageTests;

/// <summary>One Redis and one cluster for the whole run, started by the first test that needs them; a prefix of its own for each log.</summary>
public sealed class RedisLogs : IAsyncDisposable
{
    private static readonly SemaphoreSlim Gate = new(1);
    private static RedisServer? server;
    private static RedisClusterServers? cluster;

    internal static TheoryDataRow<string> Row => new("redis") { Skip = RedisServer.Missing is { Length: > 0 } why ? why : null };

    internal static TheoryDataRow<string> ClusterRow => new("redis-cluster") { Skip = Row.Skip };

    internal static async Task<RedisServer> StartAsync()
    {
        Assert.SkipWhen(RedisServer.Missing.Length > 0, RedisServer.Missing);
        await Gate.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            return server ??= await RedisServer.StartAsync(TestContext.Current.CancellationToken);
        }
        finally
        {
            Gate.Release();
        }
    }

    internal static async Task<RedisClusterServers> StartClusterAsync()
    {
        Assert.SkipWhen(RedisServer.Missing.Length > 0, RedisServer.Missing);
        await Gate.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            return cluster ??= await RedisClusterServers.StartAsync(TestContext.Current.CancellationToken);
        }
        finally
        {
            Gate.Release();
        }
    }

    internal static RedisLogEngine Engine(MessageLogOptions options, int receiptLimit, TimeProvider time) => new(
        Options.Create(new StorageOptions { Messages = options }), Options.Create(new MessagingOptions { ReceiptLimit = receiptLimit }), time, NullLogger<RedisMessageLog>.Instance);

    public async ValueTask DisposeAsync()
    {
        if (server is not null)
        {
            await server.DisposeAsync();
        }
        if (cluster is not null)
        {
            await cluster.DisposeAsync();
        }
    }

    /// <summary>Keys that may hold a log.</summary>
    internal sealed class Database(bool isCluster = false) : IAsyncDisposable
    {
        private readonly string _prefix = $"log-{Ids.New():n}";
        private bool _isUsed;

        public async Task<string> ConnectionAsync() =>
            $"{(isCluster ? (await StartClusterAsync()).Addresses : (await StartAsync()).Address)},prefix={_prefix}";

        public async Task<ILogDatabase> OpenAsync(LogOpening opening, MessageLogOptions options, int receiptLimit, ICommitListener listener, TimeProvider time)
        {
            _isUsed = true;
            return await Engine(options, receiptLimit, time).OpenAsync(await ConnectionAsync(), opening, listener, TestContext.Current.CancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            if (!_isUsed)
            {
                return;
            }
            foreach (var node in isCluster ? (await StartClusterAsync()).All : [await StartAsync()])
            {
                await node.RunAsync(CancellationToken.None, "EVAL", Drop, "0", $"{{{_prefix}:*");
            }
        }

        private const string Drop =
            """
            if string.find(redis.call('INFO', 'replication'), 'role:slave') then return 0 end
            local cursor = '0'
            repeat
              local page = redis.call('SCAN', cursor, 'MATCH', ARGV[1], 'COUNT', 10000)
              cursor = page[1]
              for _, key in ipairs(page[2]) do redis.call('UNLINK', key) end
            until cursor == '0'
            """;
    }
}
