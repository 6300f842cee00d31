using ModularChat.Messaging.Storage.Hearing;

namespace ModularChat.Messaging.Storage.Placing;

/// <summary>
/// One log whose shards lie in several databases of an engine. Everything about a conversation lies in its shard, so a call goes to one database;
/// only a user's list of conversations is asked of all. Shards move while it is open: <see cref="Placing.Rebalance"/>.
/// </summary>
internal sealed partial class PlacedLog : ILogDatabase
{
    private static readonly TimeSpan MovePatience = TimeSpan.FromSeconds(20), RefreshPause = TimeSpan.FromMilliseconds(200), RefreshPeriod = TimeSpan.FromSeconds(2);

    private readonly IReadOnlyList<ILogDatabase> _databases;
    private readonly ShardGate[] _gates;
    private readonly PlacedListener _listener;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _refreshing = new(1, 1);
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _closing = new();
    private readonly List<Task> _settling = [];
    private volatile IReadOnlyList<RunRow> _runs = [];
    private volatile LogInfo _info;
    private int _isRefreshing;

    private PlacedLog(IReadOnlyList<ILogDatabase> databases, int[] owners, PlacedListener listener, TimeProvider time)
    {
        (_databases, _listener, _time, _info) = (databases, listener, time, databases[0].Info);
        _gates = [.. owners.Select(o => new ShardGate(databases[o]))];
        for (var shard = 0; shard < owners.Length; shard++)
        {
            listener.Place(shard, databases[owners[shard]]);
        }
        // Another node may move shards, and a database may begin a run when its own history changed.
        _timer = time.CreateTimer(_ => Refresh(), null, RefreshPeriod, RefreshPeriod);
    }

    public LogInfo Info => _info;

    /// <summary>Joins open databases of one log.</summary>
    public static async Task<PlacedLog> JoinAsync(IReadOnlyList<ILogDatabase> databases, int[] owners, PlacedListener listener, TimeProvider time, CancellationToken token)
    {
        Placement.Check(owners);
        var positions = new long[owners.Length];
        for (var shard = 0; shard < owners.Length; shard++)
        {
            positions[shard] = (await databases[owners[shard]].GetShardAsync(shard, token)).Position;
        }
        listener.Begin(positions);
        var log = new PlacedLog(databases, owners, listener, time);
        await log.MergeRunsAsync(token);
        return log;
    }

    public bool IsShared => _databases.Any(d => d.IsShared);

    public void Hear(HeardCommit heard)
    {
        if (heard.Shard >= 0 && heard.Shard < _gates.Length)
        {
            _gates[heard.Shard].Database.Hear(heard);
        }
    }

    public async ValueTask<long[]> GetPositionsAsync(CancellationToken token)
    {
        var all = new Dictionary<ILogDatabase, long[]>(ReferenceEqualityComparer.Instance);
        foreach (var database in _databases)
        {
            all[database] = await database.GetPositionsAsync(token);
        }
        return [.. _gates.Select((gate, shard) => all[gate.Database][shard])];
    }

    public async ValueTask<bool> ContainsAsync(Guid runId, long[] positions, CancellationToken token)
    {
        var heads = await GetPositionsAsync(token);
        if (_runs.All(r => r.Id != runId) || _databases.Any(d => d.Info.RunId != _info.RunId))
        {
            await MergeRunsAsync(token);
        }
        return MergedRuns.Contains(_runs, runId, positions, heads);
    }

    public ValueTask<AppendResult> AppendAsync(Append append, CancellationToken token) =>
        new(Gate(append.ConversationId).AppendAsync(append, MovePatience, _time, Refresh, token));

    public async ValueTask AdvanceMarksAsync(IReadOnlyList<MarkAdvance> advances, CancellationToken token)
    {
        for (var begun = _time.GetTimestamp(); ;)
        {
            var refused = new List<MarkAdvance>();
            foreach (var part in advances.GroupBy(a => At(a.ConversationId), ReferenceEqualityComparer.Instance))
            {
                MarkAdvance[] some = [.. part];
                try
                {
                    await ((ILogDatabase)part.Key!).AdvanceMarksAsync(some, token);
                }
                catch (ShardMovedException) when (_time.GetElapsedTime(begun) < MovePatience)
                {
                    refused.AddRange(some);
                }
            }
            if (refused.Count == 0)
            {
                return;
            }
            // Marks only move forward: to move some of them twice does no harm. Who moves the shard says in a moment where it is.
            advances = refused;
            await Task.Delay(RefreshPause, _time, token);
            await PlaceAsync(token);
        }
    }

    public async ValueTask<IReadOnlyList<Head>> GetHeadsAsync(IReadOnlyList<Guid> conversationIds, CancellationToken token)
    {
        var heads = new Dictionary<Guid, Head>(conversationIds.Count);
        foreach (var part in conversationIds.GroupBy(At, ReferenceEqualityComparer.Instance))
        {
            foreach (var head in await ((ILogDatabase)part.Key!).GetHeadsAsync([.. part], token))
            {
                heads[head.ConversationId] = head;
            }
        }
        return [.. conversationIds.Where(heads.ContainsKey).Select(id => heads[id])];
    }

    public ValueTask<Membership?> GetMembershipAsync(Guid conversationId, CancellationToken token) => At(conversationId).GetMembershipAsync(conversationId, token);

    public async ValueTask<IReadOnlyList<(Guid ConversationId, Member Member)>> GetMemberAsync(IReadOnlyList<Guid> conversationIds, Guid userId, CancellationToken token)
    {
        var members = new Dictionary<Guid, Member>(conversationIds.Count);
        foreach (var part in conversationIds.GroupBy(At, ReferenceEqualityComparer.Instance))
        {
            foreach (var (id, member) in await ((ILogDatabase)part.Key!).GetMemberAsync([.. part], userId, token))
            {
                members[id] = member;
            }
        }
        return [.. conversationIds.Where(members.ContainsKey).Select(id => (id, members[id]))];
    }

    public async ValueTask<IReadOnlyList<Guid>> ListConversationsAsync(Guid userId, CancellationToken token)
    {
        var ids = new SortedSet<Guid>();
        foreach (var database in _databases)
        {
            // A database may still have rows of a shard that lies elsewhere now.
            ids.UnionWith((await database.ListConversationsAsync(userId, token)).Where(id => ReferenceEquals(At(id), database)));
        }
        return [.. ids];
    }

    public ValueTask<IReadOnlyList<LogEntry>> ReadAsync(Guid conversationId, long from, long to, int limit, bool newest, CancellationToken token) =>
        At(conversationId).ReadAsync(conversationId, from, to, limit, newest, token);

    public ValueTask<IReadOnlyList<LogEntry>> ReadFeedAsync(int shard, long afterPosition, int limit, CancellationToken token) =>
        _gates[shard].Database.ReadFeedAsync(shard, afterPosition, limit, token);

    public ValueTask<long> GetNumberAsync(Guid conversationId, long seq, CancellationToken token) => At(conversationId).GetNumberAsync(conversationId, seq, token);

    public async ValueTask<int> ForgetDuplicatesAsync(DateTimeOffset before, int limit, CancellationToken token)
    {
        var forgotten = 0;
        foreach (var database in _databases)
        {
            forgotten += forgotten < limit ? await database.ForgetDuplicatesAsync(before, limit - forgotten, token) : 0;
        }
        return forgotten;
    }

    public ValueTask<int> CutAsync(Guid conversationId, long upTo, DateTimeOffset forgetBefore, CancellationToken token) =>
        At(conversationId).CutAsync(conversationId, upTo, forgetBefore, token);

    public async ValueTask PurgeAsync(CancellationToken token)
    {
        foreach (var database in _databases)
        {
            await database.PurgeAsync(token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        await _closing.CancelAsync();
        await Task.WhenAll(_settling).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _closing.Dispose();
        await _refreshing.WaitAsync(CancellationToken.None);
        foreach (var database in _databases)
        {
            await database.DisposeAsync();
        }
    }

    private ShardGate Gate(Guid conversationId) => _gates[Contracts.Ids.Shard(conversationId, _gates.Length)];

    private ILogDatabase At(Guid conversationId) => Gate(conversationId).Database;
}
