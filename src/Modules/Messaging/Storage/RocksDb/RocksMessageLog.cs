using Microsoft.Extensions.Logging;
using ModularChat.Messaging.Storage.Writing;
using ModularChat.Storage;
using ModularChat.Storage.RocksDb;

namespace ModularChat.Messaging.Storage.RocksDb;

/// <summary>The message log in one RocksDB folder: a single writer, readers on snapshots.</summary>
internal sealed partial class RocksMessageLog : ILogDatabase
{
    private readonly RocksStore _store;
    private readonly LogWriter _writer;
    private readonly RunHistory _runs;
    private readonly SemaphoreSlim _reading;
    private LogInfo _info;

    private RocksMessageLog(LogInfo info, RocksStore store, LogWriter writer, RunHistory runs, int readers)
    {
        (_info, _store, _writer, _runs) = (info, store, writer, runs);
        _reading = new SemaphoreSlim(readers, readers);
    }

    public LogInfo Info => Volatile.Read(ref _info);

    /// <summary>Opens a folder in the data folder, made when missing.</summary>
    /// <param name="folder">Where the database is.</param>
    /// <param name="database">Its name.</param>
    /// <param name="opening">What to make and whether a run begins.</param>
    /// <param name="options">Settings of the store.</param>
    /// <param name="receiptLimit">Above this many members delivered marks are not kept: nobody is shown them.</param>
    /// <param name="listener">Is told every commit.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Faults go here.</param>
    /// <param name="token">Ends the wait.</param>
    /// <exception cref="StartupException">It cannot be opened, or is newer than this program.</exception>
    public static Task<RocksMessageLog> OpenAsync(
        DataFolder folder, string database, LogOpening opening, MessageLogOptions options, int receiptLimit, ICommitListener listener, TimeProvider time, ILogger logger, CancellationToken token) =>
        Task.Run(() => Open(folder.File(database), opening, options, receiptLimit, listener, time, logger), token);

    public ValueTask<long[]> GetPositionsAsync(CancellationToken token) => new([.. _writer.Positions]);

    public ValueTask<bool> ContainsAsync(Guid runId, long[] positions, CancellationToken token) =>
        new(_runs.Contains(runId, positions, _writer.Positions));

    public ValueTask<AppendResult> AppendAsync(Append append, CancellationToken token) => _writer.AppendAsync(append, token);

    public ValueTask AdvanceMarksAsync(IReadOnlyList<MarkAdvance> advances, CancellationToken token) => _writer.AdvanceMarksAsync(advances, token);

    public ValueTask<IReadOnlyList<Head>> GetHeadsAsync(IReadOnlyList<Guid> conversationIds, CancellationToken token) =>
        ReadAsync(reader => reader.Heads(conversationIds), token);

    public ValueTask<Membership?> GetMembershipAsync(Guid conversationId, CancellationToken token) =>
        ReadAsync(reader => reader.Membership(conversationId), token);

    public ValueTask<IReadOnlyList<(Guid ConversationId, Member Member)>> GetMemberAsync(IReadOnlyList<Guid> conversationIds, Guid userId, CancellationToken token) =>
        ReadAsync(reader => reader.Members(conversationIds, userId), token);

    public ValueTask<IReadOnlyList<Guid>> ListConversationsAsync(Guid userId, CancellationToken token) =>
        ReadAsync(reader => reader.Conversations(userId), token);

    public ValueTask<IReadOnlyList<LogEntry>> ReadAsync(Guid conversationId, long from, long to, int limit, bool newest, CancellationToken token) =>
        ReadAsync(reader => reader.Entries(conversationId, from, to, limit, newest), token);

    public ValueTask<IReadOnlyList<LogEntry>> ReadFeedAsync(int shard, long afterPosition, int limit, CancellationToken token) =>
        ReadAsync(reader => reader.Feed(shard, afterPosition, limit), token);

    public ValueTask<long> GetNumberAsync(Guid conversationId, long seq, CancellationToken token) =>
        ReadAsync(reader => reader.NumberAt(conversationId, seq), token);

    public async ValueTask<int> ForgetDuplicatesAsync(DateTimeOffset before, int limit, CancellationToken token) =>
        await _writer.WriteAsync([], batch => batch.Forget(before, limit), token);

    public ValueTask<int> CutAsync(Guid conversationId, long upTo, DateTimeOffset forgetBefore, CancellationToken token) =>
        _writer.CutAsync(conversationId, upTo, forgetBefore, token);

    public ValueTask PurgeAsync(CancellationToken token) => _writer.PurgeAsync(token);

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        _store.Dispose();
        _reading.Dispose();
    }

    /// <summary>So many at once: the rest of the process has threads left while the disk is slow.</summary>
    private async ValueTask<T> ReadAsync<T>(Func<RocksReader, T> read, CancellationToken token)
    {
        await _reading.WaitAsync(token);
        try
        {
            return _store.Read(read);
        }
        finally
        {
            _reading.Release();
        }
    }

    private static RocksMessageLog Open(string path, LogOpening opening, MessageLogOptions options, int receiptLimit, ICommitListener listener, TimeProvider time, ILogger logger)
    {
        RefuseOther(path);
        var store = new RocksStore(path, options, receiptLimit);
        try
        {
            var database = store.Open();
            var info = RocksSchema.Prepare(database, opening, options.Shards, time.GetUtcNow());
            var runs = new RunHistory(RocksSchema.ReadRuns(database));
            return new RocksMessageLog(info, store, new LogWriter(store, store.Begin(info.ShardCount), options, listener, time, logger), runs, options.Readers);
        }
        catch (RocksErrorException e)
        {
            store.Dispose();
            throw new StartupException(Explain(path, e), e);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>What RocksDB would make its own, or a sentence of its own about.</summary>
    private static void RefuseOther(string path)
    {
        if (File.Exists(path))
        {
            throw new StartupException($"{path} is a file, not a folder of RocksDB: does it belong to another Storage:Messages:Engine?");
        }
        if (Directory.Exists(path) && !File.Exists(Path.Combine(path, "CURRENT")) && Directory.EnumerateFileSystemEntries(path).Any(e => Path.GetFileName(e) is not ("LOG" or "LOCK")))
        {
            throw new StartupException($"The folder {path} is no database of RocksDB, and not empty: does it belong to another Storage:Messages:Engine?");
        }
    }

    private static string Explain(string path, RocksErrorException fault) => fault.Message switch
    {
        var m when m.Contains("Column families not opened", StringComparison.Ordinal) =>
            $"The message log {path} is of a newer program, or of another one: it has column families that this program does not know.",
        var m when m.Contains("lock ", StringComparison.Ordinal) => $"The message log {path} is in use by another process.",
        var m => $"The message log {path} cannot be opened: {m}",
    };
}
