using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Storage;
using ModularChat.Storage.Redis;

namespace ModularChat.Messaging.Storage.Redis;

/// <summary>The log on Redis.</summary>
internal sealed class RedisLogEngine(
    IOptions<StorageOptions> options, IOptions<MessagingOptions> messaging, TimeProvider time, ILogger<RedisMessageLog> logger) : ILogEngine
{
    public string? DefaultDatabase => null;

    public async ValueTask<bool> HoldsLogAsync(string database, CancellationToken token)
    {
        var settings = RedisSettings.Parse(database);
        await using var cluster = Cluster(settings);
        return await InOneSentenceAsync(settings, async () =>
        {
            await cluster.Servers.LookAsync(token);
            return await cluster.ReadMetaAsync(token) is not null;
        });
    }

    public async ValueTask<ILogDatabase> OpenAsync(string database, LogOpening opening, ICommitListener listener, CancellationToken token)
    {
        var settings = RedisSettings.Parse(database);
        var cluster = Cluster(settings);
        RedisMessageLog? log = null;
        try
        {
            return await InOneSentenceAsync(settings, async () =>
            {
                await cluster.Servers.LookAsync(token);
                await RedisChecks.CheckAsync(cluster.Servers, logger, token);
                var meta = await cluster.ReadMetaAsync(token) ?? await MakeAsync(cluster, opening, token);
                var runs = new RedisRuns(cluster, meta, await PositionsAsync(cluster, meta.ShardCount, token), options.Value.Messages.CachedConversations, listener, time, logger);
                log = new RedisMessageLog(cluster, runs, options.Value.Messages, messaging.Value.ReceiptLimit, time, logger);
                await log.ConnectAsync(token);
                return log;
            });
        }
        catch
        {
            await (log?.DisposeAsync() ?? cluster.DisposeAsync());
            throw;
        }
    }

    private static async Task<T> InOneSentenceAsync<T>(RedisSettings settings, Func<Task<T>> open)
    {
        try
        {
            return await open();
        }
        catch (RedisErrorException e) when (e.Code is "NOAUTH" or "WRONGPASS" || e.Message.Contains("AUTH", StringComparison.Ordinal))
        {
            throw new StartupException($"Redis at {settings} does not accept the user and password of Storage:Messages:Databases.", e);
        }
        catch (RedisErrorException e)
        {
            throw new StartupException($"Redis at {settings} cannot hold the message log: {e.Message}", e);
        }
        catch (RedisLostException e)
        {
            throw new StartupException($"Redis at {settings} (Storage:Messages:Databases) cannot be reached: {e.InnerException?.Message ?? e.Message}", e);
        }
        catch (LogUnavailableException e)
        {
            throw new StartupException($"The message log on Redis at {settings} cannot be opened: {e.InnerException?.Message ?? e.Message}", e);
        }
    }

    private RedisCluster Cluster(RedisSettings settings) =>
        new(new RedisServers(settings, new RedisConnector(settings, time), time), new RedisKeys(settings.Prefix), options.Value.Messages.Redis);

    private static async Task<long[]> PositionsAsync(RedisCluster cluster, int shards, CancellationToken token)
    {
        var positions = await Task.WhenAll(Enumerable.Range(0, shards).Select(s =>
            cluster.ReadAsync(cluster.Keys.Shard(s), null, [new RespCommand("HGET", cluster.Keys.Shard(s), "p")], token)));
        return [.. positions.Select(p => p[0].Number)];
    }

    /// <summary>Makes the shards first and the log last: several nodes may do so at once, and one that ends half way leaves nothing that another takes for a log.</summary>
    private async Task<RedisMeta> MakeAsync(RedisCluster cluster, LogOpening opening, CancellationToken token)
    {
        var seed = opening.Seed;
        var shards = seed?.ShardCount ?? options.Value.Messages.Shards;
        var histories = new string[shards];
        for (var shard = 0; shard < shards; shard++)
        {
            var key = cluster.Keys.Shard(shard);
            await using var link = await cluster.LinkAsync(key, null, token);
            histories[shard] = link.History;
            var state = seed is null || seed.Shards.Contains(shard) ? ShardState.Held : ShardState.Gone;
            var answers = await link.RunAsync(
                [
                    new RespCommand("HSETNX", key, "s").Add((int)state), new RespCommand("HSETNX", key, "p", "0"), new RespCommand("HSETNX", key, "r", link.History),
                ],
                token);
            foreach (var answer in answers)
            {
                answer.Checked();
            }
        }
        IReadOnlyList<RedisRun> runs = seed is { Runs.Count: > 0 }
            ? [.. seed.Runs.Select(RedisRun.Of)]
            : [new RedisRun(opening.RunId ?? Ids.New(), new long[shards], time.GetUtcNow(), [.. Enumerable.Repeat(true, shards)])];
        var meta = new RedisMeta(seed?.LogId ?? Ids.New(), seed?.Key ?? RandomNumberGenerator.GetBytes(32), histories, [], runs);
        await cluster.RunOnMetaAsync(RedisScript.Create, meta.Create(cluster.Keys.Meta), token);
        return (await cluster.ReadMetaAsync(token))!;
    }
}
