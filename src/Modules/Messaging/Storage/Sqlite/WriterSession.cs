using ModularChat.Storage;
using ModularChat.Storage.Sqlite;

namespace ModularChat.Messaging.Storage.Sqlite;

/// <summary>One connection of the writer with everything that is only right as long as the connection is.</summary>
internal sealed class WriterSession : IDisposable
{
    private readonly SqliteDatabase _database;
    private readonly LogTables _tables;
    private readonly LogBatch _batch;
    private readonly ConversationCache _cache;
    private readonly MessageTable _messages;
    private readonly Folding _folding;
    private readonly Unfolded _unfolded;
    private readonly Statement _begin;
    private readonly Statement _commit;
    private readonly long[] _positions;

    /// <summary>Takes up the log where its file ends.</summary>
    public WriterSession(SqliteDatabase database, int shards, MessageLogOptions options, int receiptLimit, Unfolded unfolded)
    {
        // The default of 2 MB would read the same index pages again for every slice; checkpoints pay by page, so they wait for 16 MB.
        database.Execute("PRAGMA cache_size=-32768; PRAGMA wal_autocheckpoint=4000");
        (_database, _unfolded) = (database, unfolded);
        _tables = new LogTables(database, shards);
        _cache = new ConversationCache(options.CachedConversations);
        _positions = LogSchema.ReadPositions(database, shards);
        _folding = new Folding(_tables, unfolded, _positions, options.FoldAfter);
        _messages = new MessageTable(database);
        _batch = new LogBatch(
            _tables, _messages, new RequestTable(database, shards), _cache, _folding, _positions, receiptLimit);
        _begin = database.Prepare("BEGIN IMMEDIATE");
        _commit = database.Prepare("COMMIT");
        unfolded.Replace(new Replay(database, _tables, _cache, _folding).Run());
    }

    public long[] Positions => [.. _positions];

    /// <summary>One transaction: when this returns, everything is on disk and readers see it.</summary>
    /// <exception cref="BrokenWriteException">One of them fails by itself; nothing is written, and this session is of no more use.</exception>
    public IReadOnlyList<(Commit Commit, ConversationState[] Touched)> Write(List<Pending> pending)
    {
        _begin.Run();
        foreach (var one in pending)
        {
            try
            {
                one.Apply(_batch);
            }
            catch (Exception e) when (e is not SqliteErrorException)
            {
                throw new BrokenWriteException(one, e);
            }
        }
        var commits = _batch.TakeCommits();
        var written = 0L;
        foreach (var (commit, touched) in commits)
        {
            _tables.WritePosition(commit.Shard, commit.Position);
            written += commit.Position - commit.PreviousPosition;
            foreach (var state in touched)
            {
                if (state.IsReshaped)
                {
                    _tables.WriteState(state);
                    state.IsReshaped = false;
                }
            }
        }
        _folding.Step((int)written);
        _commit.Run();
        _folding.Committed();
        foreach (var (commit, touched) in commits)
        {
            _unfolded.Publish(touched, commit);
        }
        _cache.Trim();
        return commits;
    }

    /// <summary>True when deleted or edited content may still lie in the write-ahead file.</summary>
    public bool HasErased => _messages.HasErased;

    /// <summary>Brings the write-ahead file into the database and empties it, unless a reader still needs it.</summary>
    public void Erase() => _messages.HasErased = _database.Scalar("PRAGMA wal_checkpoint(TRUNCATE)") != 0;

    /// <summary>Folds everything, so that the next opening has nothing to replay.</summary>
    public void Finish()
    {
        _begin.Run();
        _folding.Finish();
        _commit.Run();
        _folding.Committed();
    }

    public void Dispose() => _database.Dispose();
}
