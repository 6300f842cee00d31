using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Sending;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Conversations;

/// <summary>Each user's own conversation, made when it is first needed.</summary>
internal sealed class SelfConversations(IMessageLog log, ConversationCache conversations, RequestHash hashes, TimeProvider time)
{
    /// <summary>Makes it unless it is there.</summary>
    /// <returns>Its id.</returns>
    public async ValueTask<Guid> EnsureAsync(Guid userId, CancellationToken token)
    {
        var id = Ids.Self(userId);
        if (await conversations.GetAsync(id, token) is not null)
        {
            return id;
        }
        // Two at a time: one makes it, the other is a duplicate.
        await log.AppendAsync(
            new Append
            {
                ConversationId = id,
                SenderId = userId,
                ClientMessageId = id,
                RequestHash = hashes.Of(EntryKind.Created, 0, (long)ConversationKind.Self, null),
                Kind = EntryKind.Created,
                At = time.GetUtcNow(),
                Body = Bodies.Of(new CreatedBody(ConversationKind.Self, null, [userId])),
                MembersSeq = 0,
                Change = new Change.Create(ConversationKind.Self, null, HistoryVisibility.All, [(userId, MemberRole.Owner)]),
            },
            token);
        return id;
    }
}
