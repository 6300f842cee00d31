using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Storage.Sqlite;

namespace ModularChat.Messaging.Storage.Sqlite;

/// <summary>Changes the present state of a message in its own row. Each method says what became of it and writes nothing unless it is stored.</summary>
internal sealed class MessageTable(SqliteDatabase database)
{
    private const int MaxReactions = 50;

    private readonly Statement _find = database.Prepare("SELECT kind, state FROM entry WHERE place = ?1");
    private readonly Statement _edit = database.Prepare("UPDATE entry SET body = ?2, changed = ?3, edited_at = ?4 WHERE place = ?1");
    private readonly Statement _delete = database.Prepare("UPDATE entry SET body = NULL, changed = ?2, state = ?3 WHERE place = ?1");
    private readonly Statement _mark = database.Prepare("UPDATE entry SET changed = ?2, state = ?3 WHERE place = ?1");
    private readonly Statement _dropReactions = database.Prepare("DELETE FROM reaction WHERE conversation = ?1 AND seq = ?2");
    private readonly Statement _reactions = database.Prepare("SELECT emoji, user, first FROM reaction WHERE conversation = ?1 AND seq = ?2");
    private readonly Statement _addReaction = database.Prepare(
        "INSERT INTO reaction (conversation, seq, emoji, user, added, first) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    private readonly Statement _removeReaction = database.Prepare("DELETE FROM reaction WHERE conversation = ?1 AND seq = ?2 AND emoji = ?3 AND user = ?4");

    /// <summary>True when content was overwritten: the write-ahead file may still hold a copy of it.</summary>
    public bool HasErased { get; set; }

    /// <summary>Applies a change to the message at <paramref name="place"/>; the entry about it will get <paramref name="seq"/>.</summary>
    public AppendOutcome Apply(ConversationState conversation, Append append, long? place, long seq)
    {
        if (place is not { } row || !_find.Bind(1, row).Step())
        {
            return AppendOutcome.NoTarget;
        }
        var kind = (EntryKind)_find.Number(0);
        var state = (MessageState)_find.Number(1);
        _find.Reset();
        if (kind != EntryKind.Message)
        {
            return AppendOutcome.NoTarget;
        }
        if (append.Change is Change.Delete)
        {
            return Delete(conversation, append.Target!.Value, row, state, seq);
        }
        if (state.HasFlag(MessageState.Deleted))
        {
            return AppendOutcome.NoTarget;
        }
        return append.Change switch
        {
            Change.Edit => Edit(row, append.Body, append.At, seq),
            Change.Pin pin => Pin(row, state, pin.Pinned, seq),
            Change.React react => React(conversation, append, react, row, state, seq),
            _ => throw new InvalidOperationException($"{append.Change} does not change a message."),
        };
    }

    private AppendOutcome Edit(long place, JsonBody? body, DateTimeOffset at, long seq)
    {
        _ = body is null ? _edit.BindNull(2) : _edit.Bind(2, body.Utf8.Span);
        _edit.Bind(1, place).Bind(3, seq).Bind(4, at).Run();
        HasErased = true;
        return AppendOutcome.Stored;
    }

    private AppendOutcome Delete(ConversationState conversation, long target, long place, MessageState state, long seq)
    {
        if (state.HasFlag(MessageState.Deleted))
        {
            return AppendOutcome.Unchanged;
        }
        _delete.Bind(1, place).Bind(2, seq).Bind(3, (long)MessageState.Deleted).Run();
        HasErased = true;
        if (state.HasFlag(MessageState.HasReactions))
        {
            _dropReactions.Bind(1, conversation.Key).Bind(2, target).Run();
        }
        return AppendOutcome.Stored;
    }

    private AppendOutcome Pin(long place, MessageState state, bool pinned, long seq)
    {
        if (state.HasFlag(MessageState.Pinned) == pinned)
        {
            return AppendOutcome.Unchanged;
        }
        _mark.Bind(1, place).Bind(2, seq).Bind(3, (long)(state ^ MessageState.Pinned)).Run();
        return AppendOutcome.Stored;
    }

    private AppendOutcome React(ConversationState conversation, Append append, Change.React react, long place, MessageState state, long seq)
    {
        var target = append.Target!.Value;
        var emojis = new HashSet<string>(StringComparer.Ordinal);
        var isThere = false;
        var rows = 0;
        long? first = null;
        if (state.HasFlag(MessageState.HasReactions))
        {
            _reactions.Bind(1, conversation.Key).Bind(2, target);
            while (_reactions.Step())
            {
                rows++;
                var emoji = _reactions.Text(0)!;
                emojis.Add(emoji);
                if (emoji == react.Emoji)
                {
                    first = _reactions.Number(2);
                    isThere |= _reactions.Id(1) == append.SenderId;
                }
            }
        }
        if (isThere != react.Remove)
        {
            return AppendOutcome.Unchanged;
        }
        if (react.Remove)
        {
            _removeReaction.Bind(1, conversation.Key).Bind(2, target).Bind(3, react.Emoji).Bind(4, append.SenderId).Run();
            state = rows == 1 ? state & ~MessageState.HasReactions : state;
        }
        else
        {
            if (first is null && emojis.Count >= MaxReactions)
            {
                return AppendOutcome.TooManyReactions;
            }
            _addReaction.Bind(1, conversation.Key).Bind(2, target).Bind(3, react.Emoji).Bind(4, append.SenderId).Bind(5, seq).Bind(6, first ?? seq).Run();
            state |= MessageState.HasReactions;
        }
        _mark.Bind(1, place).Bind(2, seq).Bind(3, (long)state).Run();
        return AppendOutcome.Stored;
    }
}
