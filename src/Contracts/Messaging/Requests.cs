using MediatR;

namespace ModularChat.Contracts.Messaging;

/// <summary>
/// What every change of a log answers. It is given only after the entry is on disk. A retry under the same
/// clientMessageId gets the first result again.
/// </summary>
/// <param name="ConversationId">The conversation.</param>
/// <param name="Seq">The seq of the entry; 0 when nothing had to change.</param>
/// <param name="At">When the server took it.</param>
/// <param name="Duplicate">True when this was a retry.</param>
public sealed record Stored(Guid ConversationId, long Seq, DateTimeOffset At, bool Duplicate);

/// <summary>Sends a message.</summary>
/// <param name="Caller">The sender.</param>
/// <param name="ConversationId">Where to.</param>
/// <param name="ClientMessageId">Made by the sender's device, once for each message; UUID version 7 stores fastest.</param>
/// <param name="Text">1 to MaxMessageLength UTF-16 code units; no control characters but tab and line feed, no lone surrogates.</param>
/// <param name="ReplyTo">The seq of a visible message.</param>
public sealed record SendMessage(Caller Caller, Guid ConversationId, Guid ClientMessageId, string Text, long? ReplyTo = null) : IRequest<Stored>, IRepeatable;

/// <summary>Replaces the text of one's own message.</summary>
/// <param name="Caller">The author.</param>
/// <param name="ConversationId">The conversation.</param>
/// <param name="Seq">The message.</param>
/// <param name="ClientMessageId">Made by the sender's device for this change.</param>
/// <param name="Text">As in <see cref="SendMessage"/>.</param>
public sealed record EditMessage(Caller Caller, Guid ConversationId, long Seq, Guid ClientMessageId, string Text) : IRequest<Stored>, IRepeatable;

/// <summary>Deletes a message for all: one's own, or in a group anyone's as an administrator.</summary>
/// <param name="Caller">Who deletes.</param>
/// <param name="ConversationId">The conversation.</param>
/// <param name="Seq">The message.</param>
/// <param name="ClientMessageId">Made by the sender's device for this change.</param>
public sealed record DeleteMessage(Caller Caller, Guid ConversationId, long Seq, Guid ClientMessageId) : IRequest<Stored>, IRepeatable;

/// <summary>Puts a reaction on a message or takes one's own away. Putting one that is there changes nothing.</summary>
/// <param name="Caller">Who reacts.</param>
/// <param name="ConversationId">The conversation.</param>
/// <param name="Seq">The message.</param>
/// <param name="ClientMessageId">Made by the sender's device for this change.</param>
/// <param name="Emoji">One emoji.</param>
/// <param name="Remove">True takes it away.</param>
public sealed record React(Caller Caller, Guid ConversationId, long Seq, Guid ClientMessageId, string Emoji, bool Remove = false) : IRequest<Stored>, IRepeatable;

/// <summary>Pins a message for all, or unpins it. In a group: administrators.</summary>
/// <param name="Caller">Who pins.</param>
/// <param name="ConversationId">The conversation.</param>
/// <param name="Seq">The message.</param>
/// <param name="ClientMessageId">Made by the sender's device for this change.</param>
/// <param name="Pinned">False unpins.</param>
public sealed record PinMessage(Caller Caller, Guid ConversationId, long Seq, Guid ClientMessageId, bool Pinned) : IRequest<Stored>, IRepeatable;

/// <summary>Opens the direct conversation with another user; the same one however often and by whichever of the two.</summary>
/// <param name="Caller">One of the two.</param>
/// <param name="UserId">The other.</param>
public sealed record OpenDirect(Caller Caller, Guid UserId) : IRequest<ConversationInfo>, IRepeatable;

/// <summary>Makes a group. Idempotent by its client-made id.</summary>
/// <param name="Caller">Becomes the owner.</param>
/// <param name="Id">Made by the caller (UUID).</param>
/// <param name="Title">1 to 100 characters.</param>
/// <param name="UserIds">Whom to add; those who take no additions from the caller are invited instead.</param>
/// <param name="History">What later members see of the time before.</param>
public sealed record CreateGroup(Caller Caller, Guid Id, string Title, Guid[] UserIds, HistoryVisibility History = HistoryVisibility.All) : IRequest<ConversationInfo>, IRepeatable;

/// <summary>Adds people to a group, or invites those who take no additions from the caller. Administrators.</summary>
/// <param name="Caller">Who adds.</param>
/// <param name="ConversationId">The group.</param>
/// <param name="ClientMessageId">Made by the caller's device for this change.</param>
/// <param name="UserIds">1 to 100 users.</param>
public sealed record AddMembers(Caller Caller, Guid ConversationId, Guid ClientMessageId, Guid[] UserIds) : IRequest<ConversationInfo>, IRepeatable;

/// <summary>Removes a member, or leaves when it is the caller. Administrators remove members, the owner everybody.</summary>
/// <param name="Caller">Who removes or leaves.</param>
/// <param name="ConversationId">The group.</param>
/// <param name="ClientMessageId">Made by the caller's device for this change.</param>
/// <param name="UserId">Who goes.</param>
public sealed record RemoveMember(Caller Caller, Guid ConversationId, Guid ClientMessageId, Guid UserId) : IRequest<Stored>, IRepeatable;

/// <summary>Accepts an invitation.</summary>
/// <param name="Caller">The invited user.</param>
/// <param name="ConversationId">The group.</param>
/// <param name="ClientMessageId">Made by the caller's device for this change.</param>
public sealed record JoinGroup(Caller Caller, Guid ConversationId, Guid ClientMessageId) : IRequest<ConversationInfo>, IRepeatable;

/// <summary>Gives a member another role. The owner; making another the owner makes oneself an administrator.</summary>
/// <param name="Caller">The owner.</param>
/// <param name="ConversationId">The group.</param>
/// <param name="ClientMessageId">Made by the caller's device for this change.</param>
/// <param name="UserId">Whose role.</param>
/// <param name="Role">Member, administrator or owner.</param>
public sealed record SetRole(Caller Caller, Guid ConversationId, Guid ClientMessageId, Guid UserId, MemberRole Role) : IRequest<Stored>, IRepeatable;

/// <summary>Changes title or settings of a group. Administrators; how long entries are kept, the owner.</summary>
/// <param name="Caller">Who changes.</param>
/// <param name="ConversationId">The group.</param>
/// <param name="ClientMessageId">Made by the caller's device for this change.</param>
/// <param name="Title">New title; null leaves it.</param>
/// <param name="History">New setting; null leaves it.</param>
/// <param name="Keep">How long entries are kept; null leaves it, both 0 keeps all.</param>
public sealed record ChangeGroup(
    Caller Caller, Guid ConversationId, Guid ClientMessageId, string? Title, HistoryVisibility? History, KeepRule? Keep = null) : IRequest<Stored>, IRepeatable;

/// <summary>Moves the caller's marks forward; a lower value changes nothing. Answered once durable.</summary>
/// <param name="Caller">Whose marks.</param>
/// <param name="ConversationId">The conversation.</param>
/// <param name="Delivered">New delivered mark; null leaves it.</param>
/// <param name="Read">New read mark; implies delivered.</param>
public sealed record AdvanceMarks(Caller Caller, Guid ConversationId, long? Delivered, long? Read) : IRequest<OwnState>, IRepeatable;

/// <summary>Changes the caller's own preferences for a conversation; null leaves one as it is.</summary>
/// <param name="Caller">Whose.</param>
/// <param name="ConversationId">The conversation.</param>
/// <param name="MutedUntil">A time not after now unmutes.</param>
/// <param name="Pinned">On top of the list.</param>
/// <param name="Archived">Out of the list.</param>
public sealed record SetPreferences(Caller Caller, Guid ConversationId, DateTimeOffset? MutedUntil, bool? Pinned, bool? Archived) : IRequest<OwnState>, IRepeatable;

/// <summary>The present state of one conversation.</summary>
/// <param name="Caller">A member, an invited user or a former member.</param>
/// <param name="ConversationId">The conversation.</param>
public sealed record GetConversation(Caller Caller, Guid ConversationId) : IRequest<ConversationInfo>, IRepeatable;

/// <summary>The caller's conversations, by id.</summary>
/// <param name="Caller">Whose.</param>
/// <param name="After">Continue after this id; null for the first page.</param>
/// <param name="Limit">1 to 200.</param>
public sealed record ListConversations(Caller Caller, Guid? After, int Limit) : IRequest<ConversationPage>, IRepeatable;

/// <summary>A page of conversations.</summary>
/// <param name="Conversations">By id.</param>
/// <param name="More">True when there are more.</param>
public sealed record ConversationPage(ConversationInfo[] Conversations, bool More);

/// <summary>The members of a conversation, by user id.</summary>
/// <param name="Caller">A member.</param>
/// <param name="ConversationId">The conversation.</param>
/// <param name="After">Continue after this user id.</param>
/// <param name="Limit">1 to 1,000.</param>
public sealed record ListMembers(Caller Caller, Guid ConversationId, Guid? After, int Limit) : IRequest<MemberPage>, IRepeatable;

/// <summary>A page of members.</summary>
/// <param name="Members">By user id.</param>
/// <param name="More">True when there are more.</param>
public sealed record MemberPage(MemberInfo[] Members, bool More);

/// <summary>Who gets what happens in a conversation now: its present members. For other modules; checks that the caller is one, and in a direct conversation that neither has blocked the other.</summary>
/// <param name="Caller">A member.</param>
/// <param name="ConversationId">The conversation.</param>
public sealed record GetRecipients(Caller Caller, Guid ConversationId) : IRequest<Guid[]>, IRepeatable;

/// <summary>The others of a user's direct conversations, those in which something happened last first, as far as that is known. For other modules.</summary>
/// <param name="UserId">Whose.</param>
/// <param name="Limit">At most so many.</param>
public sealed record GetDirectPartners(Guid UserId, int Limit) : IRequest<Guid[]>, IRepeatable;

/// <summary>Those of some conversations that the caller is a present member of. For other modules.</summary>
/// <param name="Caller">Who.</param>
/// <param name="ConversationIds">At most 10,000.</param>
public sealed record GetMemberships(Caller Caller, Guid[] ConversationIds) : IRequest<Guid[]>, IRepeatable;

/// <summary>Writes into the conversation what became of a call, or of a voice room. For module Calls; a repetition changes nothing.</summary>
/// <param name="ConversationId">The conversation.</param>
/// <param name="CallerId">Who called, or began the room.</param>
/// <param name="Call">What happened.</param>
public sealed record RecordCall(Guid ConversationId, Guid CallerId, CallBody Call) : IRequest<Stored>, IRepeatable;
