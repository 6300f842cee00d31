using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Conversations;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Reading;

/// <summary>Who may read: members, invited people and former members; everybody else is told that there is no such conversation.</summary>
internal static class Readers
{
    public static async ValueTask<(Head Head, Member Reader)> FindAsync(
        ConversationCache conversations, Guid conversationId, Guid userId, CancellationToken token) =>
        await conversations.GetAsync(conversationId, token) is { } state
        && state.Members.Find(userId) is { } reader
        && (reader.Role != MemberRole.None || reader.Ranges.Length > 0)
            ? (state.Head, reader)
            : throw ChatException.NoConversation();
}
