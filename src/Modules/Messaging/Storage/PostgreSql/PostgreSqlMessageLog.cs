using Microsoft.Extensions.Logging;
using ModularChat.Contracts;
using ModularChat.Messaging.Storage.Hearing;
using ModularChat.Messaging.Storage.Writing;
using ModularChat.Storage;
using ModularChat.Storage.PostgreSql;

namespace ModularChat.Messaging.Storage.PostgreSql;

/// <summary>The message log in a database of PostgreSQL, which any number of nodes may have open at once.</summary>
internal sealed partial class PostgreSqlMessageLog : ILogDatabase
{
    private readonly LogServer _server;
    private readonly LogHistory _history;
    private readonly Published _published;
    private readonly LogReads _reads;
    private readonly ShardFeed[] _feeds;
    private readonly AnswerWatch _watch = new();
    private readonly ShardWriter[] _writers;
    private readonly ShardEar[] _ears;
    private readonly Follower? _follower;
    private readonly int _maxPending;
    private int _pending;

    private PostgreSqlMessageLog(
        LogServer server, LogHistory history, Published published, MessageLogOptions options, int receiptLimit, bool isTool, TimeProvider time, ILogger logger)
    {
        var shards = history.Info.ShardCount;
        (_server, _history, _published, _maxPending) = (server, history, published, options.MaxPending);
        _reads = new LogReads(server, shards);
        _feeds = [.. Enumerable.Range(0, shards).Select(shard => new ShardFeed(shard, shards, server, history, published))];
        _writers = [.. _feeds.Select((feed, shard) => new ShardWriter(shard, receiptLimit, options.MaxBatch, server, history, published, feed, _watch, time, logger))];
        _ears = isTool ? [] : [.. _feeds.Select(feed => feed.Ear = new ShardEar(feed, time, logger))];
        _follower = isTool ? null : new Follower(_feeds, TimeSpan.FromMilliseconds(options.FollowMilliseconds), server, history, published, time, logger);
    }

    public LogInfo Info => _history.Info;

    /// <summary>Opens a database; its tables are made when missing.</summary>
    /// <exception cref="StartupException">It cannot be used; one sentence without the password.</exception>
    public static async Task<PostgreSqlMessageLog> OpenAsync(
        string connectionString, LogOpening opening, MessageLogOptions options, int receiptLimit, ICommitListener listener, TimeProvider time, ILogger logger, CancellationToken token)
    {
        var server = new LogServer(connectionString, options.Shards, options.Readers);
        try
        {
            await using var connection = await server.OpenAsync(token);
            var info = await LogSchema.PrepareAsync(connection, server.Place, opening, options.Shards, time, token);
            var published = new Published(info.ShardCount, options.CachedConversations, listener, logger);
            var history = new LogHistory(info, server, published, time, logger);
            await history.BeginAsync(connection, opening.RunId is null, token);
            published.Begin(await Positions.ReadAsync(connection, info.ShardCount, token));
            return new PostgreSqlMessageLog(server, history, published, options, receiptLimit, opening.RunId is null, time, logger);
        }
        catch (Exception e)
        {
            await server.DisposeAsync();
            throw InOneSentence(e, server);
        }
    }

    /// <summary>True when the database has a log.</summary>
    /// <exception cref="StartupException">It cannot be looked at.</exception>
    public static async ValueTask<bool> HoldsLogAsync(string connectionString, CancellationToken token)
    {
        await using var server = new LogServer(connectionString, shards: 1, readers: 1);
        try
        {
            await using var connection = await server.OpenAsync(token);
            return await LogSchema.IsMadeAsync(connection, token);
        }
        catch (Exception e)
        {
            throw InOneSentence(e, server);
        }
    }

    public ValueTask<long[]> GetPositionsAsync(CancellationToken token) =>
        _server.ReadAsync(connection => Positions.ReadAsync(connection, Info.ShardCount, token), token);

    public async ValueTask<bool> ContainsAsync(Guid runId, long[] positions, CancellationToken token)
    {
        if (positions.Length != Info.ShardCount || Array.Exists(positions, p => p < 0))
        {
            return false;
        }
        if (await _history.FindEndAsync(runId, token) is { } end)
        {
            return end.Length == positions.Length && positions.Zip(end).All(p => p.First <= p.Second);
        }
        for (var shard = 0; shard < positions.Length; shard++)
        {
            if (positions[shard] > _published[shard])
            {
                // Another node gave this cursor: what it covers must be here when it is read from.
                await LookAsync(shard, token);
            }
        }
        return !positions.Where((position, shard) => position > _published[shard]).Any();
    }

    public bool IsShared => true;

    public void Hear(HeardCommit heard)
    {
        if (heard.Shard >= 0 && heard.Shard < _ears.Length)
        {
            _ears[heard.Shard].Hear(heard);
        }
    }

    /// <summary>Takes in at once what other nodes have written to a shard.</summary>
    public Task LookAsync(int shard, CancellationToken token) => _feeds[shard].LookAsync(token);

    public ValueTask<AppendResult> AppendAsync(Append append, CancellationToken token)
    {
        var write = new AppendWrite(append, token);
        return new ValueTask<AppendResult>(DoneAsync(write, write.Task.WaitAsync(token), Ids.Shard(append.ConversationId, Info.ShardCount)));
    }

    public async ValueTask AdvanceMarksAsync(IReadOnlyList<MarkAdvance> advances, CancellationToken token)
    {
        var tasks = new List<Task>();
        foreach (var group in advances.GroupBy(a => Ids.Shard(a.ConversationId, Info.ShardCount)))
        {
            var write = new MarksWrite([.. group], token);
            tasks.Add(DoneAsync(write, WithResultAsync(write.Task.WaitAsync(token)), group.Key));
        }
        await Task.WhenAll(tasks);

        static async Task<bool> WithResultAsync(Task task)
        {
            await task;
            return true;
        }
    }

    public ValueTask<IReadOnlyList<Head>> GetHeadsAsync(IReadOnlyList<Guid> conversationIds, CancellationToken token) => _reads.HeadsAsync(conversationIds, token);

    public ValueTask<Membership?> GetMembershipAsync(Guid conversationId, CancellationToken token) => _reads.MembershipAsync(conversationId, token);

    public ValueTask<IReadOnlyList<(Guid ConversationId, Member Member)>> GetMemberAsync(IReadOnlyList<Guid> conversationIds, Guid userId, CancellationToken token) =>
        _reads.MembersAsync(conversationIds, userId, token);

    public ValueTask<IReadOnlyList<Guid>> ListConversationsAsync(Guid userId, CancellationToken token) => _reads.ConversationsAsync(userId, token);

    public ValueTask<IReadOnlyList<LogEntry>> ReadAsync(Guid conversationId, long from, long to, int limit, bool newest, CancellationToken token) =>
        _reads.EntriesAsync(conversationId, from, to, limit, newest, token);

    public ValueTask<IReadOnlyList<LogEntry>> ReadFeedAsync(int shard, long afterPosition, int limit, CancellationToken token) =>
        _reads.FeedAsync(shard, afterPosition, limit, token);

    public ValueTask<long> GetNumberAsync(Guid conversationId, long seq, CancellationToken token) => _reads.NumberAsync(conversationId, seq, token);

    public async ValueTask DisposeAsync()
    {
        if (_follower is not null)
        {
            await _follower.DisposeAsync();
        }
        foreach (var writer in _writers)
        {
            await writer.DisposeAsync();
        }
        _watch.Dispose();
        foreach (var ear in _ears)
        {
            await ear.DisposeAsync();
        }
        foreach (var feed in _feeds)
        {
            feed.Dispose();
        }
        _history.Dispose();
        await _server.DisposeAsync();
    }

    private static Exception InOneSentence(Exception e, LogServer server) => e switch
    {
        StartupException or OperationCanceledException => e,
        LogUnavailableException => new StartupException(e.Message, e),
        _ => new StartupException($"{server.Place} {PostgreSqlErrors.Explain(e)}", e),
    };

    /// <summary>Queues before anything is awaited: that is what keeps the order of calls.</summary>
    private async Task<T> DoneAsync<T>(Write write, Task<T> done, int shard)
    {
        try
        {
            if (Interlocked.Add(ref _pending, write.Size) > _maxPending)
            {
                throw new LogUnavailableException("Too many writes wait for the database.");
            }
            _writers[shard].Add(write);
            return await done;
        }
        finally
        {
            Interlocked.Add(ref _pending, -write.Size);
        }
    }
}
