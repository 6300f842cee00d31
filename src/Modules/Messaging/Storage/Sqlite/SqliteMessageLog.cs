using Microsoft.Extensions.Logging;
using ModularChat.Storage;
using ModularChat.Storage.Sqlite;

namespace ModularChat.Messaging.Storage.Sqlite;

/// <summary>The message log in one SQLite file: a single writer, a few readers.</summary>
internal sealed partial class SqliteMessageLog : ILogDatabase
{
    public const int BusyMilliseconds = 50;

    private readonly LogWriter _writer;
    private readonly LogReaders _readers;
    private readonly IReadOnlyList<(Guid Id, long[] Started)> _runs;

    private SqliteMessageLog(LogInfo info, LogWriter writer, LogReaders readers, IReadOnlyList<(Guid Id, long[] Started)> runs)
    {
        Info = info;
        _writer = writer;
        _readers = readers;
        _runs = runs;
    }

    public LogInfo Info { get; }

    /// <summary>Opens a file in the data folder, made when missing.</summary>
    /// <param name="folder">Where the file is.</param>
    /// <param name="database">Its name.</param>
    /// <param name="opening">What to make and whether a run begins.</param>
    /// <param name="options">Settings of the store.</param>
    /// <param name="receiptLimit">Above this many members delivered marks are not kept: nobody is shown them.</param>
    /// <param name="listener">Is told every commit.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Faults go here.</param>
    /// <param name="token">Ends the wait.</param>
    /// <exception cref="StartupException">It cannot be opened, or is newer than this program.</exception>
    public static Task<SqliteMessageLog> OpenAsync(
        DataFolder folder, string database, LogOpening opening, MessageLogOptions options, int receiptLimit, ICommitListener listener, TimeProvider time, ILogger logger, CancellationToken token) =>
        Task.Run(() => Open(folder, database, opening, options, receiptLimit, listener, time, logger), token);

    public ValueTask<long[]> GetPositionsAsync(CancellationToken token) => new([.. _writer.Positions]);

    public ValueTask<bool> ContainsAsync(Guid runId, long[] positions, CancellationToken token)
    {
        for (var i = 0; i < _runs.Count; i++)
        {
            if (_runs[i].Id == runId)
            {
                var end = i + 1 < _runs.Count ? _runs[i + 1].Started : _writer.Positions;
                return new(positions.Length == end.Length && positions.Zip(end).All(p => p.First >= 0 && p.First <= p.Second));
            }
        }
        return new(false);
    }

    public async ValueTask<AppendResult> AppendAsync(Append append, CancellationToken token) =>
        await _writer.WriteAsync(batch => batch.Apply(append), token);

    public async ValueTask AdvanceMarksAsync(IReadOnlyList<MarkAdvance> advances, CancellationToken token)
    {
        if (advances.Count == 0)
        {
            return;
        }
        await _writer.WriteAsync(
            batch =>
            {
                foreach (var advance in advances)
                {
                    batch.Apply(advance);
                }
                return true;
            },
            token);
    }

    public ValueTask<IReadOnlyList<Head>> GetHeadsAsync(IReadOnlyList<Guid> conversationIds, CancellationToken token) =>
        _readers.ReadAsync(reader => reader.Heads(conversationIds), token);

    public ValueTask<Membership?> GetMembershipAsync(Guid conversationId, CancellationToken token) =>
        _readers.ReadAsync(reader => reader.Membership(conversationId), token);

    public ValueTask<IReadOnlyList<(Guid ConversationId, Member Member)>> GetMemberAsync(IReadOnlyList<Guid> conversationIds, Guid userId, CancellationToken token) =>
        _readers.ReadAsync(reader => reader.Members(conversationIds, userId), token);

    public ValueTask<IReadOnlyList<Guid>> ListConversationsAsync(Guid userId, CancellationToken token) =>
        _readers.ReadAsync(reader => reader.Conversations(userId), token);

    public ValueTask<IReadOnlyList<LogEntry>> ReadAsync(Guid conversationId, long from, long to, int limit, bool newest, CancellationToken token) =>
        _readers.ReadAsync(reader => reader.Entries(conversationId, from, to, limit, newest), token);

    public ValueTask<IReadOnlyList<LogEntry>> ReadFeedAsync(int shard, long afterPosition, int limit, CancellationToken token) =>
        _readers.ReadAsync(reader => reader.Feed(shard, afterPosition, limit), token);

    public ValueTask<long> GetNumberAsync(Guid conversationId, long seq, CancellationToken token) =>
        _readers.ReadAsync(reader => reader.NumberAt(conversationId, seq), token);

    public async ValueTask<int> ForgetDuplicatesAsync(DateTimeOffset before, int limit, CancellationToken token) =>
        await _writer.WriteAsync(batch => batch.Forget(before, limit), token);

    public ValueTask<int> CutAsync(Guid conversationId, long upTo, DateTimeOffset forgetBefore, CancellationToken token) => throw new NotSupportedException();

    public ValueTask PurgeAsync(CancellationToken token) => throw new NotSupportedException();

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        _readers.Dispose();
    }

    private static SqliteMessageLog Open(DataFolder folder, string name, LogOpening opening, MessageLogOptions options, int receiptLimit, ICommitListener listener, TimeProvider time, ILogger logger)
    {
        var path = folder.File(name);
        SqliteDatabase? database = null;
        try
        {
            database = SqliteDatabase.Open(path, BusyMilliseconds);
            var info = LogSchema.Prepare(database, path, options.Shards, time.GetUtcNow());
            var runs = LogSchema.ReadRuns(database);
            var unfolded = new Unfolded();
            var readers = new LogReaders(path, info.ShardCount, options.Readers, unfolded);
            return new SqliteMessageLog(info, new LogWriter(path, database, info.ShardCount, options, receiptLimit, readers, unfolded, listener, time, logger), readers, runs);
        }
        catch (SqliteErrorException e)
        {
            database?.Dispose();
            throw new StartupException($"The message log {path} cannot be opened: {e.Message}", e);
        }
        catch
        {
            database?.Dispose();
            throw;
        }
    }
}
