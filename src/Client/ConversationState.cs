using System.Text.Json.Serialization;
using ModularChat.Client.Wire;

namespace ModularChat.Client;

/// <summary>What a conversation is.</summary>
[JsonConverter(typeof(ConversationKindConverter))]
public enum ConversationKind
{
    /// <summary>A kind that a newer server knows.</summary>
    Unknown = 0,
    /// <summary>Two users.</summary>
    Direct,
    /// <summary>Many users with roles.</summary>
    Group,
    /// <summary>Few write, many read.</summary>
    Channel,
    /// <summary>A user's own.</summary>
    Self,
}

/// <summary>A member's role; a higher one may do more.</summary>
[JsonConverter(typeof(MemberRoleConverter))]
public enum MemberRole
{
    /// <summary>Not a member now.</summary>
    None = 0,
    /// <summary>Invited, not joined.</summary>
    Invited,
    /// <summary>Reads and writes.</summary>
    Member,
    /// <summary>Adds and removes members, renames, deletes messages of others.</summary>
    Administrator,
    /// <summary>One a group; gives roles.</summary>
    Owner,
}

/// <summary>A run of seqs, both ends included.</summary>
/// <param name="From">First seq.</param>
/// <param name="To">Last seq; null when it is open.</param>
public sealed record SeqRange(long From, long? To = null);

/// <summary>How long a conversation keeps its entries. Nothing is kept longer than the server's operator says.</summary>
/// <param name="Days">Days after which entries leave; 0 keeps them.</param>
/// <param name="Count">Entries that are kept at most; 0 keeps all.</param>
public sealed record KeepRule(int Days = 0, long Count = 0);

/// <summary>A member of a conversation.</summary>
/// <param name="UserId">Who.</param>
/// <param name="Role">Their role.</param>
/// <param name="Delivered">Everything up to this seq has reached a device of theirs; null where it is not shown.</param>
/// <param name="Read">They have read everything up to this seq; null where it is not shown.</param>
public sealed record Member(Guid UserId, MemberRole Role, long? Delivered = null, long? Read = null);

/// <summary>Marks of another member.</summary>
/// <param name="UserId">Who.</param>
/// <param name="Delivered">Delivered mark.</param>
/// <param name="Read">Read mark.</param>
public sealed record MemberMarks(Guid UserId, long? Delivered = null, long? Read = null);

/// <summary>One's own side of a conversation.</summary>
/// <param name="Role">One's role; none after an ended membership.</param>
/// <param name="Ranges">The seqs that one may see; a seq outside them is no loss.</param>
/// <param name="Delivered">Delivered mark.</param>
/// <param name="Read">Read mark.</param>
/// <param name="Unread">Messages by others after the read mark.</param>
/// <param name="Version">Of two own states the one with the higher version holds.</param>
/// <param name="MutedUntil">No sound until then.</param>
/// <param name="Pinned">On top of the list.</param>
/// <param name="Archived">Out of the list.</param>
public sealed record OwnState(
    MemberRole Role, IReadOnlyList<SeqRange>? Ranges, long Delivered, long Read, long Unread, long Version,
    DateTimeOffset? MutedUntil = null, bool Pinned = false, bool Archived = false);

/// <summary>The present state of a conversation.</summary>
/// <param name="Id">The conversation.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Head">The seq of the last entry that one may see.</param>
/// <param name="StateSeq">Title, members and settings include every entry up to it.</param>
/// <param name="Me">One's own side.</param>
/// <param name="MemberCount">How many members there are.</param>
/// <param name="Title">Title of a group.</param>
/// <param name="History">What new members see: all or joined.</param>
/// <param name="Members">All members of a small conversation; null in large ones.</param>
/// <param name="Keep">How long its owner has entries kept; null when all are kept.</param>
public sealed record ConversationState(
    Guid Id, ConversationKind Kind, long Head, long StateSeq, OwnState Me, int MemberCount,
    string? Title = null, string? History = null, IReadOnlyList<Member>? Members = null, KeepRule? Keep = null);

/// <summary>What a client knows of a conversation at one moment.</summary>
/// <param name="State">Title, members, one's own side.</param>
/// <param name="Have">Everything that one may see up to this seq has come.</param>
/// <param name="Timeline">The newest messages in present state, and entries about members and settings, in seq order.</param>
/// <param name="Gaps">Seqs below <paramref name="Have"/> that were left out and are to be had from history.</param>
/// <param name="Pending">Own sends that the server has not confirmed, in the order in which they were made.</param>
public sealed record ConversationSnapshot(
    ConversationState State, long Have, IReadOnlyList<Entry> Timeline, IReadOnlyList<SeqRange> Gaps, IReadOnlyList<PendingSend> Pending);

/// <summary>A request of this client that waits for the server's confirmation.</summary>
/// <param name="ClientMessageId">Its id, the same with each retry.</param>
/// <param name="ConversationId">Where to.</param>
/// <param name="Action">What it does.</param>
/// <param name="Text">New text, for send and edit.</param>
/// <param name="ReplyTo">Send: the message that it answers.</param>
/// <param name="Target">The message that is edited, deleted or reacted to.</param>
/// <param name="Emoji">React: the emoji.</param>
/// <param name="Remove">React: take it away.</param>
public sealed record PendingSend(
    Guid ClientMessageId, Guid ConversationId, PendingAction Action, string? Text = null, long? ReplyTo = null,
    long? Target = null, string? Emoji = null, bool Remove = false);

/// <summary>What a pending request does.</summary>
public enum PendingAction
{
    /// <summary>A new message.</summary>
    Send = 0,
    /// <summary>A new text for a message.</summary>
    Edit,
    /// <summary>Delete a message for all.</summary>
    Delete,
    /// <summary>Put a reaction or take it away.</summary>
    React,
}
