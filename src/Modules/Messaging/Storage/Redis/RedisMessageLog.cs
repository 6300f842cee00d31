using Microsoft.Extensions.Logging;
using ModularChat.Contracts;
using ModularChat.Messaging.Storage.Hearing;
using ModularChat.Messaging.Storage.Writing;
using ModularChat.Storage;
using ModularChat.Storage.Redis;

namespace ModularChat.Messaging.Storage.Redis;

/// <summary>The message log on one Redis server or a cluster: a writer for each shard, and reading on shared connections.</summary>
internal sealed partial class RedisMessageLog : ILogDatabase
{
    private const int ForgetPage = 500, CutSlice = 500;

    private readonly RedisCluster _cluster;
    private readonly RedisRuns _runs;
    private readonly AnswerWatch _watch = new();
    private readonly RedisShardWriter[] _writers;
    private readonly ShardEar[] _ears;
    private readonly Following _following;

    public RedisMessageLog(RedisCluster cluster, RedisRuns runs, MessageLogOptions options, int receiptLimit, TimeProvider time, ILogger logger)
    {
        (_cluster, _runs) = (cluster, runs);
        var others = new RedisOthers(cluster, runs);
        _writers = [.. Enumerable.Range(0, runs.Meta.ShardCount).Select(s => new RedisShardWriter(s, cluster, runs, others, options, receiptLimit, _watch, time, logger))];
        _ears = [.. _writers.Select(writer => writer.Ear = new ShardEar(writer, time, logger))];
        _following = new Following(_writers, TimeSpan.FromMilliseconds(options.FollowMilliseconds), time);
    }

    public LogInfo Info => new(_runs.Meta.LogId, _runs.Meta.Runs[^1].Id, ShardCount, _runs.Meta.Key);

    private int ShardCount => _writers.Length;

    private RedisKeys Keys => _cluster.Keys;

    /// <summary>Brings this node to where the shards are before anything is written.</summary>
    public async Task ConnectAsync(CancellationToken token)
    {
        foreach (var writer in _writers)
        {
            await writer.WriteAsync(RedisWrite.Look()).WaitAsync(token);
        }
    }

    // Readiness rests on this: what this node knows of a shard that cannot be written may be old.
    public ValueTask<long[]> GetPositionsAsync(CancellationToken token) =>
        Array.TrueForAll(_writers, w => w.IsUp) ? new(_runs.Told()) : ValueTask.FromException<long[]>(new LogUnavailableException("Redis does not answer for all shards."));

    public bool IsShared => true;

    public void Hear(HeardCommit heard)
    {
        if (heard.Shard >= 0 && heard.Shard < _ears.Length)
        {
            _ears[heard.Shard].Hear(heard);
        }
    }

    public async ValueTask<bool> ContainsAsync(Guid runId, long[] positions, CancellationToken token)
    {
        var told = _runs.Told();
        if (positions.Length == told.Length && positions.Zip(told).Any(p => p.First > p.Second))
        {
            // Reached on another node, it may be: this one looks before it says no.
            await Task.WhenAll(Enumerable.Range(0, told.Length).Where(s => positions[s] > told[s]).Select(s => _writers[s].WriteAsync(RedisWrite.Look()).WaitAsync(token)));
            told = _runs.Told();
        }
        var runs = _runs.Meta.Runs;
        // Begun on another node, it may be, and this one has not come so far.
        runs = runs.Any(r => r.Id == runId) ? runs : (await _cluster.ReadMetaAsync(token))?.Runs ?? runs;
        return RedisRuns.Contains(runs, runId, positions, told);
    }

    public async ValueTask<AppendResult> AppendAsync(Append append, CancellationToken token)
    {
        var result = await _writers[Shard(append.ConversationId)].WriteAsync(RedisWrite.Of(append, _runs.Meta.Key, token));
        var outcome = (AppendOutcome)result[0].Number;
        return outcome switch
        {
            AppendOutcome.Stored => new AppendResult(outcome, result[1].Number, result[2].Number, append.At.ToUniversalTime()),
            AppendOutcome.Duplicate => new AppendResult(outcome, result[1].Number, result[2].Number, RedisRows.Time(new PackedReader(result[3].Bytes).Long())),
            _ => new AppendResult(outcome),
        };
    }

    public async ValueTask AdvanceMarksAsync(IReadOnlyList<MarkAdvance> advances, CancellationToken token)
    {
        List<Task> writes = new(advances.Count);
        foreach (var advance in advances)
        {
            writes.Add(_writers[Shard(advance.ConversationId)].WriteAsync(RedisWrite.Of(advance, token)));
        }
        await Task.WhenAll(writes);
    }

    public async ValueTask<IReadOnlyList<Head>> GetHeadsAsync(IReadOnlyList<Guid> conversationIds, CancellationToken token)
    {
        var found = await EachAsync(conversationIds, (shard, id) => new RespCommand("HGET").Add(Keys.Conversation(shard, id)).Add("h"), token);
        return [.. conversationIds.Where(found.ContainsKey).Select(id => RedisRows.Head(found[id].Bytes, id, Shard(id)))];
    }

    public async ValueTask<Membership?> GetMembershipAsync(Guid conversationId, CancellationToken token)
    {
        var found = await EachAsync([conversationId], (shard, id) => new RespCommand("HGETALL").Add(Keys.Conversation(shard, id)), token);
        return found.TryGetValue(conversationId, out var fields) ? ToMembership(conversationId, fields.Items) : null;
    }

    public async ValueTask<IReadOnlyList<(Guid ConversationId, Member Member)>> GetMemberAsync(IReadOnlyList<Guid> conversationIds, Guid userId, CancellationToken token)
    {
        byte[] field = [(byte)'m', .. RedisKeys.Bytes(userId)];
        var found = await EachAsync(conversationIds, (shard, id) => new RespCommand("HGET").Add(Keys.Conversation(shard, id)).Add(field), token);
        return [.. conversationIds.Where(found.ContainsKey).Select(id => (id, RedisRows.Member(found[id].Bytes, userId)))];
    }

    public async ValueTask<IReadOnlyList<Guid>> ListConversationsAsync(Guid userId, CancellationToken token)
    {
        var user = RedisKeys.Bytes(userId);
        var lists = await Task.WhenAll(Enumerable.Range(0, ShardCount).Select(async shard => (await _cluster.ReadAsync(
            Keys.Shard(shard), null,
            [new RespCommand("ZRANGEBYLEX", Keys.Shard(shard) + ":u").Add([(byte)'[', .. user]).Add([(byte)'[', .. user, .. Last])], token))[0].Items));
        return [.. lists.SelectMany(l => l).Select(m => new Guid(m.Bytes.AsSpan(16), bigEndian: true)).Order()];
    }

    public async ValueTask<IReadOnlyList<LogEntry>> ReadAsync(Guid conversationId, long from, long to, int limit, bool newest, CancellationToken token)
    {
        var shard = Shard(conversationId);
        if (RedisQuickPage.Plan(_runs.Known, conversationId, shard, from, to, limit, newest) is { } page
            && page.Read((await _cluster.ReadAsync(Keys.Shard(shard), null, page.Commands(Keys), token))[^1], _runs.Known) is { } entries)
        {
            return entries;
        }
        return RedisPages.Entries(conversationId, shard, await PageAsync(conversationId, from, to, limit, newest, withCut: false, token));
    }

    public async ValueTask<IReadOnlyList<LogEntry>> ReadFeedAsync(int shard, long afterPosition, int limit, CancellationToken token)
    {
        var feed = await FeedAsync(shard, afterPosition, limit, withCut: false, token);
        return RedisPages.Entries(shard, feed.Items[0].Items, feed.Items[1].Items, feed.Items[2].Items);
    }

    public async ValueTask<long> GetNumberAsync(Guid conversationId, long seq, CancellationToken token)
    {
        var key = Keys.Shard(Shard(conversationId));
        return (await _cluster.ReadAsync(key, RedisScript.Number, RedisScript.Number.On(key).Add(RedisKeys.Bytes(conversationId)).Add(seq), token)).Number;
    }

    public async ValueTask DisposeAsync()
    {
        await _following.DisposeAsync();
        await Task.WhenAll(_writers.Select(w => w.DisposeAsync().AsTask()));
        _watch.Dispose();
        await Task.WhenAll(_ears.Select(e => e.DisposeAsync().AsTask()));
        await _cluster.DisposeAsync();
        _runs.Dispose();
    }

    private static readonly byte[] Last = [.. Enumerable.Repeat(byte.MaxValue, 16)];

    private static Membership ToMembership(Guid id, int shard, RespValue[] fields)
    {
        Head? head = null;
        var members = new List<Member>();
        for (var i = 0; i < fields.Length; i += 2)
        {
            var name = fields[i].Bytes;
            if (name[0] == (byte)'h')
            {
                head = RedisRows.Head(fields[i + 1].Bytes, id, shard);
            }
            else if (name[0] == (byte)'m')
            {
                members.Add(RedisRows.Member(fields[i + 1].Bytes, new Guid(name.AsSpan(1), bigEndian: true)));
            }
        }
        members.Sort((a, b) => a.UserId.CompareTo(b.UserId));
        return new Membership(head!, members);
    }

    private int Shard(Guid conversationId) => Ids.Shard(conversationId, ShardCount);

    private Membership ToMembership(Guid id, RespValue[] fields) => ToMembership(id, Shard(id), fields);

    /// <summary>One command for each conversation, sent together for each shard; those without an answer are left out.</summary>
    private async Task<Dictionary<Guid, RespValue>> EachAsync(IReadOnlyList<Guid> ids, Func<int, Guid, RespCommand> command, CancellationToken token)
    {
        var answers = await Task.WhenAll(ids.Distinct().GroupBy(Shard).Select(async group =>
        {
            Guid[] asked = [.. group];
            return asked.Zip(await _cluster.ReadAsync(Keys.Shard(group.Key), null, [.. asked.Select(id => command(group.Key, id))], token));
        }));
        return answers.SelectMany(a => a).Where(a => !a.Second.IsNull && a.Second is not { Bytes.Length: 0, Items.Length: 0 }).ToDictionary(a => a.First, a => a.Second);
    }

    private Task<RespValue> PageAsync(Guid id, long from, long to, int limit, bool newest, bool withCut, CancellationToken token)
    {
        var key = Keys.Shard(Shard(id));
        var command = RedisScript.Page.On(key).Add(RedisKeys.Bytes(id)).Add(Math.Max(1, from)).Add(to).Add(Math.Max(0, limit)).Add(newest ? 1 : 0).Add(withCut ? 1 : 0);
        return _cluster.ReadAsync(key, RedisScript.Page, command, token);
    }

    private Task<RespValue> FeedAsync(int shard, long after, int limit, bool withCut, CancellationToken token)
    {
        var key = Keys.Shard(shard);
        return _cluster.ReadAsync(key, RedisScript.Feed, RedisScript.Feed.On(key).Add(Math.Max(0, after)).Add(Math.Max(0, limit)).Add(withCut ? 1 : 0), token);
    }

    /// <summary>Has every shard look now and then at what other nodes wrote.</summary>
    private sealed class Following : IAsyncDisposable
    {
        private readonly ITimer _timer;

        public Following(RedisShardWriter[] writers, TimeSpan period, TimeProvider time) => _timer = time.CreateTimer(
            _ =>
            {
                foreach (var writer in writers)
                {
                    writer.Look();
                }
            },
            null, period, period);

        public ValueTask DisposeAsync() => _timer.DisposeAsync();
    }
}
