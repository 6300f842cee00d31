using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Storage.Writing;

/// <summary>Changes the present state of a message in its own row. Says what became of it, and writes nothing unless it is stored.</summary>
internal sealed class MessageChanges(IWriterTables tables)
{
    private const int MaxReactions = 50;

    /// <summary>Applies a change to the target; the entry about it will get <paramref name="seq"/>.</summary>
    public (AppendOutcome Outcome, MessageRow? Target) Apply(ConversationState conversation, Append append, long seq)
    {
        if (append.Target is not { } target || tables.FindMessage(conversation, target) is not { Kind: EntryKind.Message } message)
        {
            return (AppendOutcome.NoTarget, null);
        }
        if (message.State.HasFlag(MessageState.Deleted))
        {
            return (append.Change is Change.Delete ? AppendOutcome.Unchanged : AppendOutcome.NoTarget, null);
        }
        switch (append.Change)
        {
            case Change.Delete:
                tables.Delete(conversation, message, seq);
                return (AppendOutcome.Stored, message);
            case Change.Edit:
                tables.Edit(message, append, seq);
                return (AppendOutcome.Stored, message);
            case Change.Pin pin:
                return (Pin(message, pin.Pinned, seq), message);
            case Change.React react:
                return (React(conversation, append, react, message, seq), message);
            default:
                throw new InvalidOperationException($"{append.Change} does not change a message.");
        }
    }

    private AppendOutcome Pin(MessageRow message, bool pinned, long seq)
    {
        if (message.State.HasFlag(MessageState.Pinned) == pinned)
        {
            return AppendOutcome.Unchanged;
        }
        tables.SetState(message, message.State ^ MessageState.Pinned, seq);
        return AppendOutcome.Stored;
    }

    private AppendOutcome React(ConversationState conversation, Append append, Change.React react, MessageRow message, long seq)
    {
        var reactions = message.State.HasFlag(MessageState.HasReactions) ? tables.ReadReactions(conversation, message.Seq) : [];
        var emojis = new HashSet<string>(StringComparer.Ordinal);
        ReactionRow? own = null;
        long? first = null;
        foreach (var reaction in reactions)
        {
            emojis.Add(reaction.Emoji);
            if (reaction.Emoji == react.Emoji)
            {
                first = reaction.First;
                own = reaction.UserId == append.SenderId ? reaction : own;
            }
        }
        if (own is not null != react.Remove)
        {
            return AppendOutcome.Unchanged;
        }
        var (state, isLast) = (message.State, reactions.Count == 1);
        if (react.Remove)
        {
            tables.RemoveReaction(conversation, message.Seq, own!);
            state = isLast ? state & ~MessageState.HasReactions : state;
        }
        else
        {
            if (first is null && emojis.Count >= MaxReactions)
            {
                return AppendOutcome.TooManyReactions;
            }
            tables.AddReaction(conversation, message.Seq, new ReactionRow(react.Emoji, append.SenderId, seq, first ?? seq));
            state |= MessageState.HasReactions;
        }
        tables.SetState(message, state, seq);
        return AppendOutcome.Stored;
    }
}
