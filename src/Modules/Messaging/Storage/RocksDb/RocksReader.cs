using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage.Writing;
using ModularChat.Storage.RocksDb;

namespace ModularChat.Messaging.Storage.RocksDb;

/// <summary>Reads that belong together, in one snapshot.</summary>
internal sealed class RocksReader(RocksDatabase database, int shards) : IDisposable
{
    private readonly RocksSnapshot _snapshot = new(database);

    public int ShardOf(Guid conversation) => Ids.Shard(conversation, shards);

    public Head? Head(Guid conversation)
    {
        Span<byte> key = stackalloc byte[Keys.MaxLength];
        var shard = ShardOf(conversation);
        using var value = database.Get(Family.Head, Keys.Of(key, shard, conversation), _snapshot);
        return value.IsFound ? Values.Head(shard, conversation, value.Span) : null;
    }

    public IReadOnlyList<Head> Heads(IReadOnlyList<Guid> conversations)
    {
        var heads = new List<Head>(conversations.Count);
        foreach (var conversation in conversations)
        {
            if (Head(conversation) is { } head)
            {
                heads.Add(head);
            }
        }
        return heads;
    }

    public Membership? Membership(Guid conversation) => Head(conversation) is { } head ? new Membership(head, Members(head)) : null;

    public List<Member> Members(Head head)
    {
        var members = new List<Member>();
        using var rows = Rows(Family.Member, head.Shard, head.ConversationId);
        for (var isThere = rows.First(); isThere; isThere = rows.Next())
        {
            members.Add(Values.Member(Keys.Id(rows.Key[18..]), rows.Value));
        }
        return members;
    }

    public IReadOnlyList<(Guid, Member)> Members(IReadOnlyList<Guid> conversations, Guid user)
    {
        Span<byte> key = stackalloc byte[Keys.MaxLength];
        var members = new List<(Guid, Member)>(conversations.Count);
        foreach (var conversation in conversations)
        {
            using var value = database.Get(Family.Member, Keys.Pair(key, ShardOf(conversation), conversation, user), _snapshot);
            if (value.IsFound)
            {
                members.Add((conversation, Values.Member(user, value.Span)));
            }
        }
        return members;
    }

    public IReadOnlyList<Guid> Conversations(Guid user)
    {
        var ids = new List<Guid>();
        for (var shard = 0; shard < shards; shard++)
        {
            using var rows = Rows(Family.User, shard, user);
            for (var isThere = rows.First(); isThere; isThere = rows.Next())
            {
                ids.Add(Keys.Id(rows.Key[18..]));
            }
        }
        ids.Sort();
        return ids;
    }

    public IReadOnlyList<LogEntry> Entries(Guid conversation, long from, long to, int limit, bool newest)
    {
        if (limit <= 0 || Head(conversation) is not { } head)
        {
            return [];
        }
        from = Math.Max(from, head.Cut + 1);
        to = Math.Min(to, head.Seq);
        if (from > to)
        {
            return [];
        }
        if (newest)
        {
            // Above the cut no seq is missing. Forwards, as rows in memory are found anew for each step backwards.
            from = Math.Max(from, to - limit + 1);
        }
        var entries = new List<LogEntry>((int)Math.Min(limit, to - from + 1));
        using var rows = Range(head.Shard, conversation, from, to);
        for (var isThere = rows.First(); isThere && entries.Count < limit; isThere = rows.Next())
        {
            entries.Add(Entry(Row(head.Shard, rows), head.Cut));
        }
        return entries;
    }

    /// <summary>The rows of a conversation as they are, cut ones included.</summary>
    public IEnumerable<StoredEntry> Rows(Guid conversation, long from)
    {
        var shard = ShardOf(conversation);
        using var rows = Range(shard, conversation, Math.Max(1, from), long.MaxValue - 1);
        for (var isThere = rows.First(); isThere; isThere = rows.Next())
        {
            yield return Row(shard, rows);
        }
    }

    public IReadOnlyList<LogEntry> Feed(int shard, long after, int limit)
    {
        var entries = new List<LogEntry>();
        var cuts = new Dictionary<Guid, long>();
        using var rows = Feed(shard, Math.Max(0, after));
        for (var isThere = entries.Count < limit && rows.First(); isThere; isThere = entries.Count < limit && rows.Next())
        {
            var (conversation, seq) = (Keys.Id(rows.Value), Keys.Number(rows.Value[16..]));
            if (!cuts.TryGetValue(conversation, out var cut))
            {
                cuts.Add(conversation, cut = Head(conversation)?.Cut ?? 0);
            }
            if (seq > cut && Find(shard, conversation, seq) is { } entry)
            {
                entries.Add(Entry(entry, cut));
            }
        }
        return entries;
    }

    /// <summary>Positions and places of a shard's entries after a position.</summary>
    public RocksIterator Feed(int shard, long after)
    {
        Span<byte> first = stackalloc byte[Keys.MaxLength];
        Span<byte> end = stackalloc byte[Keys.MaxLength];
        return new RocksIterator(database, Family.Feed, Keys.Feed(first, shard, after + 1), Keys.Shard(end, shard + 1), _snapshot);
    }

    public long NumberAt(Guid conversation, long seq)
    {
        if (seq < 1 || Head(conversation) is not { } head)
        {
            return 0;
        }
        if (seq >= head.Seq || head.Cut == head.Seq)
        {
            return head.Number;
        }
        // The entries up to the cut may have left: the next one knows.
        var entry = Find(head.Shard, conversation, Math.Max(seq, head.Cut + 1));
        return entry is null ? 0 : entry.Number - (seq <= head.Cut && entry.Kind == EntryKind.Message ? 1 : 0);
    }

    public StoredEntry? Find(int shard, Guid conversation, long seq)
    {
        Span<byte> key = stackalloc byte[Keys.MaxLength];
        using var value = database.Get(Family.Entry, Keys.Entry(key, shard, conversation, seq), _snapshot);
        return value.IsFound ? Values.Entry(shard, conversation, seq, value.Span) : null;
    }

    /// <summary>What is remembered of the entry's own request: its id may have been forgotten and used again.</summary>
    public StoredRequest? FindRequest(StoredEntry entry)
    {
        Span<byte> key = stackalloc byte[Keys.MaxLength];
        using var value = database.Get(Family.Request, Keys.Request(key, entry.Shard, entry.ClientMessageId, entry.ConversationId, entry.SenderId), _snapshot);
        return value.IsFound && Values.Request(value.Span) is { } request && request.Seq == entry.Seq ? request : null;
    }

    public List<ReactionRow> Reactions(StoredEntry entry)
    {
        Span<byte> first = stackalloc byte[Keys.MaxLength];
        Span<byte> end = stackalloc byte[Keys.MaxLength];
        var prefix = Keys.Entry(first, entry.Shard, entry.ConversationId, entry.Seq);
        var reactions = new List<ReactionRow>();
        using var rows = new RocksIterator(database, Family.Reaction, prefix, Keys.After(end, prefix), _snapshot);
        for (var isThere = rows.First(); isThere; isThere = rows.Next())
        {
            reactions.Add(Values.Reaction(rows.Key, rows.Value));
        }
        return reactions;
    }

    /// <summary>The rows of a family whose keys begin with shard and id.</summary>
    public RocksIterator Rows(int family, int shard, Guid id)
    {
        Span<byte> first = stackalloc byte[Keys.MaxLength];
        Span<byte> end = stackalloc byte[Keys.MaxLength];
        var prefix = Keys.Of(first, shard, id);
        return new RocksIterator(database, family, prefix, Keys.After(end, prefix), _snapshot);
    }

    /// <summary>The rows of a family after a key of a shard.</summary>
    public RocksIterator Rows(int family, int shard, ReadOnlySpan<byte> after)
    {
        Span<byte> end = stackalloc byte[Keys.MaxLength];
        // The key itself with a byte more is the first that comes after it.
        return new RocksIterator(database, family, [.. after, 0], Keys.Shard(end, shard + 1), _snapshot);
    }

    public void Dispose() => _snapshot.Dispose();

    private static StoredEntry Row(int shard, RocksIterator rows)
    {
        var key = rows.Key;
        return Values.Entry(shard, Keys.Id(key[2..]), Keys.Number(key[18..]), rows.Value);
    }

    private RocksIterator Range(int shard, Guid conversation, long from, long to)
    {
        Span<byte> first = stackalloc byte[Keys.MaxLength];
        Span<byte> end = stackalloc byte[Keys.MaxLength];
        return new RocksIterator(database, Family.Entry, Keys.Entry(first, shard, conversation, from), Keys.Entry(end, shard, conversation, to + 1), _snapshot);
    }

    private LogEntry Entry(StoredEntry row, long cut)
    {
        var body = row.Body;
        if (row.Kind == EntryKind.Edited)
        {
            // The content lies in the edited message only.
            body = row.Target > cut ? Find(row.Shard, row.ConversationId, row.Target.Value)?.Body : null;
        }
        var entry = new Entry
        {
            ConversationId = row.ConversationId,
            Seq = row.Seq,
            Kind = row.Kind,
            SenderId = row.SenderId,
            At = row.At,
            Number = row.Number,
            Target = row.Target,
            Body = body,
            ClientMessageId = row.ClientMessageId,
            Changed = row.Changed,
            EditedAt = row.EditedAt,
            IsDeleted = row.State.HasFlag(MessageState.Deleted) ? true : null,
            IsPinned = row.State.HasFlag(MessageState.Pinned) ? true : null,
            Reactions = row.State.HasFlag(MessageState.HasReactions) ? Groups(Reactions(row)) : null,
        };
        return new LogEntry(row.Shard, row.Position, entry);
    }

    private static ReactionGroup[] Groups(List<ReactionRow> reactions)
    {
        var groups = new List<(string Emoji, List<Guid> Users)>();
        foreach (var reaction in reactions)
        {
            if (groups.Count == 0 || groups[^1].Emoji != reaction.Emoji)
            {
                groups.Add((reaction.Emoji, []));
            }
            groups[^1].Users.Add(reaction.UserId);
        }
        return [.. groups.Select(g => new ReactionGroup(g.Emoji, [.. g.Users]))];
    }
}
