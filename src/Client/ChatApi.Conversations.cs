using System.Globalization;
using ModularChat.Client.Wire;

namespace ModularChat.Client;

public sealed partial class ChatApi
{
    /// <summary>The direct conversation with another user.</summary>
    public Task<ConversationState> OpenDirectAsync(Guid userId, CancellationToken token = default) =>
        SendAsync(HttpMethod.Put, $"conversations/direct/{userId}", ClientJson.Default.ConversationState, token);

    /// <summary>Makes a group; safe to repeat with the same id.</summary>
    public Task<ConversationState> CreateGroupAsync(Guid id, string title, IReadOnlyList<Guid> userIds, string? history = null, CancellationToken token = default) =>
        SendAsync(HttpMethod.Put, $"conversations/{id}", new GroupBody(title, userIds, history), ClientJson.Default.GroupBody, ClientJson.Default.ConversationState, token);

    /// <summary>Adds up to 100 people to a group.</summary>
    public Task<ConversationState> AddMembersAsync(Guid id, IReadOnlyList<Guid> userIds, Guid? clientMessageId = null, CancellationToken token = default) =>
        SendAsync(HttpMethod.Post, $"conversations/{id}/members", new MembersBody(clientMessageId ?? ClientIds.New(), userIds),
            ClientJson.Default.MembersBody, ClientJson.Default.ConversationState, token);

    /// <summary>Removes somebody from a group, or oneself: leaving, declining.</summary>
    public Task<Stored> RemoveMemberAsync(Guid id, Guid userId, Guid? clientMessageId = null, CancellationToken token = default) =>
        SendAsync(HttpMethod.Delete, $"conversations/{id}/members/{userId}?clientMessageId={clientMessageId ?? ClientIds.New()}", ClientJson.Default.Stored, token);

    /// <summary>Gives a member another role.</summary>
    public Task<Stored> SetRoleAsync(Guid id, Guid userId, MemberRole role, Guid? clientMessageId = null, CancellationToken token = default) =>
        SendAsync(HttpMethod.Patch, $"conversations/{id}/members/{userId}",
            new ChangeBody(clientMessageId ?? ClientIds.New(), Role: role.ToString().ToLowerInvariant()), ClientJson.Default.ChangeBody, ClientJson.Default.Stored, token);

    /// <summary>Accepts an invitation.</summary>
    public Task<ConversationState> JoinAsync(Guid id, Guid? clientMessageId = null, CancellationToken token = default) =>
        SendAsync(HttpMethod.Post, $"conversations/{id}/join", new ChangeBody(clientMessageId ?? ClientIds.New()), ClientJson.Default.ChangeBody, ClientJson.Default.ConversationState, token);

    /// <summary>Renames a group or changes what new members see.</summary>
    public Task<Stored> ChangeGroupAsync(
        Guid id, string? title, string? history = null, Guid? clientMessageId = null, KeepRule? keep = null, CancellationToken token = default) =>
        SendAsync(HttpMethod.Patch, $"conversations/{id}", new ChangeBody(clientMessageId ?? ClientIds.New(), title, history, Keep: keep), ClientJson.Default.ChangeBody, ClientJson.Default.Stored, token);

    /// <summary>A conversation.</summary>
    public Task<ConversationState> GetConversationAsync(Guid id, CancellationToken token = default) =>
        SendAsync(HttpMethod.Get, $"conversations/{id}", ClientJson.Default.ConversationState, token);

    /// <summary>The caller's conversations by id.</summary>
    public Task<ConversationPage> GetConversationsAsync(Guid? after = null, int limit = 200, CancellationToken token = default) =>
        SendAsync(HttpMethod.Get, Query("conversations", ("after", after?.ToString()), ("limit", Text(limit))), ClientJson.Default.ConversationPage, token);

    /// <summary>The members of a conversation by user id.</summary>
    public Task<MemberPage> GetMembersAsync(Guid id, Guid? after = null, int limit = 1000, CancellationToken token = default) =>
        SendAsync(HttpMethod.Get, Query($"conversations/{id}/members", ("after", after?.ToString()), ("limit", Text(limit))), ClientJson.Default.MemberPage, token);

    /// <summary>Reads a conversation by seq: the oldest entries after one, or the newest before one.</summary>
    public Task<HistoryPage> GetHistoryAsync(Guid id, long? before = null, long? after = null, int limit = 50, CancellationToken token = default) =>
        SendAsync(HttpMethod.Get, Query($"conversations/{id}/messages", ("before", Text(before)), ("after", Text(after)), ("limit", Text(limit))), ClientJson.Default.HistoryPage, token);

    /// <summary>What came after a cursor; waits up to <paramref name="wait"/> until there is something, or drafts of a newer version than <paramref name="drafts"/>.</summary>
    public Task<SyncPage> SyncAsync(string? cursor, int limit = 500, TimeSpan wait = default, long? drafts = null, CancellationToken token = default) =>
        SendAsync<object?, SyncPage>(HttpMethod.Get,
            Query("sync", ("cursor", cursor), ("limit", Text(limit)), ("wait", wait > TimeSpan.Zero && cursor is not null ? Text((long)wait.TotalSeconds) : null), ("drafts", Text(drafts))),
            null, null, ClientJson.Default.SyncPage, token, wait);

    /// <summary>Sends a message; repeat it with the same <paramref name="clientMessageId"/> until it is answered.</summary>
    public Task<Stored> SendMessageAsync(Guid id, Guid clientMessageId, string text, long? replyTo = null, CancellationToken token = default) =>
        SendPendingAsync(new PendingSend(clientMessageId, id, PendingAction.Send, text, replyTo), token);

    /// <summary>Moves one's own marks forward.</summary>
    public Task<OwnState> MarkAsync(Guid id, long? delivered, long? read, CancellationToken token = default) =>
        SendAsync(HttpMethod.Post, $"conversations/{id}/marks", new MarksBody(delivered, read), ClientJson.Default.MarksBody, ClientJson.Default.OwnState, token);

    /// <summary>Says that one is typing.</summary>
    public Task TypingAsync(Guid id, CancellationToken token = default) => SendAsync(HttpMethod.Post, $"conversations/{id}/typing", token);

    /// <summary>Makes a request of the outbox; safe to repeat.</summary>
    public Task<Stored> SendPendingAsync(PendingSend send, CancellationToken token = default)
    {
        var path = $"conversations/{send.ConversationId}/messages";
        var target = $"{path}/{send.Target}";
        var key = $"?clientMessageId={send.ClientMessageId}";
        var body = new MessageBody(send.ClientMessageId, send.Text, send.ReplyTo);
        return send.Action switch
        {
            PendingAction.Send => SendAsync(HttpMethod.Post, path, body, ClientJson.Default.MessageBody, ClientJson.Default.Stored, token),
            PendingAction.Edit => SendAsync(HttpMethod.Patch, target, body, ClientJson.Default.MessageBody, ClientJson.Default.Stored, token),
            PendingAction.Delete => SendAsync(HttpMethod.Delete, target + key, ClientJson.Default.Stored, token),
            _ => SendAsync(send.Remove ? HttpMethod.Delete : HttpMethod.Put, $"{target}/reactions/{Uri.EscapeDataString(send.Emoji ?? "")}{key}", ClientJson.Default.Stored, token),
        };
    }

    private static string? Text(long? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static string Query(string path, params ReadOnlySpan<(string Name, string? Value)> parts)
    {
        var separator = '?';
        foreach (var (name, value) in parts)
        {
            if (value is not null)
            {
                path += $"{separator}{name}={Uri.EscapeDataString(value)}";
                separator = '&';
            }
        }
        return path;
    }
}
