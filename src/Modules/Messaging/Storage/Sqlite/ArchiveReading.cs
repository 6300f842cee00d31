using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage.Writing;
using ModularChat.Storage.Sqlite;

namespace ModularChat.Messaging.Storage.Sqlite;

/// <summary>The rows as they are.</summary>
internal sealed partial class LogReader
{
    private const int PageBytes = 4 << 20;

    private Statement? _ids;
    private Statement? _changed;
    private Statement? _index;
    private Statement? _row;
    private Statement? _request;
    private Statement? _rowReactions;

    public IReadOnlyList<Membership> ShardConversations(int shard, Guid after, int limit)
    {
        _ids ??= _database.Prepare("SELECT id FROM conversation WHERE id > ?1 ORDER BY id");
        var ids = new List<Guid>();
        _ids.Bind(1, after);
        while (ids.Count < limit && _ids.Step())
        {
            AddOfShard(ids, _ids.Id(0), shard);
        }
        _ids.Reset();
        // Dropped meanwhile, if it is null; each is a snapshot of its own.
        return [.. ids.Select(Membership).OfType<Membership>()];
    }

    public IReadOnlyList<Guid> Changes(int shard, long after)
    {
        _changed ??= _database.Prepare("SELECT id FROM conversation WHERE position > ?1 OR marks_position > ?1");
        // What is in memory first: what is folded after this look is in the rows.
        var ids = _unfolded.ChangedAfter(shard, after).ToHashSet();
        var rows = new List<Guid>();
        _changed.Bind(1, after);
        while (_changed.Step())
        {
            AddOfShard(rows, _changed.Id(0), shard);
        }
        ids.UnionWith(rows);
        return [.. ids];
    }

    public IReadOnlyList<(Guid, Guid)> UserIndex(int shard, Guid afterUser, Guid afterConversation, int limit)
    {
        _index ??= _database.Prepare(
            "SELECT u.user, c.id FROM user_conversation u JOIN conversation c ON c.key = u.conversation WHERE u.user >= ?1 AND (u.user > ?1 OR c.id > ?2) ORDER BY u.user, c.id");
        var pairs = new List<(Guid, Guid)>();
        _index.Bind(1, afterUser).Bind(2, afterConversation);
        while (pairs.Count < limit && _index.Step())
        {
            if (Ids.Shard(_index.Id(1), _shards) == shard)
            {
                pairs.Add((_index.Id(0), _index.Id(1)));
            }
        }
        _index.Reset();
        return pairs;
    }

    public IReadOnlyList<EntryRow> EntryRows(Guid id, long from, int limit)
    {
        from = Math.Max(1, from);
        var newer = _unfolded.Find(id);
        return InSnapshot(() =>
        {
            var tail = Tail(newer, from, long.MaxValue, int.MaxValue);
            var rows = new List<EntryRow>();
            if (Find(id) is not var (key, _))
            {
                return rows;
            }
            var bytes = 0;
            foreach (var place in Places(key, tail, from, long.MaxValue, limit, newest: false))
            {
                if (bytes < PageBytes && ReadRow(place, key, id) is { } row)
                {
                    rows.Add(row);
                    bytes += row.Body?.Utf8.Length ?? 0;
                }
            }
            return rows;
        });
    }

    private EntryRow? ReadRow(long place, long key, Guid id)
    {
        _row ??= _database.Prepare(
            "SELECT seq, number, kind, sender, at, client_message_id, target, body, state, changed, edited_at, checksum FROM entry WHERE place = ?1 AND conversation = ?2");
        if (!_row.Bind(1, place).Bind(2, key).Step())
        {
            return null;
        }
        var (seq, sender, request, state) = (_row.Number(0), _row.Id(3), _row.Id(5), (MessageState)_row.Number(8));
        var row = new EntryRow(
            id, seq, Place.Position(place), _row.Number(1), (EntryKind)_row.Number(2), sender, _row.Time(4), request, _row.NullableNumber(6),
            _row.IsNull(7) ? null : new JsonBody(_row.Blob(7).ToArray()), state.HasFlag(MessageState.Deleted), state.HasFlag(MessageState.Pinned),
            _row.NullableNumber(9), _row.NullableTime(10), state.HasFlag(MessageState.HasReactions) ? RowReactions(key, seq) : [], Request(key, sender, request, seq),
            _row.Number(11));
        _row.Reset();
        return row;
    }

    private byte[]? Request(long key, Guid sender, Guid request, long seq)
    {
        // An id that was forgotten may have been used again, for another entry.
        _request ??= _database.Prepare("SELECT hash FROM request WHERE client_message_id = ?1 AND conversation = ?2 AND sender = ?3 AND seq = ?4");
        var hash = _request.Bind(1, request).Bind(2, key).Bind(3, sender).Bind(4, seq).Step() ? _request.Blob(0).ToArray() : null;
        _request.Reset();
        return hash;
    }

    private List<ReactionRow> RowReactions(long key, long seq)
    {
        _rowReactions ??= _database.Prepare("SELECT emoji, user, added, first FROM reaction WHERE conversation = ?1 AND seq = ?2 ORDER BY first, added");
        var reactions = new List<ReactionRow>();
        _rowReactions.Bind(1, key).Bind(2, seq);
        while (_rowReactions.Step())
        {
            reactions.Add(new ReactionRow(_rowReactions.Text(0)!, _rowReactions.Id(1), _rowReactions.Number(2), _rowReactions.Number(3)));
        }
        return reactions;
    }

    private void AddOfShard(List<Guid> ids, Guid id, int shard)
    {
        if (Ids.Shard(id, _shards) == shard)
        {
            ids.Add(id);
        }
    }
}
