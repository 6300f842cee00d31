using System.Text.Json.Serialization;

namespace ModularChat.Contracts.Messaging;

/// <summary>Content of a message, and of an entry that edits one.</summary>
/// <param name="Text">The text, 1 to MaxMessageLength characters (UTF-16 code units), as it was sent.</param>
/// <param name="ReplyTo">The seq of the message that it answers; absent when none.</param>
/// <param name="Mentions">The users whose <c>@name</c> stands in the text and who are members; absent when none.</param>
/// <param name="MentionsAll">True when <c>@all</c> stands in the text of one who may call all.</param>
public sealed record MessageBody(string Text, long? ReplyTo = null, Guid[]? Mentions = null, bool? MentionsAll = null);

/// <summary>Content of a created entry.</summary>
/// <param name="Kind">Direct, group, channel or self.</param>
/// <param name="Title">The title of a group or channel.</param>
/// <param name="Members">The first members, with the owner.</param>
public sealed record CreatedBody(ConversationKind Kind, string? Title, Guid[] Members);

/// <summary>Content of a reaction entry.</summary>
/// <param name="Emoji">One emoji, at most 64 bytes of UTF-8.</param>
/// <param name="Removed">True when it was taken away.</param>
public sealed record ReactionBody(string Emoji, bool? Removed = null);

/// <summary>Content of a pinned entry.</summary>
/// <param name="Pinned">False when it was unpinned.</param>
public sealed record PinnedBody(bool Pinned);

/// <summary>What happened to the members in a members entry.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MembersAction>))]
public enum MembersAction
{
    /// <summary>The sender added them; they see history by the group's setting.</summary>
    [JsonStringEnumMemberName("added")] Added = 0,
    /// <summary>The sender invited them; they see nothing until they join.</summary>
    [JsonStringEnumMemberName("invited")] Invited = 1,
    /// <summary>The sender joined by an invitation.</summary>
    [JsonStringEnumMemberName("joined")] Joined = 2,
    /// <summary>The sender left, or declined an invitation.</summary>
    [JsonStringEnumMemberName("left")] Left = 3,
    /// <summary>The sender removed them, or took an invitation back.</summary>
    [JsonStringEnumMemberName("removed")] Removed = 4,
    /// <summary>The sender gave them another role.</summary>
    [JsonStringEnumMemberName("role")] Role = 5,
}

/// <summary>Content of a members entry.</summary>
/// <param name="Action">What happened.</param>
/// <param name="UserIds">To whom.</param>
/// <param name="Role">The role they have now; absent when they are members no longer.</param>
/// <param name="NewOwner">When the owner left or handed the conversation over: who owns it now. An owner who stays is an administrator from then on.</param>
public sealed record MembersBody(MembersAction Action, Guid[] UserIds, MemberRole? Role = null, Guid? NewOwner = null);

/// <summary>Content of a settings entry: only what changed is there.</summary>
/// <param name="Title">The new title.</param>
/// <param name="History">What new members see from now on.</param>
/// <param name="Keep">How long entries are kept from now on; both 0: all are kept.</param>
public sealed record SettingsBody(string? Title = null, HistoryVisibility? History = null, KeepRule? Keep = null);

/// <summary>Content of a signal entry in Self.</summary>
/// <param name="Subject">What changed: profile, settings, friends, blocks, devices.</param>
/// <param name="Version">Its version now.</param>
public sealed record SignalBody(string Subject, long Version);

/// <summary>What happened with a call.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CallEvent>))]
public enum CallEvent
{
    /// <summary>It was answered.</summary>
    [JsonStringEnumMemberName("started")] Started = 0,
    /// <summary>It is over, after it was answered.</summary>
    [JsonStringEnumMemberName("ended")] Ended = 1,
    /// <summary>Nobody answered.</summary>
    [JsonStringEnumMemberName("missed")] Missed = 2,
    /// <summary>The callee did not want it.</summary>
    [JsonStringEnumMemberName("declined")] Declined = 3,
    /// <summary>The callee was in another call.</summary>
    [JsonStringEnumMemberName("busy")] Busy = 4,
    /// <summary>The caller gave up before an answer.</summary>
    [JsonStringEnumMemberName("cancelled")] Cancelled = 5,
}

/// <summary>Content of a call entry; its sender is who called.</summary>
/// <param name="CallId">The call.</param>
/// <param name="Event">What happened.</param>
/// <param name="Seconds">With ended: how long they talked.</param>
public sealed record CallBody(Guid CallId, CallEvent Event, long? Seconds = null);
