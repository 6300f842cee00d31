using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage.Writing;
using ModularChat.Storage.Sqlite;

namespace ModularChat.Messaging.Storage.Sqlite;

/// <summary>
/// After a crash: works out from the log what had not been folded. Rows may be ahead of the last full round (a slice of the next
/// one, a change of members), so everything here only moves forward.
/// </summary>
internal sealed class Replay(SqliteDatabase database, LogTables tables, ConversationCache cache, Folding folding)
{
    private readonly Dictionary<long, ConversationState> _states = [];
    private readonly Statement _id = database.Prepare("SELECT id FROM conversation WHERE key = ?1");

    /// <summary>Brings the states in memory to the end of the log; returns those that lag behind in rows.</summary>
    public IReadOnlyCollection<ConversationState> Run()
    {
        using var shards = database.Prepare("SELECT shard, folded, position FROM shard");
        while (shards.Step())
        {
            if (shards.Number(1) < shards.Number(2))
            {
                Run((int)shards.Number(0), shards.Number(1));
            }
        }
        return _states.Values;
    }

    private void Run(int shard, long after)
    {
        // Marks and entries in one order: a mark may be set before or after its owner's next message.
        using var rows = database.Prepare("""
            SELECT place, conversation, seq, number, kind, sender, NULL, NULL, NULL, NULL, NULL FROM entry WHERE place > ?1 AND place < ?2
            UNION ALL
            SELECT place, conversation, NULL, NULL, NULL, user, delivered, read, read_number, muted_until, flags FROM mark WHERE place > ?1 AND place < ?2
            ORDER BY place
            """);
        rows.Bind(1, Place.Of(shard, after)).Bind(2, Place.Of(shard + 1, 0));
        while (rows.Step())
        {
            var (place, state) = (rows.Number(0), Find(rows.Number(1)));
            var member = FindMember(state, rows.Id(5));
            if (member is not null && member.MarksPosition >= Place.Position(place))
            {
                member = null;
            }
            if (rows.IsNull(2))
            {
                Mark(rows, state, member, Place.Position(place));
            }
            else
            {
                Entry(rows, state, member, place);
            }
        }
    }

    private ConversationState Find(long key)
    {
        if (_states.TryGetValue(key, out var state))
        {
            return state;
        }
        _id.Bind(1, key).Step();
        state = tables.FindConversation(_id.Id(0))!;
        _id.Reset();
        cache.Add(state);
        folding.Add(state);
        _states.Add(key, state);
        return state;
    }

    private MemberState? FindMember(ConversationState state, Guid user)
    {
        if (!state.Members.TryGetValue(user, out var member))
        {
            member = tables.FindMember(state.Key, user) is { } row ? new MemberState(row) : null;
            state.Members.Add(user, member);
        }
        return member;
    }

    private static void Entry(Statement row, ConversationState state, MemberState? sender, long place)
    {
        var (position, seq, number) = (Place.Position(place), row.Number(2), row.Number(3));
        // What is cut was folded with the cut, and some of it has left.
        if (seq > state.Cut)
        {
            state.Tail.Add(place);
        }
        (state.Seq, state.Position, state.Number) = (Math.Max(state.Seq, seq), Math.Max(state.Position, position), Math.Max(state.Number, number));
        if ((EntryKind)row.Number(4) == EntryKind.Message && sender is { Role: >= MemberRole.Member })
        {
            (sender.Read, sender.Delivered, sender.ReadNumber) = (seq, seq, number);
            Moved(state, sender, position);
        }
    }

    private static void Mark(Statement row, ConversationState state, MemberState? member, long position)
    {
        if (member is not null)
        {
            (member.Delivered, member.Read, member.ReadNumber) = (row.Number(6), row.Number(7), row.Number(8));
            member.Preferences = Rows.Preferences(row.NullableTime(9), row.Number(10));
            Moved(state, member, position);
        }
    }

    private static void Moved(ConversationState state, MemberState member, long position)
    {
        member.MarksPosition = position;
        member.IsDirty = true;
        state.MarksPosition = Math.Max(state.MarksPosition, position);
    }
}
