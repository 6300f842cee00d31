using System.Text.Json;
using System.Text.Json.Serialization;

namespace ModularChat.Client.Wire;

[JsonConverter(typeof(FrameTypeConverter))]
internal enum FrameType
{
    Unknown = 0, Hello, Sync, Live, Entry, Ack, Ok, Problem, Marks, Me, Typing, Cursor, Conversation, Heartbeat, Versions, Presence, Call, CallSignal, Room,
    RoomSignal,
}

/// <summary>Any frame from the server; which parts are there depends on its type. Plain setters: the deserialiser fills them without an argument array.</summary>
internal sealed class ServerFrame
{
    public FrameType Type { get; set; }
    public long? Id { get; set; }
    public Entry? Entry { get; set; }
    public Guid? ConversationId { get; set; }
    public Guid? UserId { get; set; }
    public Guid? DeviceId { get; set; }
    public long? Seq { get; set; }
    public DateTimeOffset? At { get; set; }
    public bool? Duplicate { get; set; }
    public ChatProblem? Problem { get; set; }
    public MemberMarks[]? Marks { get; set; }
    public DateTimeOffset? ExpiresAt { get; set; }
    public string? Cursor { get; set; }
    public double? HeartbeatSeconds { get; set; }
    /// <summary>A conversation in a conversation frame, one's own side in a me frame.</summary>
    public JsonElement? State { get; set; }
    public bool? Reset { get; set; }
    public ConversationSync[]? Conversations { get; set; }
    public Dictionary<string, long>? Versions { get; set; }
    public bool? More { get; set; }
    public Presence[]? Users { get; set; }
    public GroupPresence[]? Groups { get; set; }
    public Call? Call { get; set; }
    public Guid? CallId { get; set; }
    public Guid? LegId { get; set; }
    public long? Number { get; set; }
    public CallSignal? Signal { get; set; }
    public Room? Room { get; set; }
    public long? Epoch { get; set; }
    public Guid? From { get; set; }
}

/// <summary>Any frame to the server.</summary>
internal sealed class ClientFrame
{
    public required string Type { get; init; }
    public long? Id { get; init; }
    public Guid? ConversationId { get; init; }
    public long? Seq { get; init; }
    public Guid? ClientMessageId { get; init; }
    public string? Text { get; init; }
    public long? ReplyTo { get; init; }
    public string? Emoji { get; init; }
    public bool? Remove { get; init; }
    public long? Delivered { get; init; }
    public long? Read { get; init; }
    public string? Cursor { get; init; }
    public string? Token { get; init; }
    public string? ActAs { get; init; }
    public bool? Active { get; init; }
    public bool? Contacts { get; init; }
    public IReadOnlyList<Guid>? UserIds { get; init; }
    public IReadOnlyList<Guid>? ConversationIds { get; init; }

    public static ClientFrame For(PendingSend item, long id) => new()
    {
        Type = item.Action switch
        {
            PendingAction.Send => "send",
            PendingAction.Edit => "edit",
            PendingAction.Delete => "delete",
            _ => "react",
        },
        Id = id,
        ConversationId = item.ConversationId,
        ClientMessageId = item.ClientMessageId,
        Seq = item.Target,
        Text = item.Text,
        ReplyTo = item.ReplyTo,
        Emoji = item.Emoji,
        Remove = item.Remove ? true : null,
    };
}
