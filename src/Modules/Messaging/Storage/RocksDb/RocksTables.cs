using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage.Writing;
using ModularChat.Storage.RocksDb;

namespace ModularChat.Messaging.Storage.RocksDb;

/// <summary>
/// What the writer reads and changes. A transaction is one batch; what it has changed and may read again (entries, requests, reactions) is
/// kept beside the batch, and each entry is written once, however often it changed. Rows go into a family in the order of their keys: RocksDB
/// looks for the place of a row from where it put the one before, so that neighbours cost little.
/// </summary>
internal sealed class RocksTables : IWriterTables
{
    private readonly RocksDatabase _database;
    private readonly RocksBatch _batch;
    private readonly StoredShard[] _shards;
    private readonly ValueWriter _writer = new();
    private readonly List<StoredEntry> _entries = [];
    private readonly Dictionary<(Guid Conversation, long Seq), int> _places = [];
    private readonly RequestRows _requests;
    private readonly ReactionRows _reactions;

    public RocksTables(RocksDatabase database, int shards)
    {
        (_database, _batch) = (database, new RocksBatch(database));
        (_requests, _reactions) = (new RequestRows(database, _batch), new ReactionRows(database, _batch));
        _shards = RocksSchema.ReadShards(database, shards);
        Positions = [.. _shards.Select(s => s.Position)];
        States = [.. _shards.Select(s => s.State)];
    }

    public long[] Positions { get; }

    public ShardState[] States { get; }

    /// <summary>Never: what was deleted leaves with the next compaction of its files, or with <see cref="Purge"/>.</summary>
    public bool HasErased => false;

    public void Begin()
    {
        _batch.Clear();
        _entries.Clear();
        _places.Clear();
        _requests.Begin();
        _reactions.Begin();
    }

    public void Commit(IReadOnlyList<(Commit Commit, ConversationState[] Touched)> commits)
    {
        Span<byte> key = stackalloc byte[Keys.MaxLength];
        PutEntries();
        _requests.Put();
        foreach (var (commit, touched) in commits)
        {
            foreach (var head in commit.Heads)
            {
                _batch.Put(Family.Head, Keys.Of(key, head.Shard, head.ConversationId), Values.Of(_writer, head));
            }
            foreach (var (conversation, member) in commit.Members)
            {
                _batch.Put(Family.Member, Keys.Pair(key, commit.Shard, conversation, member.UserId), Values.Of(_writer, member));
            }
            foreach (var state in touched)
            {
                state.IsReshaped = false;
            }
            PutShard(commit.Shard, _shards[commit.Shard] with { Position = commit.Position });
        }
        Write();
    }

    public void Finish()
    {
        // Every transaction writes all of its rows.
    }

    public void Erase()
    {
        // See HasErased.
    }

    public void Purge()
    {
        _database.Flush();
        _database.Compact();
    }

    public void SetShard(ShardRow row)
    {
        Begin();
        PutShard(row.Shard, _shards[row.Shard] with { State = row.State, Position = row.Position });
        Write();
        (Positions[row.Shard], States[row.Shard]) = (row.Position, row.State);
    }

    /// <summary>Writes rows past all rules, from a write alone (<see cref="LogWriter.WriteAloneAsync"/>).</summary>
    public void Write(Action<RocksBatch> write)
    {
        Begin();
        write(_batch);
        Write();
    }

    /// <summary>Takes away every row of a shard, from a write alone.</summary>
    public void DropShard(int shard)
    {
        if (States[shard] is ShardState.Held or ShardState.Frozen)
        {
            throw new InvalidOperationException($"Shard {shard} is in use.");
        }
        Span<byte> first = stackalloc byte[Keys.MaxLength];
        Span<byte> end = stackalloc byte[Keys.MaxLength];
        Begin();
        foreach (var family in Family.OfShards)
        {
            _batch.DeleteRange(family, Keys.Shard(first, shard), Keys.Shard(end, shard + 1));
        }
        PutShard(shard, _shards[shard] with { Forgotten = 0 });
        Write();
    }

    public ConversationState? FindConversation(Guid id)
    {
        Span<byte> key = stackalloc byte[Keys.MaxLength];
        var shard = Contracts.Ids.Shard(id, _shards.Length);
        using var value = _database.Get(Family.Head, Keys.Of(key, shard, id));
        return value.IsFound ? ConversationState.From(0, Values.Head(shard, id, value.Span)) : null;
    }

    /// <summary>Nothing yet: the head is written with the created entry.</summary>
    public long MakeConversation(Guid id, ConversationKind kind, string? title, HistoryVisibility history) => 0;

    public Member? FindMember(ConversationState conversation, Guid user)
    {
        Span<byte> key = stackalloc byte[Keys.MaxLength];
        using var value = _database.Get(Family.Member, Keys.Pair(key, conversation.Shard, conversation.Id, user));
        return value.IsFound ? Values.Member(user, value.Span) : null;
    }

    public void AddUser(ConversationState conversation, Guid user)
    {
        Span<byte> key = stackalloc byte[Keys.MaxLength];
        _batch.Put(Family.User, Keys.Pair(key, conversation.Shard, user, conversation.Id), []);
    }

    public void AddEntry(ConversationState conversation, Append append, MessageRow? target)
    {
        Add(new StoredEntry
        {
            Shard = conversation.Shard,
            ConversationId = conversation.Id,
            Seq = conversation.Seq,
            Position = conversation.Position,
            Number = conversation.Number,
            Kind = append.Kind,
            SenderId = append.SenderId,
            At = append.At,
            ClientMessageId = append.ClientMessageId,
            Target = append.Target,
            // An edit's content lies in the edited message only: after a deletion no copy may remain.
            Body = append.Kind == EntryKind.Edited ? null : append.Body,
            Check = EntryCheck.Of(append),
            IsNew = true,
            IsChanged = true,
        });
    }

    public long NumberAt(ConversationState conversation, long seq)
    {
        if (seq >= conversation.Seq || conversation.Cut == conversation.Seq)
        {
            return conversation.Number;
        }
        // The entries up to the cut may have left: the next one knows.
        var entry = Find(conversation, Math.Max(seq, conversation.Cut + 1)) is { } place ? _entries[place] : null;
        return entry is null ? 0 : entry.Number - (seq <= conversation.Cut && entry.Kind == EntryKind.Message ? 1 : 0);
    }

    public bool AddRequest(ConversationState conversation, Append append, long seq, long position) => _requests.Add(
        conversation.Shard, append.ClientMessageId, conversation.Id, append.SenderId, new StoredRequest(append.RequestHash, seq, position, append.At.ToUniversalTime()));

    public AppendResult? FindRequest(ConversationState conversation, Append append)
    {
        if (_requests.Find(conversation.Shard, append.ClientMessageId, conversation.Id, append.SenderId) is not { } request)
        {
            return null;
        }
        return request.Hash.AsSpan().SequenceEqual(append.RequestHash)
            ? new AppendResult(AppendOutcome.Duplicate, request.Seq, request.Position, request.At)
            : new AppendResult(AppendOutcome.IdReused);
    }

    public void AddMark(ConversationState conversation, MemberState member, long position)
    {
        // The member's row has it, and the head its position.
    }

    public void Lag(ConversationState conversation)
    {
        // Rows never lag behind a transaction.
    }

    public MessageRow? FindMessage(ConversationState conversation, long seq)
    {
        if (seq <= conversation.Cut || seq > conversation.Seq || Find(conversation, seq) is not { } place)
        {
            return null;
        }
        return new MessageRow(place, seq, _entries[place].Kind, _entries[place].State);
    }

    public void Edit(MessageRow message, Append append, long changed)
    {
        var entry = Change(message, changed);
        (entry.Body, entry.EditedAt) = (append.Body, append.At);
        entry.Check = EntryCheck.WithBody(entry.Check, append.Body is null ? 0 : EntryCheck.OfBody(append.Body.Utf8.Span));
    }

    public void Delete(ConversationState conversation, MessageRow message, long changed)
    {
        var entry = Change(message, changed);
        Empty(entry);
        entry.State = MessageState.Deleted;
    }

    public void SetState(MessageRow message, MessageState state, long changed) => Change(message, changed).State = state;

    public IReadOnlyList<ReactionRow> ReadReactions(ConversationState conversation, long seq) => _reactions.Of(conversation.Shard, conversation.Id, seq);

    public void AddReaction(ConversationState conversation, long seq, ReactionRow reaction) => _reactions.Add(conversation.Shard, conversation.Id, seq, reaction);

    public void RemoveReaction(ConversationState conversation, long seq, ReactionRow reaction) => _reactions.Remove(conversation.Shard, conversation.Id, seq, reaction);

    /// <summary>Requests have no order of time, as their ids are made by clients; entries have: they are walked from where the last walk ended.</summary>
    public int Forget(DateTimeOffset before, int limit)
    {
        Span<byte> key = stackalloc byte[Keys.MaxLength];
        var deleted = 0;
        using var reader = new RocksReader(_database, _shards.Length);
        for (var shard = 0; shard < _shards.Length && deleted < limit; shard++)
        {
            var (forgotten, looked) = (_shards[shard].Forgotten, 0);
            using var rows = reader.Feed(shard, forgotten);
            for (var isThere = rows.First(); isThere && deleted < limit && looked < limit; isThere = rows.Next())
            {
                looked++;
                if (reader.Find(shard, Keys.Id(rows.Value), Keys.Number(rows.Value[16..])) is { } entry)
                {
                    if (entry.At >= before)
                    {
                        break;
                    }
                    deleted += _requests.Drop(entry) ? 1 : 0;
                }
                forgotten = Keys.Number(rows.Key[2..]);
            }
            if (forgotten != _shards[shard].Forgotten)
            {
                PutShard(shard, _shards[shard] with { Forgotten = forgotten });
            }
        }
        return deleted;
    }

    public (int Left, long? Last) Cut(ConversationState conversation, long after, DateTimeOffset forgetBefore, int limit)
    {
        Span<byte> key = stackalloc byte[Keys.MaxLength];
        var left = 0;
        var found = Find(conversation, after, limit);
        foreach (var entry in found.Where(e => !e.HasLeft))
        {
            if (entry.At < forgetBefore)
            {
                Empty(entry);
                entry.HasLeft = true;
                _batch.Delete(Family.Entry, Keys.Entry(key, entry.Shard, entry.ConversationId, entry.Seq));
                _batch.Delete(Family.Feed, Keys.Feed(key, entry.Shard, entry.Position));
                _requests.Drop(entry);
                left++;
            }
            else if (entry.Body is not null || entry.State.HasFlag(MessageState.HasReactions))
            {
                Empty(entry);
                (entry.State, entry.IsChanged) = (entry.State & ~MessageState.HasReactions, true);
            }
        }
        return (left, found.Count < limit ? null : found[^1].Seq);
    }

    public void Dispose() => _batch.Dispose();

    private void Write()
    {
        if (_batch.Count > 0)
        {
            _database.Write(_batch);
        }
    }

    private void PutEntries()
    {
        Span<byte> key = stackalloc byte[Keys.MaxLength];
        Span<byte> place = stackalloc byte[Keys.MaxLength];
        _entries.Sort((one, other) => (one.Shard, one.Position).CompareTo((other.Shard, other.Position)));
        foreach (var entry in _entries)
        {
            if (entry is { IsNew: true, HasLeft: false })
            {
                _batch.Put(
                    Family.Feed, Keys.Feed(key, entry.Shard, entry.Position), Keys.Entry(place, entry.Shard, entry.ConversationId, entry.Seq)[2..]);
            }
        }
        _entries.Sort((one, other) => (one.Shard, one.ConversationId, one.Seq).CompareTo((other.Shard, other.ConversationId, other.Seq)));
        foreach (var entry in _entries)
        {
            if (entry is { IsChanged: true, HasLeft: false })
            {
                _batch.Put(Family.Entry, Keys.Entry(key, entry.Shard, entry.ConversationId, entry.Seq), Values.Of(_writer, entry));
            }
        }
    }

    private void PutShard(int shard, StoredShard row)
    {
        _shards[shard] = row;
        Span<byte> key = stackalloc byte[Keys.MaxLength];
        _batch.Put(Family.Meta, Keys.MetaShard(key, shard), row.Write(_writer));
    }

    private int Add(StoredEntry entry)
    {
        _places[(entry.ConversationId, entry.Seq)] = _entries.Count;
        _entries.Add(entry);
        return _entries.Count - 1;
    }

    /// <summary>Where the entry is among those of this transaction; read into it when it is there.</summary>
    private int? Find(ConversationState conversation, long seq)
    {
        if (_places.TryGetValue((conversation.Id, seq), out var place))
        {
            return _entries[place].HasLeft ? null : place;
        }
        Span<byte> key = stackalloc byte[Keys.MaxLength];
        using var value = _database.Get(Family.Entry, Keys.Entry(key, conversation.Shard, conversation.Id, seq));
        return value.IsFound ? Add(Values.Entry(conversation.Shard, conversation.Id, seq, value.Span)) : null;
    }

    /// <summary>The first entries after a seq up to the cut, those of this transaction included.</summary>
    private List<StoredEntry> Find(ConversationState conversation, long after, int limit)
    {
        var found = new SortedDictionary<long, StoredEntry>();
        using (var reader = new RocksReader(_database, _shards.Length))
        {
            foreach (var row in reader.Rows(conversation.Id, after + 1).TakeWhile(r => r.Seq <= conversation.Cut).Take(limit))
            {
                found.Add(row.Seq, _places.TryGetValue((conversation.Id, row.Seq), out var place) ? _entries[place] : _entries[Add(row)]);
            }
        }
        foreach (var entry in _entries)
        {
            if (entry.ConversationId == conversation.Id && entry.Seq > after && entry.Seq <= conversation.Cut)
            {
                found[entry.Seq] = entry;
            }
        }
        return [.. found.Values.Take(limit)];
    }

    private StoredEntry Change(MessageRow message, long changed)
    {
        var entry = _entries[(int)message.Place];
        (entry.Changed, entry.IsChanged) = (changed, true);
        return entry;
    }

    /// <summary>Takes away the body and the reactions.</summary>
    private void Empty(StoredEntry entry)
    {
        (entry.Body, entry.Check) = (null, EntryCheck.WithBody(entry.Check, 0));
        if (entry.State.HasFlag(MessageState.HasReactions))
        {
            _reactions.Clear(entry);
        }
    }
}
