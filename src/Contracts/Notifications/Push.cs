using System.Text.Json.Serialization;
using MediatR;

namespace ModularChat.Contracts.Notifications;

/// <summary>By what way a device is reached. The number is stored.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PushKind>))]
public enum PushKind
{
    /// <summary>A browser's push service (RFC 8030).</summary>
    [JsonStringEnumMemberName("webpush")] WebPush = 0,
    /// <summary>A UnifiedPush distributor: the same as a browser's.</summary>
    [JsonStringEnumMemberName("unifiedpush")] UnifiedPush = 1,
    /// <summary>Firebase Cloud Messaging.</summary>
    [JsonStringEnumMemberName("fcm")] Fcm = 2,
    /// <summary>Apple's service.</summary>
    [JsonStringEnumMemberName("apns")] Apns = 3,
    /// <summary>A signed request to an address.</summary>
    [JsonStringEnumMemberName("webhook")] Webhook = 4,
}

/// <summary>What a user is told of. The number is stored.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PushLevel>))]
public enum PushLevel
{
    /// <summary>Of every message.</summary>
    [JsonStringEnumMemberName("all")] All = 0,
    /// <summary>Of messages that mention the user; as the level for all conversations, of those in direct ones too.</summary>
    [JsonStringEnumMemberName("mentions")] Mentions = 1,
    /// <summary>Of none.</summary>
    [JsonStringEnumMemberName("nothing")] Nothing = 2,
}

/// <summary>What a push says. The number is stored, and a higher one says less.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PushContent>))]
public enum PushContent
{
    /// <summary>Conversation, sender and text.</summary>
    [JsonStringEnumMemberName("full")] Full = 0,
    /// <summary>Conversation and sender.</summary>
    [JsonStringEnumMemberName("sender")] Sender = 1,
    /// <summary>Which message it is; the device fetches the rest.</summary>
    [JsonStringEnumMemberName("id")] Id = 2,
}

/// <summary>What was done about a message for a user. The number is stored.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PushStep>))]
public enum PushStep
{
    /// <summary>No push is made; detail says why.</summary>
    [JsonStringEnumMemberName("suppressed")] Suppressed = 0,
    /// <summary>A push is due for a subscription.</summary>
    [JsonStringEnumMemberName("queued")] Queued = 1,
    /// <summary>A push that was still waiting became one about a later message, which detail names.</summary>
    [JsonStringEnumMemberName("collapsed")] Collapsed = 2,
    /// <summary>The service did not take it; it is tried again. Detail is its answer.</summary>
    [JsonStringEnumMemberName("tried")] Tried = 3,
    /// <summary>The service has taken it. Detail is its answer.</summary>
    [JsonStringEnumMemberName("sent")] Sent = 4,
    /// <summary>The device says that it has shown it.</summary>
    [JsonStringEnumMemberName("shown")] Shown = 5,
    /// <summary>The service says that the device is gone: the subscription was removed.</summary>
    [JsonStringEnumMemberName("gone")] Gone = 6,
    /// <summary>It was of no use any more before it could be sent.</summary>
    [JsonStringEnumMemberName("expired")] Expired = 7,
    /// <summary>Given up; an administrator may send it again.</summary>
    [JsonStringEnumMemberName("dead")] Dead = 8,
}

/// <summary>
/// A call rings: pushed at once, urgent, and of no use after its time. Whoever has no subscription is passed over; so is who has blocked the caller, does not want
/// to be disturbed or wants to hear nothing of the conversation, and who has quiet hours.
/// </summary>
/// <param name="CallId">The call; pushes of one conversation's calls replace each other.</param>
/// <param name="ConversationId">Where.</param>
/// <param name="CallerId">Who calls.</param>
/// <param name="UserIds">Who is called; at most 1,000.</param>
/// <param name="ExpiresAt">When it stops ringing.</param>
/// <returns>How many pushes were queued.</returns>
public sealed record PushCall(Guid CallId, Guid ConversationId, Guid CallerId, Guid[] UserIds, DateTimeOffset ExpiresAt) : IRequest<int>;

/// <summary>A call rings no longer, whatever became of it: what was not sent yet is not sent, and devices that may have been told of it are told that it is over.</summary>
/// <param name="CallId">The call.</param>
/// <param name="ConversationId">Where.</param>
/// <param name="UserIds">Who was called; at most 1,000.</param>
/// <param name="ExpiresAt">When it would have stopped ringing.</param>
/// <returns>How many devices are told.</returns>
public sealed record PushCallEnded(Guid CallId, Guid ConversationId, Guid[] UserIds, DateTimeOffset ExpiresAt) : IRequest<int>;
