using Microsoft.Extensions.Logging;
using ModularChat.Messaging.Storage.Writing;
using ModularChat.Storage;
using ModularChat.Storage.Sqlite;

namespace ModularChat.Messaging.Storage.Sqlite;

/// <summary>The message log in one SQLite file: a single writer, a few readers.</summary>
internal sealed partial class SqliteMessageLog : ILogDatabase
{
    public const int BusyMilliseconds = 50;

    private readonly LogWriter _writer;
    private readonly LogReaders _readers;
    private readonly RunHistory _runs;
    private readonly string _path;
    private volatile LogInfo _info;

    private SqliteMessageLog(string path, LogInfo info, LogWriter writer, LogReaders readers, RunHistory runs)
    {
        _path = path;
        _info = info;
        _writer = writer;
        _readers = readers;
        _runs = runs;
    }

    public LogInfo Info
    {
        get => _info;
        private set => _info = value;
    }

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

    public ValueTask<bool> ContainsAsync(Guid runId, long[] positions, CancellationToken token) =>
        new(_runs.Contains(runId, positions, _writer.Positions));

    public ValueTask<AppendResult> AppendAsync(Append append, CancellationToken token) => _writer.AppendAsync(append, token);

    public ValueTask AdvanceMarksAsync(IReadOnlyList<MarkAdvance> advances, CancellationToken token) => _writer.AdvanceMarksAsync(advances, token);

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
        await _writer.WriteAsync([], batch => batch.Forget(before, limit), token);

    public ValueTask<int> CutAsync(Guid conversationId, long upTo, DateTimeOffset forgetBefore, CancellationToken token) =>
        _writer.CutAsync(conversationId, upTo, forgetBefore, token);

    public ValueTask PurgeAsync(CancellationToken token) => _writer.PurgeAsync(token);

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        _readers.Dispose();
    }

    /// <summary>Writes rows past all rules, in one transaction, durable when it returns; what is cached is looked up again after it.</summary>
    private async ValueTask<T> WriteAsync<T>(Func<SqliteTables, ArchiveTable, T> write, CancellationToken token) =>
        await _writer.WriteAloneAsync(tables => ((SqliteTables)tables).InTransaction(write), token);

    private static SqliteMessageLog Open(DataFolder folder, string name, LogOpening opening, MessageLogOptions options, int receiptLimit, ICommitListener listener, TimeProvider time, ILogger logger)
    {
        var path = folder.File(name);
        SqliteDatabase? database = null;
        try
        {
            database = SqliteDatabase.Open(path, BusyMilliseconds);
            var info = LogSchema.Prepare(database, path, opening, options.Shards, time.GetUtcNow());
            var runs = new RunHistory(LogSchema.ReadRuns(database));
            var unfolded = new Unfolded();
            var readers = new LogReaders(path, info.ShardCount, options.Readers, unfolded);
            var store = new SqliteStore(path, info.ShardCount, options, receiptLimit, readers, unfolded);
            return new SqliteMessageLog(path, info, new LogWriter(store, store.Open(database), options, listener, time, logger), readers, runs);
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
