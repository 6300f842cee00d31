using Microsoft.Extensions.Logging;
using ModularChat.Contracts;
using ModularChat.Messaging.Storage.Writing;
using ModularChat.Storage.Redis;

namespace ModularChat.Messaging.Storage.Redis;

/// <summary>
/// What this node has told of each shard, and in which run. A server with another replication id than the one under which a shard was last written
/// may have lost writes: nobody appends to the shard (<c>write.lua</c> compares) before a new run with the positions found is entered.
/// </summary>
internal sealed partial class RedisRuns(
    RedisCluster cluster, RedisMeta first, long[] positions, int knownConversations, ICommitListener listener, TimeProvider time, ILogger logger) : IDisposable
{
    private readonly SemaphoreSlim _aligning = new(1);
    private readonly Lock _telling = new();
    private readonly long[] _told = positions;
    private readonly int[] _aligned = [.. positions.Select((_, shard) => first.LastBreak(shard))];
    private volatile RedisMeta _meta = first;

    public RedisMeta Meta => _meta;

    /// <summary>What is known of conversations, as of what was told.</summary>
    public KnownStates Known { get; } = new(positions.Length, knownConversations);

    /// <summary>The positions that the listener knows.</summary>
    public long[] Told()
    {
        using var _ = _telling.EnterScope();
        return [.. _told];
    }

    public long Told(int shard)
    {
        using var _ = _telling.EnterScope();
        return _told[shard];
    }

    /// <summary>Changes when the shard's history breaks: what was begun before is of no use after.</summary>
    public int Epoch(int shard)
    {
        using var _ = _telling.EnterScope();
        return _aligned[shard];
    }

    /// <summary>Tells of a commit if it is what comes next for its shard; false when others come before it.</summary>
    /// <exception cref="LogUnavailableException">The history broke since <paramref name="epoch"/>.</exception>
    public bool TryTell(Commit commit, int epoch)
    {
        using var _ = _telling.EnterScope();
        Expect(commit.Shard, epoch);
        if (commit.Position <= _told[commit.Shard])
        {
            return true;
        }
        if (commit.PreviousPosition != _told[commit.Shard])
        {
            return false;
        }
        Known.Take(commit);
        try
        {
            listener.Committed(commit);
        }
        catch (Exception e)
        {
            // It is stored whatever a listener does; the callers must hear so.
            Log.ListenerFailed(logger, e);
        }
        _told[commit.Shard] = commit.Position;
        return true;
    }

    /// <summary>Tells a commit of another node when it is what comes next, in the run that this node is in.</summary>
    public bool TryTell(Commit commit, Guid runId)
    {
        using var _ = _telling.EnterScope();
        return _meta.Runs[^1].Id == runId && commit.PreviousPosition == _told[commit.Shard] && TryTell(commit, _aligned[commit.Shard]);
    }

    /// <summary>What this process wrote, before it is told.</summary>
    public void Wrote(Commit commit)
    {
        try
        {
            listener.Wrote(_meta.Runs[^1].Id, commit.Shard, commit.PreviousPosition, commit.Position, commit);
        }
        catch (Exception e)
        {
            Log.ListenerFailed(logger, e);
        }
    }

    /// <summary>A shard has gone on too far to tell how: caches and connections begin anew.</summary>
    public void Skip(int shard, long position, int epoch)
    {
        using var _ = _telling.EnterScope();
        Expect(shard, epoch);
        Known.Clear();
        _told[shard] = position;
        TellReopened();
    }

    /// <summary>A shard has got another state: it is at this position now.</summary>
    public void Set(int shard, long position)
    {
        using var _ = _telling.EnterScope();
        Known.Clear();
        _told[shard] = position;
    }

    /// <summary>Has the shard be in the run that its server is in; begins one where need be.</summary>
    public async Task AlignAsync(RedisLink link, int shard, CancellationToken token)
    {
        await _aligning.WaitAsync(token);
        try
        {
            var meta = await cluster.ReadMetaAsync(token) ?? throw new LogUnavailableException("The message log is not on this Redis any more.");
            while (meta.Histories[shard] != link.History)
            {
                if (meta.Past.Contains(link.History))
                {
                    throw new LogUnavailableException("This Redis server was replaced by its replica and does not know it yet.");
                }
                meta = await BeginRunAsync(link, meta, shard, token);
            }
            int[] here = [.. Enumerable.Range(0, meta.ShardCount).Where(s => meta.Histories[s] == link.History)];
            await link.RunAsync([.. here.Select(s => new RespCommand("HSET", cluster.Keys.Shard(s), "r", link.History))], token);
            await CatchUpAsync(link, meta, token);
        }
        finally
        {
            _aligning.Release();
        }
    }

    /// <summary>Takes over runs that were set from outside.</summary>
    public async Task ReloadAsync(CancellationToken token)
    {
        await _aligning.WaitAsync(token);
        try
        {
            _meta = await cluster.ReadMetaAsync(token) ?? _meta;
            using var _ = _telling.EnterScope();
            Known.Clear();
            for (var shard = 0; shard < _aligned.Length; shard++)
            {
                _aligned[shard] = _meta.LastBreak(shard);
            }
        }
        finally
        {
            _aligning.Release();
        }
    }

    /// <summary>True when these positions, reached in this run, are part of the history.</summary>
    public static bool Contains(IReadOnlyList<RedisRun> runs, Guid runId, long[] positions, long[] now)
    {
        var run = 0;
        while (run < runs.Count && runs[run].Id != runId)
        {
            run++;
        }
        if (run == runs.Count || positions.Length != now.Length)
        {
            return false;
        }
        for (var shard = 0; shard < positions.Length; shard++)
        {
            var end = now[shard];
            for (var later = run + 1; later < runs.Count; later++)
            {
                end = runs[later].Broken[shard] ? Math.Min(end, runs[later].Started[shard]) : end;
            }
            if (positions[shard] < 0 || positions[shard] > end)
            {
                return false;
            }
        }
        return true;
    }

    public void Dispose() => _aligning.Dispose();

    private void Expect(int shard, int epoch)
    {
        if (_aligned[shard] != epoch)
        {
            throw new LogUnavailableException("Redis has another history now; it is not known whether this was stored.");
        }
    }

    private async Task<RedisMeta> BeginRunAsync(RedisLink link, RedisMeta meta, int shard, CancellationToken token)
    {
        int[] same = [.. Enumerable.Range(0, meta.ShardCount).Where(s => meta.Histories[s] == meta.Histories[shard])];
        var found = await PositionsAsync(link, same, token);
        if (!found.Exists(f => f.Shard == shard))
        {
            // A server that was started again takes itself for the master until the others tell it who is: its history must not end theirs.
            throw new LogUnavailableException("This Redis server does not answer for the shard: another has taken it over, or the cluster is not whole.");
        }
        var started = Told();
        var broken = new bool[meta.ShardCount];
        foreach (var (affected, position) in found)
        {
            (started[affected], broken[affected]) = (position, true);
        }
        var run = new RedisRun(Ids.New(), started, time.GetUtcNow(), broken);
        var command = RedisScript.Run.On(cluster.Keys.Meta).Add(meta.Runs.Count).Add(run.Encode()).Add(meta.Histories[shard]).Add(link.History);
        foreach (var (affected, _) in found)
        {
            command.Add(affected);
        }
        if ((await cluster.RunOnMetaAsync(RedisScript.Run, command, token)).Number == 1)
        {
            Log.RunBegun(logger, run.Id, found.Count);
        }
        return await cluster.ReadMetaAsync(token) ?? throw new LogUnavailableException("The message log is not on this Redis any more.");
    }

    /// <summary>Shards whose history broke since this node last looked are at the position that their server has.</summary>
    private async Task CatchUpAsync(RedisLink link, RedisMeta meta, CancellationToken token)
    {
        int[] broken = [.. Enumerable.Range(0, meta.ShardCount).Where(s => meta.Histories[s] == link.History && Epoch(s) < meta.LastBreak(s))];
        var found = await PositionsAsync(link, broken, token);
        using var _ = _telling.EnterScope();
        _meta = meta;
        if (found.Count == 0)
        {
            return;
        }
        Known.Clear();
        foreach (var (shard, position) in found)
        {
            (_told[shard], _aligned[shard]) = (position, meta.LastBreak(shard));
        }
        TellReopened();
    }

    private void TellReopened()
    {
        try
        {
            listener.Reopened([.. _told]);
        }
        catch (Exception e)
        {
            Log.ListenerFailed(logger, e);
        }
    }

    private async Task<List<(int Shard, long Position)>> PositionsAsync(RedisLink link, int[] shards, CancellationToken token)
    {
        if (shards.Length == 0)
        {
            return [];
        }
        var answers = await link.Connection.SendAsync([.. shards.Select(s => new RespCommand("HGET", cluster.Keys.Shard(s), "p"))], token);
        // A shard that has gone to another server meanwhile answers with an error: it is looked at there.
        return [.. shards.Zip(answers).Where(a => a.Second.Error is null).Select(a => (a.First, a.Second.Number))];
    }

    private static partial class Log
    {
        [LoggerMessage(2021, LogLevel.Warning, "Redis has another replication id: run {Run} of the message log begins for {Count} shards")]
        public static partial void RunBegun(ILogger logger, Guid run, int count);

        [LoggerMessage(2022, LogLevel.Error, "A listener failed on a commit of the message log")]
        public static partial void ListenerFailed(ILogger logger, Exception exception);
    }
}
