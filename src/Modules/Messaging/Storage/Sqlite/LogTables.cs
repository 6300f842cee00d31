using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage.Writing;
using ModularChat.Storage.Sqlite;

namespace ModularChat.Messaging.Storage.Sqlite;

/// <summary>The writer's statements, prepared once a connection.</summary>
internal sealed class LogTables(SqliteDatabase database, int shards)
{
    private readonly Statement _findHead = database.Prepare($"SELECT {Rows.HeadColumns} FROM conversation WHERE id = ?1");
    private readonly Statement _makeHead = database.Prepare(
        "INSERT INTO conversation (id, kind, title, history, seq, position, number, members_seq, members_position, marks_position, member_count, cut) VALUES (?1, ?2, ?3, ?4, 0, 0, 0, 0, 0, 0, 0, 0) RETURNING key");
    private readonly Statement _writeHead = database.Prepare(
        "UPDATE conversation SET title = ?2, history = ?3, seq = ?4, position = ?5, number = ?6, members_seq = ?7, members_position = ?8, marks_position = ?9, member_count = ?10, cut = ?11, keep_days = ?12, keep_count = ?13 WHERE key = ?1");
    private readonly Statement _findMember = database.Prepare($"SELECT {Rows.MemberColumns} FROM member WHERE conversation = ?1 AND user = ?2");
    private readonly Statement _writeMember = database.Prepare(
        $"INSERT OR REPLACE INTO member (conversation, {Rows.MemberColumns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
    private readonly Statement _addUser = database.Prepare("INSERT OR IGNORE INTO user_conversation (user, conversation) VALUES (?1, ?2)");
    private readonly Statement _addEntry = database.Prepare(
        "INSERT INTO entry (place, conversation, seq, number, kind, sender, at, client_message_id, target, target_place, body, state, checksum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, ?12)");
    private readonly Statement _addIndex = database.Prepare("INSERT OR REPLACE INTO entry_index (conversation, seq, place) VALUES (?1, ?2, ?3)");
    private readonly Statement _addMark = database.Prepare(
        "INSERT INTO mark (place, conversation, user, delivered, read, read_number, muted_until, flags) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    private readonly Statement _dropMarks = database.Prepare("DELETE FROM mark WHERE place > ?1 AND place <= ?2");
    private readonly Statement _writeFolded = database.Prepare("UPDATE shard SET folded = ?2 WHERE shard = ?1");
    private readonly Statement _findPlace = database.Prepare("SELECT place FROM entry_index WHERE conversation = ?1 AND seq = ?2");
    private readonly Statement _findNumber = database.Prepare("SELECT number, kind FROM entry WHERE place = ?1");
    private readonly Statement _addRequest = database.Prepare(
        "INSERT OR IGNORE INTO request (client_message_id, conversation, sender, hash, seq, position, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    private readonly Statement _findRequest = database.Prepare(
        "SELECT hash, seq, position, at FROM request WHERE client_message_id = ?1 AND conversation = ?2 AND sender = ?3");
    private readonly Statement _writeShard = database.Prepare("UPDATE shard SET position = ?2, folded = ?2, state = ?3 WHERE shard = ?1");
    private readonly Statement _writePosition = database.Prepare("UPDATE shard SET position = ?2 WHERE shard = ?1");

    public ConversationState? FindConversation(Guid id)
    {
        if (!_findHead.Bind(1, id).Step())
        {
            return null;
        }
        var state = ConversationState.From(_findHead.Number(0), Rows.Head(_findHead, shards));
        _findHead.Reset();
        return state;
    }

    public long MakeConversation(Guid id, ConversationKind kind, string? title, HistoryVisibility history)
    {
        _makeHead.Bind(1, id).Bind(2, (long)kind).Bind(3, title).Bind(4, (long)history).Step();
        var key = _makeHead.Number(0);
        _makeHead.Run();
        return key;
    }

    /// <summary>Writes the head and every member that lags behind.</summary>
    public void WriteState(ConversationState state)
    {
        WriteHead(state);
        foreach (var member in state.Members.Values)
        {
            if (member is { IsDirty: true })
            {
                WriteMember(state.Key, member);
            }
        }
    }

    private void WriteHead(ConversationState state) => _writeHead
        .Bind(1, state.Key).Bind(2, state.Title).Bind(3, (long)state.History).Bind(4, state.Seq).Bind(5, state.Position).Bind(6, state.Number)
        .Bind(7, state.MembersSeq).Bind(8, state.MembersPosition).Bind(9, state.MarksPosition).Bind(10, state.MemberCount).Bind(11, state.Cut)
        .Bind(12, state.Keep?.Days ?? 0).Bind(13, state.Keep?.Count ?? 0).Run();

    /// <summary>A member; null when the user never was one.</summary>
    public Member? FindMember(long conversation, Guid user)
    {
        if (!_findMember.Bind(1, conversation).Bind(2, user).Step())
        {
            return null;
        }
        var member = Rows.Member(_findMember);
        _findMember.Reset();
        return member;
    }

    private void WriteMember(long conversation, MemberState member) => _writeMember
        .Bind(1, conversation).Bind(2, member.UserId).Bind(3, (long)member.Role).Bind(4, Rows.Encode(member.Ranges)).Bind(5, member.Delivered)
        .Bind(6, member.Read).Bind(7, member.ReadNumber).Bind(8, member.MarksPosition).Bind(9, member.Preferences.MutedUntil)
        .Bind(10, Rows.Flags(member.Preferences)).Bind(11, member.RangesPosition).Run();

    public void AddUser(Guid user, long conversation) => _addUser.Bind(1, user).Bind(2, conversation).Run();

    public void AddEntry(long place, ConversationState state, Append append, long? targetPlace)
    {
        _addEntry.Bind(1, place).Bind(2, state.Key).Bind(3, state.Seq).Bind(4, state.Number).Bind(5, (long)append.Kind).Bind(6, append.SenderId)
            .Bind(7, append.At).Bind(8, append.ClientMessageId).Bind(9, append.Target).Bind(10, targetPlace);
        // An edit's content lies in the edited message only: after a deletion no copy may remain.
        _ = append.Body is null || append.Kind == EntryKind.Edited ? _addEntry.BindNull(11) : _addEntry.Bind(11, append.Body.Utf8.Span);
        _addEntry.Bind(12, EntryCheck.Of(append)).Run();
    }

    public void AddIndex(long conversation, long seq, long place) => _addIndex.Bind(1, conversation).Bind(2, seq).Bind(3, place).Run();

    /// <summary>Where an entry lies; null when there is no such seq.</summary>
    public long? FindPlace(ConversationState state, long seq)
    {
        if (seq < 1 || seq > state.Seq)
        {
            return null;
        }
        if (seq >= state.TailFrom)
        {
            return state.Tail[(int)(seq - state.TailFrom)];
        }
        if (!_findPlace.Bind(1, state.Key).Bind(2, seq).Step())
        {
            return null;
        }
        var place = _findPlace.Number(0);
        _findPlace.Reset();
        return place;
    }

    /// <summary>The running message number at a seq of the conversation; below the cut that at the cut.</summary>
    public long NumberAt(ConversationState state, long seq)
    {
        if (seq >= state.Seq || state.Cut == state.Seq)
        {
            return state.Number;
        }
        // The entries up to the cut may have left: the next one knows.
        var isCut = seq <= state.Cut;
        if (FindPlace(state, isCut ? state.Cut + 1 : seq) is not { } place || !_findNumber.Bind(1, place).Step())
        {
            return 0;
        }
        var number = _findNumber.Number(0) - (isCut && (EntryKind)_findNumber.Number(1) == EntryKind.Message ? 1 : 0);
        _findNumber.Reset();
        return number;
    }

    /// <summary>False when there is a request under this id already.</summary>
    public bool AddRequest(long conversation, Append append, long seq, long position)
    {
        _addRequest.Bind(1, append.ClientMessageId).Bind(2, conversation).Bind(3, append.SenderId).Bind(4, append.RequestHash)
            .Bind(5, seq).Bind(6, position).Bind(7, append.At).Run();
        return database.Changes > 0;
    }

    /// <summary>What became of the request with this id before: a duplicate, a reused id, or null when it is new.</summary>
    public AppendResult? FindRequest(long conversation, Append append)
    {
        if (!_findRequest.Bind(1, append.ClientMessageId).Bind(2, conversation).Bind(3, append.SenderId).Step())
        {
            return null;
        }
        var result = _findRequest.Blob(0).SequenceEqual(append.RequestHash)
            ? new AppendResult(AppendOutcome.Duplicate, _findRequest.Number(1), _findRequest.Number(2), _findRequest.Time(3))
            : new AppendResult(AppendOutcome.IdReused);
        _findRequest.Reset();
        return result;
    }

    /// <summary>A moved mark as the log keeps it until it is folded.</summary>
    public void AddMark(long place, long conversation, MemberState member) => _addMark
        .Bind(1, place).Bind(2, conversation).Bind(3, member.UserId).Bind(4, member.Delivered).Bind(5, member.Read).Bind(6, member.ReadNumber)
        .Bind(7, member.Preferences.MutedUntil).Bind(8, Rows.Flags(member.Preferences)).Run();

    /// <summary>Everything up to this position of the shard is in its rows.</summary>
    public void WriteFolded(int shard, long position)
    {
        _writeFolded.Bind(1, shard).Bind(2, position).Run();
        _dropMarks.Bind(1, Place.Of(shard, 0)).Bind(2, Place.Of(shard, position)).Run();
    }

    public void WriteShard(ShardRow row) => _writeShard.Bind(1, row.Shard).Bind(2, row.Position).Bind(3, (long)row.State).Run();

    public void WritePosition(int shard, long position) => _writePosition.Bind(1, shard).Bind(2, position).Run();
}
