using System.Text.Json.Serialization;

namespace ModularChat.Contracts.Messaging;

/// <summary>What a conversation is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ConversationKind>))]
public enum ConversationKind
{
    /// <summary>Two users; the id is derived from theirs.</summary>
    [JsonStringEnumMemberName("direct")] Direct = 0,
    /// <summary>Many users with roles.</summary>
    [JsonStringEnumMemberName("group")] Group = 1,
    /// <summary>Few write, many read.</summary>
    [JsonStringEnumMemberName("channel")] Channel = 2,
    /// <summary>A user's own: notes to oneself, and signals to one's other devices.</summary>
    [JsonStringEnumMemberName("self")] Self = 3,
}

/// <summary>What an entry of a log is. The number is stored: never reuse one.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<EntryKind>))]
public enum EntryKind
{
    /// <summary>The conversation was made; always seq 1. Body: <see cref="CreatedBody"/>.</summary>
    [JsonStringEnumMemberName("created")] Created = 0,
    /// <summary>A message. Body: <see cref="MessageBody"/>; null once deleted.</summary>
    [JsonStringEnumMemberName("message")] Message = 1,
    /// <summary>The target's content was replaced. Body: the target's present <see cref="MessageBody"/>.</summary>
    [JsonStringEnumMemberName("edited")] Edited = 2,
    /// <summary>The target was deleted for all. No body.</summary>
    [JsonStringEnumMemberName("deleted")] Deleted = 3,
    /// <summary>The sender put a reaction on the target or took it away. Body: <see cref="ReactionBody"/>.</summary>
    [JsonStringEnumMemberName("reaction")] Reaction = 4,
    /// <summary>The target was pinned or unpinned. Body: <see cref="PinnedBody"/>.</summary>
    [JsonStringEnumMemberName("pinned")] Pinned = 5,
    /// <summary>Who is in the conversation, or in which role, changed. Body: <see cref="MembersBody"/>.</summary>
    [JsonStringEnumMemberName("members")] Members = 6,
    /// <summary>Title or settings changed. Body: <see cref="SettingsBody"/>.</summary>
    [JsonStringEnumMemberName("settings")] Settings = 7,
    /// <summary>In Self: general data of the user changed; read it again when the version is newer. Body: <see cref="SignalBody"/>.</summary>
    [JsonStringEnumMemberName("signal")] Signal = 8,
    /// <summary>A call by the sender began, ended or did not come about. Body: <see cref="CallBody"/>.</summary>
    [JsonStringEnumMemberName("call")] Call = 9,
}

/// <summary>
/// One entry of a conversation's log as a reader gets it. A message comes in its present state: an edited one with the new
/// content, a deleted one without any. An entry about a message that the reader may not see comes without a body.
/// </summary>
public sealed record Entry
{
    /// <summary>The conversation.</summary>
    public required Guid ConversationId { get; init; }
    /// <summary>Place in the conversation: from 1, without holes.</summary>
    public required long Seq { get; init; }
    /// <summary>What it is.</summary>
    public required EntryKind Kind { get; init; }
    /// <summary>Who did it.</summary>
    public required Guid SenderId { get; init; }
    /// <summary>When the server took it, UTC. For show only: order is by seq.</summary>
    public required DateTimeOffset At { get; init; }
    /// <summary>How many messages the conversation has had up to and with this entry; unread counts are differences of it.</summary>
    public required long Number { get; init; }
    /// <summary>The seq of the message that an edited, deleted, reaction or pinned entry is about.</summary>
    public long? Target { get; init; }
    /// <summary>Content by kind.</summary>
    public JsonBody? Body { get; init; }
    /// <summary>The id that the sender's device gave the request; only in the sender's own copies.</summary>
    public Guid? ClientMessageId { get; init; }
    /// <summary>Messages only: the seq of the last entry that changed this message (edit, deletion, reaction, pin); absent when none did. A client applies an entry about a message only when its seq is above this.</summary>
    public long? Changed { get; init; }
    /// <summary>Messages only: when it was last edited.</summary>
    public DateTimeOffset? EditedAt { get; init; }
    /// <summary>Messages only: true once deleted for all.</summary>
    public bool? IsDeleted { get; init; }
    /// <summary>Messages only: true while pinned.</summary>
    public bool? IsPinned { get; init; }
    /// <summary>Messages only: the reactions on it, in the order in which each emoji first came; absent when none.</summary>
    public ReactionGroup[]? Reactions { get; init; }
}

/// <summary>One emoji on a message, and who put it there.</summary>
/// <param name="Emoji">The emoji.</param>
/// <param name="UserIds">Who, in order of time.</param>
public sealed record ReactionGroup(string Emoji, Guid[] UserIds);
