using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Providers.Apns;

namespace ModularChat.Notifications.Storage;

/// <summary>A secret of the installation, by name.</summary>
internal sealed class KeyRow
{
    public required string Name { get; set; }
    public required string Value { get; set; }
}

/// <summary>A device, as a push service reaches it.</summary>
internal sealed class SubscriptionRow
{
    public Guid Id { get; set; }
    public Guid UserId { get; set; }
    /// <summary>The device that registered it; null: an application did.</summary>
    public Guid? DeviceId { get; set; }
    public PushKind Kind { get; set; }
    /// <summary>Which service it is, for breakers and metrics: a host, or the name of a service.</summary>
    public required string Provider { get; set; }
    /// <summary>An address, or a token of a service.</summary>
    public required string Endpoint { get; set; }
    /// <summary>SHA-256 of kind and endpoint: a device is registered once.</summary>
    public required byte[] EndpointHash { get; set; }
    /// <summary>The device's public key, or a webhook's secret.</summary>
    public byte[]? Key { get; set; }
    public byte[]? Auth { get; set; }
    /// <summary>Names our key that the subscription was made with.</summary>
    public string? ServerKey { get; set; }
    public required string Name { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset? UsedAt { get; set; }

    /// <summary>False for one that takes calls and nothing else.</summary>
    public bool TakesMessages() => Provider != ApnsTopics.Voip;
}

/// <summary>What a user wants to be told; no row: the defaults.</summary>
internal sealed class PreferenceRow
{
    public Guid UserId { get; set; }
    public PushLevel Level { get; set; }
    public PushContent Content { get; set; }
    /// <summary>Minutes after midnight; null: no quiet hours.</summary>
    public int? QuietFrom { get; set; }
    public int? QuietTo { get; set; }
    public string? TimeZone { get; set; }
}

/// <summary>What a user wants of one conversation, other than of all.</summary>
internal sealed class LevelRow
{
    public Guid UserId { get; set; }
    public Guid ConversationId { get; set; }
    public PushLevel Level { get; set; }
}

/// <summary>How far a shard of the log has been decided on, and which node does it.</summary>
internal sealed class ShardRow
{
    public int Shard { get; set; }
    /// <summary>The run of the log that the position belongs to; empty: none was taken yet.</summary>
    public Guid RunId { get; set; }
    public long Position { get; set; }
    public Guid Owner { get; set; }
    public DateTimeOffset LeaseUntil { get; set; }
    /// <summary>Rises each time the shard changes hands: what an earlier owner still wants to write is refused by it.</summary>
    public long Fence { get; set; }
}

/// <summary>A node that decides on shards, or would: what a fair share is counted by.</summary>
internal sealed class NodeRow
{
    public Guid Id { get; set; }
    public DateTimeOffset Until { get; set; }
}

internal enum QueueState
{
    Waiting = 0,
    /// <summary>Claimed by a sender, until its claim runs out.</summary>
    Sending = 1,
    /// <summary>Given up; kept for the administrator.</summary>
    Dead = 2,
}

/// <summary>A push that is due: a reference, never text.</summary>
internal sealed class QueueRow
{
    public Guid Id { get; set; }
    public Guid SubscriptionId { get; set; }
    public Guid UserId { get; set; }
    public PushSubject Subject { get; set; }
    public Guid ConversationId { get; set; }
    /// <summary>The newest message that it is about; 0 when it is about none.</summary>
    public long Seq { get; set; }
    /// <summary>Of a call: which. Rows of a program that did not note it have none.</summary>
    public Guid? CallId { get; set; }
    /// <summary>Of a call: who calls.</summary>
    public Guid? SenderId { get; set; }
    public required string Provider { get; set; }
    public bool IsUrgent { get; set; }
    /// <summary>A device is active: not sent when it has the message by <see cref="DueAt"/>.</summary>
    public bool WaitsForDevice { get; set; }
    public QueueState State { get; set; }
    public int Attempts { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset DueAt { get; set; }
    public DateTimeOffset ExpiresAt { get; set; }
    public Guid? ClaimedBy { get; set; }
    public DateTimeOffset? ClaimedUntil { get; set; }
    public string? LastAnswer { get; set; }
}

/// <summary>What was done about a message for a member who has subscriptions.</summary>
internal sealed class TraceRow
{
    public Guid Id { get; set; }
    public Guid UserId { get; set; }
    public Guid ConversationId { get; set; }
    public long Seq { get; set; }
    public Guid? SubscriptionId { get; set; }
    public Guid? PushId { get; set; }
    public DateTimeOffset At { get; set; }
    public PushStep Step { get; set; }
    public string? Detail { get; set; }
}

internal enum PushSubject
{
    Message = 0,
    Call = 1,
    Test = 2,
    /// <summary>It was read elsewhere: what the device shows of it goes.</summary>
    Read = 3,
    /// <summary>A call that was pushed rings no longer.</summary>
    CallEnded = 4,
}
