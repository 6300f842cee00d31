using ModularChat.Client.Wire;

namespace ModularChat.Client;

/// <summary>What a user has on several devices.</summary>
/// <param name="Items">The latest used first.</param>
public sealed record Devices([property: System.Text.Json.Serialization.JsonPropertyName("devices")] IReadOnlyList<Device> Items);

/// <summary>One installation of a client.</summary>
/// <param name="Id">The device.</param>
/// <param name="Name">Its name.</param>
/// <param name="Platform">What it runs on.</param>
/// <param name="CreatedAt">When its session began.</param>
/// <param name="LastUsedAt">When it was last there.</param>
/// <param name="IsCurrent">It is the one that asks.</param>
/// <param name="Region">Where it logged in, when the server knows it.</param>
public sealed record Device(Guid Id, string Name, string Platform, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, bool IsCurrent, string? Region = null);

/// <summary>What a user has begun to write.</summary>
/// <param name="Version">The version of <c>drafts</c> that this is, or an older one.</param>
/// <param name="Items">One a conversation at most, the newest first.</param>
public sealed record Drafts(long Version, [property: System.Text.Json.Serialization.JsonPropertyName("drafts")] IReadOnlyList<StoredDraft> Items);

/// <summary>A draft.</summary>
/// <param name="ConversationId">Where.</param>
/// <param name="Text">So far.</param>
/// <param name="At">When it was last changed.</param>
/// <param name="ReplyTo">The message that it answers.</param>
/// <param name="ClientMessageId">The id under which it will be sent: once one's own message of this id is there, the draft is done.</param>
public sealed record StoredDraft(Guid ConversationId, string Text, DateTimeOffset At, long? ReplyTo = null, Guid? ClientMessageId = null);

public sealed partial class ChatApi
{
    /// <summary>The caller's devices.</summary>
    public async Task<IReadOnlyList<Device>> ListDevicesAsync(CancellationToken token = default) =>
        (await SendAsync(HttpMethod.Get, "devices", ClientJson.Default.Devices, token)).Items;

    /// <summary>Ends the session of one of the caller's devices.</summary>
    public Task SignOutDeviceAsync(Guid deviceId, CancellationToken token = default) => SendAsync(HttpMethod.Delete, $"devices/{deviceId}", token);

    /// <summary>The caller's drafts.</summary>
    public Task<Drafts> GetDraftsAsync(CancellationToken token = default) => SendAsync(HttpMethod.Get, "me/drafts", ClientJson.Default.Drafts, token);

    /// <summary>Keeps a draft; returns the version of <c>drafts</c> from then on.</summary>
    public async Task<long> PutDraftAsync(Guid conversationId, string text, long? replyTo = null, Guid? clientMessageId = null, CancellationToken token = default) =>
        (await SendAsync(HttpMethod.Put, $"me/drafts/{conversationId}", new DraftBody(text, replyTo, clientMessageId),
            ClientJson.Default.DraftBody, ClientJson.Default.DraftAnswer, token)).Version;

    /// <summary>Takes a draft away; with an id only the one that names it.</summary>
    public Task DeleteDraftAsync(Guid conversationId, Guid? clientMessageId = null, CancellationToken token = default) =>
        SendAsync(HttpMethod.Delete, $"me/drafts/{conversationId}" + (clientMessageId is { } id ? $"?clientMessageId={id}" : ""), token);
}
