using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Conversations;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Sending;

/// <summary>
/// The one way into a conversation's log: judge on the members in memory, append naming them, and judge again when the log
/// says that they are others now.
/// </summary>
internal sealed class ConversationWriter(IMessageLog log, ConversationCache conversations, SelfConversations self, WriteOrder order, TimeProvider time)
{
    private const int Attempts = 8;

    public async ValueTask<Stored> WriteAsync(Wish wish, Judge judge, CancellationToken token)
    {
        if (wish.ClientMessageId == Guid.Empty)
        {
            throw ChatException.Invalid("clientMessageId", "clientMessageId is missing or empty.");
        }
        using var turn = await order.EnterAsync(wish.SenderId, wish.ConversationId, token);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var state = await conversations.GetAsync(wish.ConversationId, token);
            if (state is null && wish.ConversationId == Ids.Self(wish.SenderId))
            {
                await self.EnsureAsync(wish.SenderId, token);
                continue;
            }
            if (state?.Members.Find(wish.SenderId) is not { } sender)
            {
                throw ChatException.NoConversation();
            }
            Draft? draft;
            try
            {
                draft = await judge(state, sender, token);
            }
            catch (ChatException)
            {
                // A retry of something that was allowed then: one who leaves and repeats it is told that it is done.
                if (await FindEarlierAsync(wish, token) is { } earlier)
                {
                    return earlier;
                }
                throw;
            }
            if (draft is null)
            {
                return await FindEarlierAsync(wish, token) ?? new Stored(wish.ConversationId, 0, time.GetUtcNow(), false);
            }
            var appending = log.AppendAsync(Append(wish, draft, state.Head.MembersSeq, sender.Role), token);
            // The log has taken it: what the sender writes next goes behind it, in the same transaction if it likes.
            turn.Leave();
            var result = await appending;
            if (result.Outcome != AppendOutcome.MembersChanged)
            {
                return Answer(wish, result);
            }
            conversations.Drop(wish.ConversationId);
        }
        throw new ChatException(ProblemCodes.Conflict, "The members of the conversation kept changing.") { RetryAfter = TimeSpan.FromSeconds(1) };
    }

    /// <summary>The first result of a request that was stored before; null when it was not. An append judged on no members is only ever found, never stored.</summary>
    private async ValueTask<Stored?> FindEarlierAsync(Wish wish, CancellationToken token)
    {
        var result = await log.AppendAsync(Append(wish, new Draft(EntryKind.Message, null), membersSeq: -1), token);
        return result.Outcome is AppendOutcome.Duplicate or AppendOutcome.IdReused ? Answer(wish, result) : null;
    }

    private Append Append(Wish wish, Draft draft, long membersSeq, MemberRole? senderRole = null) => new()
    {
        ConversationId = wish.ConversationId,
        SenderId = wish.SenderId,
        ClientMessageId = wish.ClientMessageId,
        RequestHash = wish.Hash,
        Kind = draft.Kind,
        At = time.GetUtcNow(),
        Body = draft.Body,
        Target = draft.Target,
        MembersSeq = membersSeq,
        SenderRole = draft.Kind is EntryKind.Message or EntryKind.Edited or EntryKind.Deleted or EntryKind.Reaction or EntryKind.Pinned ? senderRole : null,
        Change = draft.Change,
    };

    private Stored Answer(Wish wish, AppendResult result) => result.Outcome switch
    {
        AppendOutcome.Stored => new Stored(wish.ConversationId, result.Seq, result.At, false),
        AppendOutcome.Duplicate => new Stored(wish.ConversationId, result.Seq, result.At, true),
        AppendOutcome.Unchanged => new Stored(wish.ConversationId, 0, time.GetUtcNow(), false),
        AppendOutcome.IdReused => throw new ChatException(ProblemCodes.IdReused, "This clientMessageId came with another request.") { Field = "clientMessageId" },
        AppendOutcome.NoTarget => throw Targets.NotThere("seq"),
        AppendOutcome.TooManyReactions => throw new ChatException(ProblemCodes.LimitReached, "The message has as many different reactions as it can.") { Field = "emoji" },
        AppendOutcome.NoConversation => throw ChatException.NoConversation(),
        _ => throw new ChatException(ProblemCodes.Internal, $"The log answered {result.Outcome}."),
    };
}
