using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Storage.Sqlite;

namespace ModularChat.Messaging.Storage.Sqlite;

/// <summary>A connection that reads.</summary>
internal sealed class LogReader : IDisposable
{
    private const string EntryColumns = "place, conversation, seq, number, kind, sender, at, client_message_id, target, body, state, changed, edited_at";

    private readonly SqliteDatabase _database;
    private readonly int _shards;
    private readonly Statement _begin;
    private readonly Statement _end;
    private readonly Statement _head;
    private readonly Statement _id;
    private readonly Statement _members;
    private readonly Statement _member;
    private readonly Statement _conversations;
    private readonly Statement _oldest;
    private readonly Statement _newest;
    private readonly Statement _entry;
    private readonly Statement _feed;
    private readonly Statement _number;
    private readonly Statement _body;
    private readonly Statement _reactions;

    public LogReader(SqliteDatabase database, int shards, int generation)
    {
        (_database, _shards, Generation) = (database, shards, generation);
        database.Execute("PRAGMA query_only=ON");
        _begin = database.Prepare("BEGIN");
        _end = database.Prepare("ROLLBACK");
        _head = database.Prepare($"SELECT {Rows.HeadColumns} FROM conversation WHERE id = ?1");
        _id = database.Prepare("SELECT id FROM conversation WHERE key = ?1");
        _members = database.Prepare($"SELECT {Rows.MemberColumns} FROM member WHERE conversation = ?1 ORDER BY user");
        _member = database.Prepare($"SELECT {Rows.MemberColumns} FROM member WHERE conversation = ?1 AND user = ?2");
        _conversations = database.Prepare("SELECT c.id FROM user_conversation u JOIN conversation c ON c.key = u.conversation WHERE u.user = ?1 ORDER BY c.id");
        _oldest = database.Prepare("SELECT place FROM entry_index WHERE conversation = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq LIMIT ?4");
        _newest = database.Prepare("SELECT place FROM entry_index WHERE conversation = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq DESC LIMIT ?4");
        _entry = database.Prepare($"SELECT {EntryColumns} FROM entry WHERE place = ?1");
        _feed = database.Prepare($"SELECT {EntryColumns} FROM entry WHERE place > ?1 AND place < ?2 ORDER BY place LIMIT ?3");
        _number = database.Prepare("SELECT e.number FROM entry_index i JOIN entry e ON e.place = i.place WHERE i.conversation = ?1 AND i.seq = ?2");
        _body = database.Prepare("SELECT e.body FROM entry_index i JOIN entry e ON e.place = i.place WHERE i.conversation = ?1 AND i.seq = ?2");
        _reactions = database.Prepare("SELECT emoji, user FROM reaction WHERE conversation = ?1 AND seq = ?2 ORDER BY first, added");
    }

    public int Generation { get; }

    public T InSnapshot<T>(Func<LogReader, T> read)
    {
        _begin.Run();
        var result = read(this);
        _end.Run();
        return result;
    }

    public IReadOnlyList<Head> Heads(IReadOnlyList<Guid> ids)
    {
        var heads = new List<Head>(ids.Count);
        foreach (var id in ids)
        {
            if (Find(id) is { } found)
            {
                heads.Add(found.Head);
            }
        }
        return heads;
    }

    public Membership? Membership(Guid id)
    {
        if (Find(id) is not { } found)
        {
            return null;
        }
        var members = new List<Member>();
        _members.Bind(1, found.Key);
        while (_members.Step())
        {
            members.Add(Rows.Member(_members));
        }
        return new Membership(found.Head, members);
    }

    public IReadOnlyList<(Guid, Member)> Members(IReadOnlyList<Guid> ids, Guid user)
    {
        var members = new List<(Guid, Member)>(ids.Count);
        foreach (var id in ids)
        {
            if (Find(id) is { } found && _member.Bind(1, found.Key).Bind(2, user).Step())
            {
                members.Add((id, Rows.Member(_member)));
                _member.Reset();
            }
        }
        return members;
    }

    public IReadOnlyList<Guid> Conversations(Guid user)
    {
        var ids = new List<Guid>();
        _conversations.Bind(1, user);
        while (_conversations.Step())
        {
            ids.Add(_conversations.Id(0));
        }
        return ids;
    }

    public IReadOnlyList<LogEntry> Entries(Guid id, long from, long to, int limit, bool newest)
    {
        if (limit <= 0 || Find(id) is not { } found)
        {
            return [];
        }
        var places = new List<long>();
        var index = newest ? _newest : _oldest;
        index.Bind(1, found.Key).Bind(2, from).Bind(3, to).Bind(4, limit);
        while (index.Step())
        {
            places.Add(index.Number(0));
        }
        if (newest)
        {
            places.Reverse();
        }
        var entries = new List<LogEntry>(places.Count);
        foreach (var place in places)
        {
            if (_entry.Bind(1, place).Step())
            {
                entries.Add(Entry(_entry, id));
                _entry.Reset();
            }
        }
        return entries;
    }

    public IReadOnlyList<LogEntry> Feed(int shard, long after, int limit)
    {
        var entries = new List<LogEntry>();
        _feed.Bind(1, Place.Of(shard, after)).Bind(2, Place.Of(shard + 1, 0)).Bind(3, Math.Max(0, limit));
        while (_feed.Step())
        {
            _id.Bind(1, _feed.Number(1)).Step();
            var id = _id.Id(0);
            _id.Reset();
            entries.Add(Entry(_feed, id));
        }
        return entries;
    }

    public long NumberAt(Guid id, long seq)
    {
        if (seq < 1 || Find(id) is not { } found)
        {
            return 0;
        }
        if (seq >= found.Head.Seq)
        {
            return found.Head.Number;
        }
        var number = _number.Bind(1, found.Key).Bind(2, seq).Step() ? _number.Number(0) : 0;
        _number.Reset();
        return number;
    }

    public void Dispose() => _database.Dispose();

    private (long Key, Head Head)? Find(Guid id)
    {
        if (!_head.Bind(1, id).Step())
        {
            return null;
        }
        var found = (_head.Number(0), Rows.Head(_head, _shards));
        _head.Reset();
        return found;
    }

    private LogEntry Entry(Statement row, Guid conversation)
    {
        var place = row.Number(0);
        var key = row.Number(1);
        var seq = row.Number(2);
        var kind = (EntryKind)row.Number(4);
        var target = row.NullableNumber(8);
        var state = (MessageState)row.Number(10);
        var entry = new Entry
        {
            ConversationId = conversation,
            Seq = seq,
            Kind = kind,
            SenderId = row.Id(5),
            At = row.Time(6),
            Number = row.Number(3),
            Target = target,
            Body = kind == EntryKind.Edited ? TargetBody(key, target) : Body(row, 9),
            ClientMessageId = row.Id(7),
            Changed = row.NullableNumber(11),
            EditedAt = row.NullableTime(12),
            IsDeleted = state.HasFlag(MessageState.Deleted) ? true : null,
            IsPinned = state.HasFlag(MessageState.Pinned) ? true : null,
            Reactions = state.HasFlag(MessageState.HasReactions) ? Reactions(key, seq) : null,
        };
        return new LogEntry(Place.Shard(place), Place.Position(place), entry);
    }

    private JsonBody? TargetBody(long conversation, long? target)
    {
        var body = target is { } seq && _body.Bind(1, conversation).Bind(2, seq).Step() ? Body(_body, 0) : null;
        _body.Reset();
        return body;
    }

    private ReactionGroup[] Reactions(long conversation, long seq)
    {
        var groups = new List<(string Emoji, List<Guid> Users)>();
        _reactions.Bind(1, conversation).Bind(2, seq);
        while (_reactions.Step())
        {
            var emoji = _reactions.Text(0)!;
            if (groups.Count == 0 || groups[^1].Emoji != emoji)
            {
                groups.Add((emoji, []));
            }
            groups[^1].Users.Add(_reactions.Id(1));
        }
        return [.. groups.Select(g => new ReactionGroup(g.Emoji, [.. g.Users]))];
    }

    private static JsonBody? Body(Statement row, int column) => row.IsNull(column) ? null : new JsonBody(row.Blob(column).ToArray());
}
