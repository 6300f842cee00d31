using ModularChat.Storage.Sqlite;

namespace ModularChat.Messaging.Storage.Sqlite;

/// <summary>A connection that reads. What it finds in <see cref="Unfolded"/> is newer than the rows.</summary>
internal sealed partial class LogReader : IDisposable
{
    private const int Attempts = 20;

    private readonly SqliteDatabase _database;
    private readonly int _shards;
    private readonly Unfolded _unfolded;
    private readonly EntryRows _entries;
    private readonly Statement _begin;
    private readonly Statement _end;
    private readonly Statement _head;
    private readonly Statement _members;
    private readonly Statement _member;
    private readonly Statement _conversations;
    private readonly Statement _oldest;
    private readonly Statement _newest;

    public LogReader(SqliteDatabase database, int shards, Unfolded unfolded, int generation)
    {
        (_database, _shards, _unfolded, Generation) = (database, shards, unfolded, generation);
        database.Execute("PRAGMA query_only=ON; PRAGMA cache_size=-8192");
        _entries = new EntryRows(database);
        _begin = database.Prepare("BEGIN");
        _end = database.Prepare("ROLLBACK");
        _head = database.Prepare($"SELECT {Rows.HeadColumns} FROM conversation WHERE id = ?1");
        _members = database.Prepare($"SELECT {Rows.MemberColumns} FROM member WHERE conversation = ?1");
        _member = database.Prepare($"SELECT {Rows.MemberColumns} FROM member WHERE conversation = ?1 AND user = ?2");
        _conversations = database.Prepare("SELECT c.id FROM user_conversation u JOIN conversation c ON c.key = u.conversation WHERE u.user = ?1 ORDER BY c.id");
        _oldest = database.Prepare("SELECT place FROM entry_index WHERE conversation = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq LIMIT ?4");
        _newest = database.Prepare("SELECT place FROM entry_index WHERE conversation = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq DESC LIMIT ?4");
    }

    public int Generation { get; }

    public IReadOnlyList<Head> Heads(IReadOnlyList<Guid> ids) => InSnapshot(() =>
    {
        var heads = new List<Head>(ids.Count);
        foreach (var id in ids)
        {
            if ((_unfolded.Find(id)?.Head ?? Find(id)?.Head) is { } head)
            {
                heads.Add(head);
            }
        }
        return heads;
    });

    public Membership? Membership(Guid id)
    {
        for (var attempt = 1; ; attempt++)
        {
            var generation = _unfolded.Generation;
            var membership = InSnapshot(() =>
            {
                // The rows first, then what is newer: otherwise a row could be newer than the head that it is given with.
                var row = Find(id);
                var newer = _unfolded.Find(id);
                return (newer?.Key ?? row?.Key) is { } key ? Membership(key, newer?.State() ?? (row!.Value.Head, [])) : null;
            });
            if (generation == _unfolded.Generation || attempt == Attempts)
            {
                return membership;
            }
        }
    }

    public IReadOnlyList<(Guid, Member)> Members(IReadOnlyList<Guid> ids, Guid user) => InSnapshot(() =>
    {
        var members = new List<(Guid, Member)>(ids.Count);
        foreach (var id in ids)
        {
            var newer = _unfolded.Find(id);
            if ((newer?.Member(user) ?? Member(newer?.Key ?? Find(id)?.Key, user)) is { } member)
            {
                members.Add((id, member));
            }
        }
        return members;
    });

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
        // Before the snapshot: what is folded after this look is in the snapshot's index.
        var newer = _unfolded.Find(id);
        return InSnapshot(() =>
        {
            // Looked at before the first row, which is where the snapshot really begins: it has all of these.
            var tail = Tail(newer, from, to, newest ? Math.Max(0, limit) : int.MaxValue);
            // The row says what is cut in this snapshot: a cut is never held back.
            return limit > 0 && Find(id) is var (key, head) ? _entries.At(Places(key, tail, Math.Max(from, head.Cut + 1), to, limit, newest), id) : [];
        });
    }

    public IReadOnlyList<LogEntry> Feed(int shard, long after, int limit) => InSnapshot(() => _entries.Feed(shard, after, limit));

    public long NumberAt(Guid id, long seq)
    {
        var newer = _unfolded.Find(id);
        return InSnapshot(() =>
        {
            var ahead = newer?.Head;
            var tail = Tail(newer, seq, long.MaxValue, int.MaxValue);
            if (Find(id) is not var (key, row) || seq < 1)
            {
                return 0;
            }
            var head = ahead?.Seq > row.Seq ? ahead : row;
            if (seq >= head.Seq || row.Cut >= head.Seq)
            {
                return head.Number;
            }
            // The entries up to the cut may have left: the next one knows.
            var at = Math.Max(seq, row.Cut + 1);
            return Places(key, tail, at, at, 1, newest: false) is [var place] ? _entries.NumberAt(place, before: at > seq) : 0;
        });
    }

    public void Dispose() => _database.Dispose();

    private T InSnapshot<T>(Func<T> read)
    {
        _begin.Run();
        var result = read();
        _end.Run();
        return result;
    }

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

    private Member? Member(long? conversation, Guid user)
    {
        if (conversation is not { } key || !_member.Bind(1, key).Bind(2, user).Step())
        {
            return null;
        }
        var member = Rows.Member(_member);
        _member.Reset();
        return member;
    }

    private Membership Membership(long key, (Head Head, Dictionary<Guid, Member> Members) newer)
    {
        var members = new List<Member>();
        _members.Bind(1, key);
        while (_members.Step())
        {
            var member = Rows.Member(_members);
            members.Add(newer.Members.Remove(member.UserId, out var changed) ? changed : member);
        }
        members.AddRange(newer.Members.Values);
        members.Sort((a, b) => a.UserId.CompareTo(b.UserId));
        return new Membership(newer.Head, members);
    }

    /// <summary>What is not in the index yet: the first seq of it (of those asked for), and the places.</summary>
    private static (long From, long[] Places) Tail(UnfoldedConversation? newer, long from, long to, int newest)
    {
        var (first, places) = newer?.Places(from, to, newest) ?? (long.MaxValue, []);
        return (Math.Max(first, from), places);
    }

    private List<long> Places(long key, (long From, long[] Places) unfolded, long from, long to, int limit, bool newest)
    {
        var tail = unfolded.Places.AsSpan();
        // A cut folds: what was seen before it may lie below.
        tail = tail[(int)Math.Clamp(from - unfolded.From, 0, tail.Length)..];
        tail = tail[..(int)Math.Clamp(to - Math.Max(from, unfolded.From) + 1, 0, tail.Length)];
        var places = new List<long>();
        if (newest)
        {
            places.AddRange(tail.Length > limit ? tail[^limit..] : tail);
            Index(_newest, key, from, Math.Min(to, unfolded.From - 1), limit - places.Count, places);
            places.Sort();
            return places;
        }
        Index(_oldest, key, from, Math.Min(to, unfolded.From - 1), limit, places);
        places.AddRange(tail[..Math.Min(tail.Length, limit - places.Count)]);
        return places;
    }

    private static void Index(Statement index, long key, long from, long to, int limit, List<long> places)
    {
        if (limit <= 0 || from > to)
        {
            return;
        }
        index.Bind(1, key).Bind(2, from).Bind(3, to).Bind(4, limit);
        while (index.Step())
        {
            places.Add(index.Number(0));
        }
    }
}
