using System.Text.Json.Serialization;
using ModularChat.Client.Wire;

namespace ModularChat.Client;

/// <summary>What an entry of a conversation is.</summary>
[JsonConverter(typeof(EntryKindConverter))]
public enum EntryKind
{
    /// <summary>A kind that a newer server knows; pass over it.</summary>
    Unknown = 0,
    /// <summary>The conversation was made; always seq 1.</summary>
    Created,
    /// <summary>A message.</summary>
    Message,
    /// <summary>The target's content was replaced.</summary>
    Edited,
    /// <summary>The target was deleted for all.</summary>
    Deleted,
    /// <summary>A reaction came to the target or left it.</summary>
    Reaction,
    /// <summary>The target was pinned or unpinned.</summary>
    Pinned,
    /// <summary>Who is in the conversation, or in which role, changed.</summary>
    Members,
    /// <summary>Title or settings changed.</summary>
    Settings,
    /// <summary>In one's own Self: general data changed; read it again.</summary>
    Signal,
    /// <summary>A call by the sender began, ended or did not come about.</summary>
    Call,
}

/// <summary>One entry of a conversation. A message comes in its present state.</summary>
public sealed record Entry
{
    /// <summary>The conversation.</summary>
    [JsonInclude] public Guid ConversationId { get; internal set; }
    /// <summary>Place in the conversation: from 1, without holes.</summary>
    [JsonInclude] public long Seq { get; internal set; }
    /// <summary>What it is.</summary>
    [JsonInclude] public EntryKind Kind { get; internal set; }
    /// <summary>Who did it.</summary>
    [JsonInclude] public Guid SenderId { get; internal set; }
    /// <summary>When the server took it. For show only: order is by seq.</summary>
    [JsonInclude] public DateTimeOffset At { get; internal set; }
    /// <summary>Messages in the conversation up to and with this entry.</summary>
    [JsonInclude] public long Number { get; internal set; }
    /// <summary>The message that an edited, deleted, reaction or pinned entry is about.</summary>
    [JsonInclude] public long? Target { get; internal set; }
    /// <summary>Content by kind; none for deleted messages, or when the target may not be seen.</summary>
    [JsonInclude] public EntryBody? Body { get; internal set; }
    /// <summary>The id that this user's device gave the request; only in one's own entries.</summary>
    [JsonInclude] public Guid? ClientMessageId { get; internal set; }
    /// <summary>Messages: the last entry that changed this one.</summary>
    [JsonInclude] public long? Changed { get; internal set; }
    /// <summary>Messages: when it was last edited.</summary>
    [JsonInclude] public DateTimeOffset? EditedAt { get; internal set; }
    /// <summary>Messages: deleted for all.</summary>
    [JsonInclude] public bool? IsDeleted { get; internal set; }
    /// <summary>Messages: pinned for all.</summary>
    [JsonInclude] public bool? IsPinned { get; internal set; }
    /// <summary>Messages: the reactions on it.</summary>
    [JsonInclude] public IReadOnlyList<ReactionGroup>? Reactions { get; internal set; }

    /// <summary>The text of a message or an edit; null when there is none.</summary>
    [JsonIgnore] public string? Text => Body?.Text;
}

/// <summary>Content of an entry; which parts are there depends on its kind.</summary>
public sealed record EntryBody
{
    /// <summary>Message, edited: the text.</summary>
    [JsonInclude] public string? Text { get; internal set; }
    /// <summary>Message: the seq of the message that it answers.</summary>
    [JsonInclude] public long? ReplyTo { get; internal set; }
    /// <summary>Message: the members whose name is called.</summary>
    [JsonInclude] public IReadOnlyList<Guid>? Mentions { get; internal set; }
    /// <summary>Message: everybody is called.</summary>
    [JsonInclude] public bool? MentionsAll { get; internal set; }
    /// <summary>Created: what the conversation is.</summary>
    [JsonInclude] public ConversationKind? Kind { get; internal set; }
    /// <summary>Created, settings: the title.</summary>
    [JsonInclude] public string? Title { get; internal set; }
    /// <summary>Created: the first members.</summary>
    [JsonInclude] public IReadOnlyList<Guid>? Members { get; internal set; }
    /// <summary>Reaction: the emoji.</summary>
    [JsonInclude] public string? Emoji { get; internal set; }
    /// <summary>Reaction: it was taken away.</summary>
    [JsonInclude] public bool? Removed { get; internal set; }
    /// <summary>Pinned: false when it was unpinned.</summary>
    [JsonInclude] public bool? Pinned { get; internal set; }
    /// <summary>Members: what happened: added, invited, joined, left, removed, role.</summary>
    [JsonInclude] public string? Action { get; internal set; }
    /// <summary>Members: to whom.</summary>
    [JsonInclude] public IReadOnlyList<Guid>? UserIds { get; internal set; }
    /// <summary>Members: the role they have now.</summary>
    [JsonInclude] public MemberRole? Role { get; internal set; }
    /// <summary>Members: who owns the conversation now.</summary>
    [JsonInclude] public Guid? NewOwner { get; internal set; }
    /// <summary>Settings: how long entries are kept from now on; both 0: all are kept.</summary>
    [JsonInclude] public KeepRule? Keep { get; internal set; }
    /// <summary>Settings: what new members see: all or joined.</summary>
    [JsonInclude] public string? History { get; internal set; }
    /// <summary>Signal: what changed.</summary>
    [JsonInclude] public string? Subject { get; internal set; }
    /// <summary>Signal: its version now.</summary>
    [JsonInclude] public long? Version { get; internal set; }
    /// <summary>Call: which.</summary>
    [JsonInclude] public Guid? CallId { get; internal set; }
    /// <summary>Call: what happened: started, ended, missed, declined, busy, cancelled.</summary>
    [JsonInclude] public string? Event { get; internal set; }
    /// <summary>Call: with ended, how long they talked.</summary>
    [JsonInclude] public long? Seconds { get; internal set; }
}

/// <summary>One emoji on a message.</summary>
/// <param name="Emoji">The emoji.</param>
/// <param name="UserIds">Who put it there.</param>
public sealed record ReactionGroup(string Emoji, IReadOnlyList<Guid> UserIds);
