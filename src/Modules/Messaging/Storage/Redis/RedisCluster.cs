using ModularChat.Storage;
using ModularChat.Storage.Redis;

namespace ModularChat.Messaging.Storage.Redis;

/// <summary>The servers of one log with what is needed to write and read on them.</summary>
internal sealed class RedisCluster(RedisServers servers, RedisKeys keys, RedisLogOptions options) : IAsyncDisposable
{
    private const int Attempts = 3;

    public RedisServers Servers => servers;

    public RedisKeys Keys => keys;

    private int Replicas => options.WaitReplicas >= 0 ? options.WaitReplicas : servers.IsCluster ? 1 : 0;

    /// <summary>A connection to the server that writes a key, as far as is known; or to the one that was named instead.</summary>
    public async Task<RedisLink> LinkAsync(string key, System.Net.DnsEndPoint? named, CancellationToken token)
    {
        var server = named ?? servers.Find(RedisSlots.Of(key)) ?? throw new RedisLostException("No server of Redis is known that has this shard.");
        return await RedisLink.OpenAsync(await servers.ConnectAsync(server, token), Replicas, options.WaitMilliseconds, token);
    }

    /// <summary>Reads on the server that writes the key, on a connection that is shared.</summary>
    /// <exception cref="LogUnavailableException">It cannot.</exception>
    public async Task<RespValue[]> ReadAsync(string key, RedisScript? script, IReadOnlyList<RespCommand> commands, CancellationToken token)
    {
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                var server = servers.Find(RedisSlots.Of(key)) ?? throw new RedisLostException("No server of Redis is known that has this shard.");
                var connection = await servers.ShareAsync(server, token);
                try
                {
                    var answers = await connection.SendAsync(commands, token);
                    if (script is not null && attempt < Attempts && answers.Any(a => a.Error?.StartsWith("NOSCRIPT", StringComparison.Ordinal) == true))
                    {
                        await script.LoadAsync(connection, token);
                        continue;
                    }
                    foreach (var answer in answers)
                    {
                        answer.Checked();
                    }
                    return answers;
                }
                catch (Exception e) when (e is RedisLostException or RedisErrorException && attempt < Attempts)
                {
                    await servers.LookAsync(token);
                }
            }
        }
        catch (Exception e) when (e is RedisLostException or RedisErrorException)
        {
            throw new LogUnavailableException("The message log on Redis cannot be read now.", e);
        }
    }

    /// <summary>The same for one script.</summary>
    public async Task<RespValue> ReadAsync(string key, RedisScript script, RespCommand command, CancellationToken token) =>
        (await ReadAsync(key, script, [command], token))[0];

    /// <summary>What names the log; null when there is none.</summary>
    public async Task<RedisMeta?> ReadMetaAsync(CancellationToken token) =>
        RedisMeta.Parse(await ReadAsync(keys.Meta, RedisScript.Meta, RedisScript.Meta.On(keys.Meta), token));

    /// <summary>Changes what names the log, on a connection of its own so that replicas can be waited for.</summary>
    public async Task<RespValue> RunOnMetaAsync(RedisScript script, RespCommand command, CancellationToken token)
    {
        await using var link = await LinkAsync(keys.Meta, null, token);
        return await link.RunAsync(script, command, token);
    }

    public ValueTask DisposeAsync() => servers.DisposeAsync();
}
