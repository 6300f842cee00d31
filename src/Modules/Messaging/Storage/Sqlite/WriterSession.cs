using ModularChat.Storage.Sqlite;

namespace ModularChat.Messaging.Storage.Sqlite;

/// <summary>One connection of the writer with everything that is only right as long as the connection is.</summary>
internal sealed class WriterSession : IDisposable
{
    private readonly SqliteDatabase _database;
    private readonly LogTables _tables;
    private readonly LogBatch _batch;
    private readonly ConversationCache _cache;
    private readonly Statement _begin;
    private readonly Statement _commit;
    private readonly long[] _positions;

    private WriterSession(SqliteDatabase database, int shards, int cachedConversations)
    {
        _database = database;
        _tables = new LogTables(database, shards);
        _cache = new ConversationCache(cachedConversations);
        _positions = LogSchema.ReadPositions(database, shards);
        _batch = new LogBatch(_tables, new MessageTable(database), new RequestTable(database, shards), _cache, _positions, SqliteMessageLog.ReceiptLimit);
        _begin = database.Prepare("BEGIN IMMEDIATE");
        _commit = database.Prepare("COMMIT");
    }

    public long[] Positions => [.. _positions];

    public static WriterSession Open(SqliteDatabase database, int shards, int cachedConversations) => new(database, shards, cachedConversations);

    /// <summary>One transaction: when this returns, everything is on disk.</summary>
    public IReadOnlyList<Commit> Write(List<Pending> pending)
    {
        _begin.Run();
        foreach (var one in pending)
        {
            one.Apply(_batch);
        }
        var commits = _batch.TakeCommits();
        foreach (var commit in commits)
        {
            _tables.WritePosition(commit.Shard, commit.Position);
        }
        Fold();
        _commit.Run();
        _cache.Trim();
        return commits;
    }

    public void Dispose() => _database.Dispose();

    private void Fold()
    {
        foreach (var state in _batch.Dirty)
        {
            var seq = state.TailFrom;
            foreach (var place in state.Tail)
            {
                _tables.AddIndex(state.Key, seq++, place);
            }
            state.Tail.Clear();
            _tables.WriteHead(state);
            foreach (var member in state.Members.Values)
            {
                if (member is { IsDirty: true })
                {
                    _tables.WriteMember(state.Key, member);
                    member.IsDirty = false;
                }
            }
            state.IsDirty = false;
        }
        _batch.Dirty.Clear();
    }
}
