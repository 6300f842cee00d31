using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage.Writing;
using ModularChat.Storage;
using ModularChat.Storage.Sqlite;

namespace ModularChat.Messaging.Storage.Sqlite;

/// <summary>The writer's connection.</summary>
internal sealed class SqliteTables : IWriterTables
{
    /// <summary>How often the write-ahead file is tried to be emptied after a purge: each try waits for readers a little.</summary>
    private const int EraseAttempts = 40;

    private readonly SqliteDatabase _database;
    private readonly LogTables _tables;
    private readonly MessageTable _messages;
    private readonly RequestTable _requests;
    private readonly CutTable _cuts;
    private readonly Folding _folding;
    private readonly Unfolded _unfolded;
    private readonly Statement _begin;
    private readonly Statement _commit;
    private ArchiveTable? _archive;

    /// <summary>Takes up the log where its file ends.</summary>
    public SqliteTables(SqliteDatabase database, int shards, MessageLogOptions options, ConversationCache cache, Unfolded unfolded)
    {
        // The default of 2 MB would read the same index pages again for every slice; checkpoints pay by page, so they wait for 16 MB.
        database.Execute("PRAGMA cache_size=-32768; PRAGMA wal_autocheckpoint=4000");
        (_database, _unfolded) = (database, unfolded);
        _tables = new LogTables(database, shards);
        (Positions, States) = (LogSchema.ReadPositions(database, shards), LogSchema.ReadStates(database, shards));
        _folding = new Folding(_tables, unfolded, Positions, options.FoldAfter);
        _messages = new MessageTable(database);
        _requests = new RequestTable(database, shards);
        _cuts = new CutTable(database);
        _begin = database.Prepare("BEGIN IMMEDIATE");
        _commit = database.Prepare("COMMIT");
        unfolded.Replace(new Replay(database, _tables, cache, _folding).Run());
    }

    public long[] Positions { get; }

    public ShardState[] States { get; }

    public bool HasErased => _messages.HasErased;

    public void Begin() => _begin.Run();

    public void Commit(IReadOnlyList<(Commit Commit, ConversationState[] Touched)> commits)
    {
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
    }

    public void Finish()
    {
        _begin.Run();
        _folding.Finish();
        _commit.Run();
        _folding.Committed();
    }

    /// <summary>
    /// Writes rows past all rules in one transaction, from a write alone (<see cref="LogWriter.WriteAloneAsync"/>): everything is folded.
    /// </summary>
    public T InTransaction<T>(Func<SqliteTables, ArchiveTable, T> write)
    {
        _archive ??= new ArchiveTable(_database, Positions.Length);
        _begin.Run();
        var result = write(this, _archive);
        _commit.Run();
        LogSchema.ReadPositions(_database, Positions.Length).CopyTo(Positions, 0);
        LogSchema.ReadStates(_database, States.Length).CopyTo(States, 0);
        return result;
    }

    public void SetShard(ShardRow row) => InTransaction((_, _) =>
    {
        _tables.WriteShard(row);
        return true;
    });

    /// <summary>Brings the write-ahead file into the database and empties it, unless a reader still needs it.</summary>
    public void Erase() => _messages.HasErased = _database.Scalar("PRAGMA wal_checkpoint(TRUNCATE)") != 0;

    /// <summary>Copies what there is into pages without gaps; readers go on with what they see.</summary>
    public void Purge()
    {
        _database.Execute("VACUUM");
        _messages.HasErased = true;
        for (var attempt = 0; HasErased && attempt < EraseAttempts; attempt++)
        {
            Erase();
        }
    }

    public ConversationState? FindConversation(Guid id) => _tables.FindConversation(id);

    public long MakeConversation(Guid id, ConversationKind kind, string? title, HistoryVisibility history) =>
        _tables.MakeConversation(id, kind, title, history);

    public Member? FindMember(ConversationState conversation, Guid user) => _tables.FindMember(conversation.Key, user);

    public void AddUser(ConversationState conversation, Guid user) => _tables.AddUser(user, conversation.Key);

    public void AddEntry(ConversationState conversation, Append append, MessageRow? target)
    {
        var place = Place.Of(conversation.Shard, conversation.Position);
        conversation.Tail.Add(place);
        _tables.AddEntry(place, conversation, append, append.Kind == EntryKind.Edited ? target?.Place : null);
    }

    public long NumberAt(ConversationState conversation, long seq) => _tables.NumberAt(conversation, seq);

    public bool AddRequest(ConversationState conversation, Append append, long seq, long position) =>
        _tables.AddRequest(conversation.Key, append, seq, position);

    public AppendResult? FindRequest(ConversationState conversation, Append append) => _tables.FindRequest(conversation.Key, append);

    public void AddMark(ConversationState conversation, MemberState member, long position) =>
        _tables.AddMark(Place.Of(conversation.Shard, position), conversation.Key, member);

    public void Lag(ConversationState conversation) => _folding.Add(conversation);

    public MessageRow? FindMessage(ConversationState conversation, long seq) =>
        seq > conversation.Cut && _tables.FindPlace(conversation, seq) is { } place ? _messages.Find(place, seq) : null;

    public void Edit(MessageRow message, Append append, long changed) => _messages.Edit(message, append.Body, append.At, changed);

    public void Delete(ConversationState conversation, MessageRow message, long changed) => _messages.Delete(conversation, message, changed);

    public void SetState(MessageRow message, MessageState state, long changed) => _messages.SetState(message, state, changed);

    public IReadOnlyList<ReactionRow> ReadReactions(ConversationState conversation, long seq) => _messages.ReadReactions(conversation, seq);

    public void AddReaction(ConversationState conversation, long seq, ReactionRow reaction) => _messages.AddReaction(conversation, seq, reaction);

    public void RemoveReaction(ConversationState conversation, long seq, ReactionRow reaction) => _messages.RemoveReaction(conversation, seq, reaction);

    public int Forget(DateTimeOffset before, int limit) => _requests.Forget(before, limit);

    public (int Left, long? Last) Cut(ConversationState conversation, long after, DateTimeOffset forgetBefore, int limit)
    {
        if (conversation.Tail.Count > 0)
        {
            // The index must know what leaves; a replay passes over what is cut.
            _folding.Fold(conversation);
        }
        _messages.HasErased = true;
        return _cuts.Cut(conversation, after, forgetBefore, limit);
    }

    public void Dispose() => _database.Dispose();
}

/// <summary>Opens the file for the writer.</summary>
internal sealed class SqliteStore(string path, int shards, MessageLogOptions options, int receiptLimit, LogReaders readers, Unfolded unfolded) : IWriterStore
{
    public WriterSession Open(SqliteDatabase database)
    {
        var cache = new ConversationCache(options.CachedConversations);
        return new WriterSession(new SqliteTables(database, shards, options, cache, unfolded), cache, receiptLimit);
    }

    public WriterSession Reopen()
    {
        var database = SqliteDatabase.Open(path, SqliteMessageLog.BusyMilliseconds);
        try
        {
            // What the last commit left in the file may be there only in memory: sync it before anybody builds on it.
            database.Execute("PRAGMA wal_checkpoint(PASSIVE)");
            return Open(database);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    public void Abandon() => readers.Renew();
}
