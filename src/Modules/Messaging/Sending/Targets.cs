using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Conversations;
using ModularChat.Messaging.Reading;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Sending;

/// <summary>Messages that others point to.</summary>
internal sealed class Targets(IMessageLog log, RecentEntries recent)
{
    /// <summary>The message at a seq, in its present state; a deleted one too.</summary>
    /// <exception cref="ChatException"><see cref="ProblemCodes.MessageNotFound"/> when there is none that the reader may see.</exception>
    public async ValueTask<Entry> GetAsync(ConversationState state, Member reader, long seq, string field, CancellationToken token)
    {
        // The first seq is 1, and what retention has taken is not there.
        if (seq <= state.Head.Cut || seq > state.Head.Seq || !ConversationViews.CanSee(reader.Ranges, seq))
        {
            throw NotThere(field);
        }
        var found = recent.Read(state.Head.ConversationId, seq, seq)
            ?? await log.ReadAsync(state.Head.ConversationId, seq, seq, 1, newest: false, token);
        return found is [{ Entry: { Kind: EntryKind.Message } entry }] ? entry : throw NotThere(field);
    }

    public static ChatException NotThere(string field) =>
        new(ProblemCodes.MessageNotFound, "There is no such message, or the caller may not see it.") { Field = field };
}
