using System.Globalization;
using ModularChat.Storage.Redis;

namespace ModularChat.Messaging.Storage.Redis;

internal sealed partial class RedisMessageLog
{
    private static readonly TimeSpan RewritePause = TimeSpan.FromMilliseconds(100);

    public async ValueTask<int> ForgetDuplicatesAsync(DateTimeOffset before, int limit, CancellationToken token)
    {
        var forgotten = 0;
        for (var shard = 0; shard < ShardCount && forgotten < limit; shard++)
        {
            forgotten += await ForgetAsync(shard, before, limit - forgotten, token);
        }
        return forgotten;
    }

    // The cut holds from the first script on; rows leave in many, so that others can write between them.
    public async ValueTask<int> CutAsync(Guid conversationId, long upTo, DateTimeOffset forgetBefore, CancellationToken token)
    {
        var (left, after) = (0, 0L);
        do
        {
            var result = await _writers[Shard(conversationId)].WriteAsync(
                RedisWrite.Cut(conversationId, Math.Max(0, upTo), after, forgetBefore, CutSlice, _runs.Meta.Key, token));
            left += (int)result[0].Number;
            after = result[1].Number;
        }
        while (after > 0);
        return left;
    }

    public async ValueTask PurgeAsync(CancellationToken token)
    {
        try
        {
            await _cluster.Servers.LookAsync(token);
            foreach (var server in _cluster.Servers.All)
            {
                await using var connection = await _cluster.Servers.ConnectAsync(server, token);
                await RewriteAsync(connection, token);
            }
        }
        catch (Exception e) when (e is RedisLostException or RedisErrorException)
        {
            throw new LogUnavailableException("The append file of Redis could not be rewritten.", e);
        }
    }

    private static async Task RewriteAsync(IRedisConnection connection, CancellationToken token)
    {
        // One that runs already may have begun before the last deletion: it is let end first.
        await IdleAsync(connection, token);
        await connection.SendAsync(new RespCommand("BGREWRITEAOF"), token);
        var info = await IdleAsync(connection, token);
        if (info["aof_last_bgrewrite_status"] != "ok")
        {
            throw new RedisErrorException("ERR the append file was not rewritten");
        }
    }

    private static async Task<RedisInfo> IdleAsync(IRedisConnection connection, CancellationToken token)
    {
        while (true)
        {
            var info = RedisInfo.Parse((await connection.SendAsync(new RespCommand("INFO", "persistence"), token)).Text);
            if (info["aof_rewrite_in_progress"] == "0" && info["aof_rewrite_scheduled"] == "0")
            {
                return info;
            }
            await Task.Delay(RewritePause, TimeProvider.System, token);
        }
    }

    private async Task<int> ForgetAsync(int shard, DateTimeOffset before, int limit, CancellationToken token)
    {
        var key = Keys.Shard(shard);
        var from = (await _cluster.ReadAsync(key, null, [new RespCommand("HGET", key, "f")], token))[0];
        var feed = await FeedAsync(shard, from.Number, Math.Min(limit, ForgetPage), withCut: true, token);
        var entries = RedisPages.Entries(shard, feed.Items[0].Items, feed.Items[1].Items, feed.Items[2].Items).TakeWhile(e => e.Entry.At < before).ToList();
        if (entries.Count == 0)
        {
            return 0;
        }
        var command = RedisScript.Forget.On(key).Add(entries[^1].Position.ToString(CultureInfo.InvariantCulture));
        foreach (var (_, _, entry) in entries)
        {
            command.Add(RedisKeys.Bytes(entry.ConversationId)).Add(RedisKeys.Request(_runs.Meta.Key, entry.SenderId, entry.ClientMessageId!.Value));
        }
        return (int)(await OnShardAsync(shard, RedisScript.Forget, command, token)).Number;
    }

    /// <summary>A script that changes a shard beside its writer, with replicas waited for.</summary>
    private async Task<RespValue> OnShardAsync(int shard, RedisScript script, RespCommand command, CancellationToken token)
    {
        try
        {
            await using var link = await _cluster.LinkAsync(Keys.Shard(shard), null, token);
            return await link.RunAsync(script, command, token);
        }
        catch (Exception e) when (e is RedisLostException or RedisErrorException)
        {
            throw new LogUnavailableException("The message log on Redis cannot be written now.", e);
        }
    }
}
