using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Conversations;

/// <summary>A conversation as its caller may see it.</summary>
internal sealed class Reader(ConversationCache conversations, ConversationViews views, SelfConversations self)
{
    /// <summary>The state and the caller's row; refused to those who never were in it.</summary>
    public async ValueTask<(ConversationState State, Member Me)> OpenAsync(Caller caller, Guid conversationId, CancellationToken token)
    {
        if (conversationId == Ids.Self(caller.UserId))
        {
            await self.EnsureAsync(caller.UserId, token);
        }
        var state = await conversations.GetAsync(conversationId, token);
        return state?.Members.Find(caller.UserId) is { } me ? (state, me) : throw ChatException.NoConversation();
    }

    /// <summary>What the caller may know of it now.</summary>
    public async ValueTask<ConversationInfo> ViewAsync(Caller caller, Guid conversationId, CancellationToken token)
    {
        var (state, me) = await OpenAsync(caller, conversationId, token);
        return views.View(state.Head, me, state.Members);
    }

    /// <summary>For requests about conversations: an application key needs the scope for them.</summary>
    public static void Require(Caller caller) => caller.Require(ApplicationScopes.Conversations);
}
