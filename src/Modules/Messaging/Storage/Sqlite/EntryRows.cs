using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage.Writing;
using ModularChat.Storage.Sqlite;

namespace ModularChat.Messaging.Storage.Sqlite;

/// <summary>Makes entries in present state from their rows.</summary>
internal sealed class EntryRows(SqliteDatabase database)
{
    private const string Columns = "place, conversation, seq, number, kind, sender, at, client_message_id, target, target_place, body, state, changed, edited_at";

    private readonly Statement _entry = database.Prepare($"SELECT {Columns} FROM entry WHERE place = ?1");
    private readonly Statement _feed = database.Prepare($"SELECT {Columns} FROM entry WHERE place > ?1 AND place < ?2 ORDER BY place");
    private readonly Statement _id = database.Prepare("SELECT id, cut FROM conversation WHERE key = ?1");
    private readonly Statement _number = database.Prepare("SELECT number, kind FROM entry WHERE place = ?1");
    private readonly Statement _body = database.Prepare("SELECT body FROM entry WHERE place = ?1");
    private readonly Statement _reactions = database.Prepare("SELECT emoji, user FROM reaction WHERE conversation = ?1 AND seq = ?2 ORDER BY first, added");

    /// <summary>The entries at these places of one conversation.</summary>
    public IReadOnlyList<LogEntry> At(IReadOnlyList<long> places, Guid conversation)
    {
        var entries = new List<LogEntry>(places.Count);
        foreach (var place in places)
        {
            if (_entry.Bind(1, place).Step())
            {
                entries.Add(Entry(_entry, conversation));
                _entry.Reset();
            }
        }
        return entries;
    }

    /// <summary>The entries of a shard after a position.</summary>
    public IReadOnlyList<LogEntry> Feed(int shard, long after, int limit)
    {
        var entries = new List<LogEntry>();
        _feed.Bind(1, Place.Of(shard, Math.Max(0, after))).Bind(2, Place.Of(shard + 1, 0));
        while (entries.Count < limit && _feed.Step())
        {
            _id.Bind(1, _feed.Number(1)).Step();
            var (id, cut) = (_id.Id(0), _id.Number(1));
            _id.Reset();
            if (_feed.Number(2) > cut)
            {
                entries.Add(Entry(_feed, id));
            }
        }
        _feed.Reset();
        return entries;
    }

    /// <summary>The running message number at an entry, or just before it.</summary>
    public long NumberAt(long place, bool before)
    {
        var number = _number.Bind(1, place).Step() ? _number.Number(0) - (before && (EntryKind)_number.Number(1) == EntryKind.Message ? 1 : 0) : 0;
        _number.Reset();
        return number;
    }

    private LogEntry Entry(Statement row, Guid conversation)
    {
        var place = row.Number(0);
        var seq = row.Number(2);
        var kind = (EntryKind)row.Number(4);
        var state = (MessageState)row.Number(11);
        var entry = new Entry
        {
            ConversationId = conversation,
            Seq = seq,
            Kind = kind,
            SenderId = row.Id(5),
            At = row.Time(6),
            Number = row.Number(3),
            Target = row.NullableNumber(8),
            Body = kind == EntryKind.Edited ? BodyAt(row.Number(9)) : Body(row, 10),
            ClientMessageId = row.Id(7),
            Changed = row.NullableNumber(12),
            EditedAt = row.NullableTime(13),
            IsDeleted = state.HasFlag(MessageState.Deleted) ? true : null,
            IsPinned = state.HasFlag(MessageState.Pinned) ? true : null,
            Reactions = state.HasFlag(MessageState.HasReactions) ? Reactions(row.Number(1), seq) : null,
        };
        return new LogEntry(Place.Shard(place), Place.Position(place), entry);
    }

    private JsonBody? BodyAt(long place)
    {
        var body = _body.Bind(1, place).Step() ? Body(_body, 0) : null;
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
