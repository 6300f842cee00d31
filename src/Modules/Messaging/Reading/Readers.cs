using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Conversations;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Reading;

/// <summary>Who may read: members, invited people and former members; one whose invitation came to nothing is told that there is no such conversation.</summary>
internal static class Readers
{
    public static async ValueTask<(Head Head, Member Reader)> FindAsync(this Reader reader, Caller caller, Guid conversationId, CancellationToken token)
    {
        var (state, me) = await reader.OpenAsync(caller, conversationId, token);
        return me.Role != MemberRole.None || me.Ranges.Length > 0 ? (state.Head, me) : throw ChatException.NoConversation();
    }
}
