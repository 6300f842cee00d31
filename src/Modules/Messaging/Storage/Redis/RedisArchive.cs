using System.Globalization;
using ModularChat.Storage.Redis;

namespace ModularChat.Messaging.Storage.Redis;

internal sealed partial class RedisMessageLog
{
    private const long MaxPageBytes = 8 << 20;

    private static readonly byte[] None = [];

    public async ValueTask<LogSeed> GetSeedAsync(CancellationToken token)
    {
        var meta = await _cluster.ReadMetaAsync(token) ?? throw new LogUnavailableException("The message log is not on this Redis any more.");
        var shards = await Task.WhenAll(Enumerable.Range(0, ShardCount).Select(s => GetShardAsync(s, token).AsTask()));
        return new LogSeed(meta.LogId, meta.Key, meta.ShardCount, [.. meta.Runs.Select(r => r.ToRow())], [.. shards.Where(s => s.State != ShardState.Gone).Select(s => s.Shard)]);
    }

    public async ValueTask<ShardRow> GetShardAsync(int shard, CancellationToken token)
    {
        var key = Keys.Shard(shard);
        var row = (await _cluster.ReadAsync(key, null, [new RespCommand("HMGET", key, "s", "p")], token))[0].Items;
        return new ShardRow(shard, row[0].IsNull ? ShardState.Gone : (ShardState)row[0].Number, row[1].Number);
    }

    public async ValueTask SetShardAsync(ShardRow row, CancellationToken token)
    {
        if (row.State != ShardState.Receiving && row.State != ShardState.Gone)
        {
            await OrderFeedAsync(row.Shard, token);
        }
        var command = RedisScript.State.On(Keys.Shard(row.Shard)).Add((int)row.State).Add(row.Position);
        var position = (await OnShardAsync(row.Shard, RedisScript.State, command, token)).Number;
        if (row.State != ShardState.Held || position < _runs.Told(row.Shard) || row.Position > _runs.Told(row.Shard))
        {
            _runs.Set(row.Shard, position);
        }
    }

    public async ValueTask SetRunsAsync(IReadOnlyList<RunRow> runs, CancellationToken token)
    {
        var command = RedisScript.Runs.On(Keys.Meta);
        var known = _runs.Meta.Runs.ToDictionary(r => r.Id);
        foreach (var run in runs)
        {
            command.Add((known.TryGetValue(run.Id, out var same) && same.Started.SequenceEqual(run.Started) ? same : RedisRun.Of(run)).Encode());
        }
        try
        {
            await _cluster.RunOnMetaAsync(RedisScript.Runs, command, token);
        }
        catch (Exception e) when (e is RedisLostException or RedisErrorException)
        {
            throw new LogUnavailableException("The message log on Redis cannot be written now.", e);
        }
        await _runs.ReloadAsync(token);
    }

    public async ValueTask<IReadOnlyList<Membership>> ReadConversationsAsync(int shard, Guid after, int limit, CancellationToken token)
    {
        var key = Keys.Shard(shard);
        var from = after == Guid.Empty ? "-"u8.ToArray() : [(byte)'(', .. RedisKeys.Bytes(after)];
        var ids = (await _cluster.ReadAsync(key, null, [new RespCommand("ZRANGEBYLEX", key + ":i").Add(from).Add("+").Add("LIMIT").Add(0).Add(limit)], token))[0].Items;
        var conversations = new List<Membership>();
        var size = 0L;
        foreach (var ten in ids.Select(i => new Guid(i.Bytes, bigEndian: true)).Chunk(10))
        {
            var fields = await _cluster.ReadAsync(key, null, [.. ten.Select(id => new RespCommand("HGETALL").Add(Keys.Conversation(shard, id)))], token);
            conversations.AddRange(ten.Zip(fields).Select(c => ToMembership(c.First, shard, c.Second.Items)));
            size += fields.Sum(f => f.Items.Length * 50L);
            if (size > MaxPageBytes)
            {
                break;
            }
        }
        return conversations;
    }

    public async ValueTask<IReadOnlyList<EntryRow>> ReadEntryRowsAsync(Guid conversationId, long from, int limit, CancellationToken token)
    {
        const int Part = 500;
        var rows = new List<EntryRow>();
        var size = 0L;
        while (rows.Count < limit && size < MaxPageBytes)
        {
            var part = RedisPages.Rows(conversationId, await PageAsync(conversationId, rows.Count == 0 ? from : rows[^1].Seq + 1, long.MaxValue, Math.Min(Part, limit - rows.Count), newest: false, withCut: true, token));
            rows.AddRange(part);
            size += part.Sum(r => 100L + (r.Body?.Utf8.Length ?? 0));
            if (part.Count < Part)
            {
                break;
            }
        }
        return rows;
    }

    public async ValueTask<IReadOnlyList<Guid>> ReadChangesAsync(int shard, long afterPosition, CancellationToken token)
    {
        var key = Keys.Shard(shard);
        var after = afterPosition.ToString(CultureInfo.InvariantCulture);
        var ids = await _cluster.ReadAsync(key, null, [new RespCommand("ZRANGEBYSCORE", key + ":x", "(" + after, "+inf")], token);
        return [.. ids[0].Items.Select(i => new Guid(i.Bytes, bigEndian: true))];
    }

    public async ValueTask<IReadOnlyList<(Guid UserId, Guid ConversationId)>> ReadUserIndexAsync(int shard, Guid afterUser, Guid afterConversation, int limit, CancellationToken token)
    {
        var key = Keys.Shard(shard);
        byte[] from = [(byte)'(', .. RedisKeys.Bytes(afterUser), .. RedisKeys.Bytes(afterConversation)];
        var pairs = await _cluster.ReadAsync(key, null, [new RespCommand("ZRANGEBYLEX", key + ":u").Add(from).Add("+").Add("LIMIT").Add(0).Add(limit)], token);
        return [.. pairs[0].Items.Select(p => (new Guid(p.Bytes.AsSpan(0, 16), bigEndian: true), new Guid(p.Bytes.AsSpan(16), bigEndian: true)))];
    }

    public async ValueTask WriteRowsAsync(IReadOnlyList<Membership> conversations, IReadOnlyList<EntryRow> entries, CancellationToken token)
    {
        // All or nothing for one call: one script, and so one shard.
        foreach (var shard in conversations.Select(c => Shard(c.Head.ConversationId)).Concat(entries.Select(e => Shard(e.ConversationId))).Distinct())
        {
            await WriteRowsAsync(
                shard, [.. conversations.Where(c => Shard(c.Head.ConversationId) == shard)], [.. entries.Where(e => Shard(e.ConversationId) == shard)], token);
        }
    }

    public async ValueTask DropShardAsync(int shard, CancellationToken token)
    {
        while ((await OnShardAsync(shard, RedisScript.Drop, RedisScript.Drop.On(Keys.Shard(shard)), token)).Number is var left and not 0)
        {
            if (left < 0)
            {
                throw new InvalidOperationException($"Shard {shard} is in use.");
            }
        }
    }

    public async ValueTask<long> GetSizeAsync(CancellationToken token)
    {
        try
        {
            var size = 0L;
            foreach (var server in _cluster.Servers.Masters)
            {
                var connection = await _cluster.Servers.ShareAsync(server, token);
                size += long.Parse(RedisInfo.Parse((await connection.SendAsync(new RespCommand("INFO", "memory"), token)).Text)["used_memory"], CultureInfo.InvariantCulture);
            }
            return size;
        }
        catch (Exception e) when (e is RedisLostException or RedisErrorException)
        {
            throw new LogUnavailableException("The message log on Redis cannot be read now.", e);
        }
    }

    private async Task WriteRowsAsync(int shard, Membership[] conversations, EntryRow[] entries, CancellationToken token)
    {
        var command = RedisScript.Rows.On(Keys.Shard(shard)).Add(conversations.Length);
        foreach (var (head, members) in conversations)
        {
            command.Add(RedisKeys.Bytes(head.ConversationId)).Add(RedisRows.Encode(head)).Add(Math.Max(head.Position, head.MarksPosition)).Add(members.Count);
            foreach (var member in members)
            {
                command.Add(RedisKeys.Bytes(member.UserId)).Add(RedisRows.Encode(member));
            }
        }
        foreach (var row in entries)
        {
            command.Add(RedisKeys.Bytes(row.ConversationId)).Add(row.Seq).Add(RedisRows.Encode(row))
                .Add(row.Reactions.Count == 0 ? None : RedisRows.Encode(row.Reactions)).Add(RedisKeys.Request(_runs.Meta.Key, row.SenderId, row.ClientMessageId));
        }
        var answer = (await OnShardAsync(shard, RedisScript.Rows, command, token)).Items;
        switch (answer[0].Text)
        {
            case "state":
                throw new InvalidOperationException($"Shard {shard} does not take rows: it is not receiving.");
            case "gap":
                throw new InvalidOperationException($"The rows of a conversation do not follow on one another at seq {answer[1].Number}.");
        }
    }

    private async Task OrderFeedAsync(int shard, CancellationToken token)
    {
        while ((await OnShardAsync(shard, RedisScript.Order, RedisScript.Order.On(Keys.Shard(shard)), token)).Number > 0)
        {
            token.ThrowIfCancellationRequested();
        }
    }
}
