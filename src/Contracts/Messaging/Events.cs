using MediatR;

namespace ModularChat.Contracts.Messaging;

/// <summary>
/// What one commit added to one shard of the log. Published by the shard's writer in position order, after it is on disk.
/// May be lost: whoever needs all of it reads the feed from a position of its own.
/// </summary>
/// <param name="Shard">The shard.</param>
/// <param name="PreviousPosition">The position of the shard before this batch; a reader that has not got this far has missed one.</param>
/// <param name="Position">The position of the shard with this batch.</param>
/// <param name="Entries">The new entries in position order.</param>
/// <param name="Marks">The marks and preferences that moved.</param>
public sealed record MessageStored(int Shard, long PreviousPosition, long Position, StoredEntry[] Entries, MovedMarks[] Marks) : INotification;

/// <summary>A new entry and who gets it.</summary>
/// <param name="Position">Its place in the shard.</param>
/// <param name="Entry">The entry, with the sender's clientMessageId: an edge leaves that out for all but the sender.</param>
/// <param name="Recipients">Every user who may see it, each once. Shared and never changed: the same array for every message between two changes of the members.</param>
/// <param name="TargetHiddenFrom">Recipients who may not see the entry's target: they get it without body. Null when none.</param>
/// <param name="Invited">With a members or settings entry: who is invited. They may not see the entry, but title and members that it changes: they get the conversation. Null when none.</param>
public sealed record StoredEntry(long Position, Entry Entry, Guid[] Recipients, Guid[]? TargetHiddenFrom = null, Guid[]? Invited = null);

/// <summary>Marks that moved in one conversation.</summary>
/// <param name="ConversationId">The conversation.</param>
/// <param name="Others">Delivered and read marks for the other members to show; empty above the receipt limit.</param>
/// <param name="Recipients">Who gets <paramref name="Others"/>.</param>
/// <param name="Own">The new own state of those whose marks or preferences moved, for their other devices.</param>
public sealed record MovedMarks(Guid ConversationId, MemberMarks[] Others, Guid[] Recipients, OwnMarks[] Own);

/// <summary>A member's marks.</summary>
/// <param name="UserId">Whose.</param>
/// <param name="Delivered">Delivered up to this seq.</param>
/// <param name="Read">Read up to this seq.</param>
public sealed record MemberMarks(Guid UserId, long Delivered, long Read);

/// <summary>A user's own state in a conversation.</summary>
/// <param name="UserId">Whose.</param>
/// <param name="State">The state.</param>
public sealed record OwnMarks(Guid UserId, OwnState State);

/// <summary>The store was opened again after a fault and the outcome of its last transaction is unknown: live connections can no longer be sure that they got everything, so they sync again.</summary>
/// <param name="Positions">From where each shard is told on; null: from where the log is now.</param>
public sealed record LogReopened(long[]? Positions = null) : INotification;

/// <summary>
/// What happened in the log since the caller last asked, in order: how a process without Messaging hears of <see cref="MessageStored"/>. Waits until there is something.
/// </summary>
/// <param name="TailId">What was answered last; null at first.</param>
/// <param name="After">The number that was answered last.</param>
/// <param name="Timeout">How long to wait, up to a minute.</param>
/// <param name="Heard">How far the caller has come, whoever told it: one who does not know its <paramref name="TailId"/> goes on from there, if it still knows what came after. Null: a reset then.</param>
public sealed record FollowStored(Guid? TailId, long After, TimeSpan Timeout, HeardTo? Heard = null) : IRequest<StoredTail>, IRepeatable, IOwnedRequest, IWaitingRequest;

/// <summary>What happened.</summary>
/// <param name="TailId">Names who tells: another process, or the same after a fault, is another one.</param>
/// <param name="Last">The number of the last event.</param>
/// <param name="IsReset">True when something may be missing: connections sync again, as after <see cref="LogReopened"/>.</param>
/// <param name="Events">In order; may be empty. From another process than before, some of the first may be known already.</param>
/// <param name="Begins">With a reset: from where it tells on. Null when the log is not open yet.</param>
public sealed record StoredTail(Guid TailId, long Last, bool IsReset, MessageStored[] Events, HeardTo? Begins = null);

/// <summary>How far somebody has heard what happens in the log.</summary>
/// <param name="RunId">The run of the log that the positions belong to.</param>
/// <param name="Positions">The position of each shard.</param>
public sealed record HeardTo(Guid RunId, long[] Positions);

/// <summary>Commits by one process are on disk. Other nodes that have the log open take them in; whoever misses some finds them in the store.</summary>
/// <param name="WriterId">The process that has written them.</param>
/// <param name="Commits">Those of one shard in their order.</param>
public sealed record CommitsAnnounced(Guid WriterId, AnnouncedCommit[] Commits) : IClusterEvent;

/// <summary>A commit, as other nodes are told of it.</summary>
/// <param name="RunId">The run of the log that it belongs to.</param>
/// <param name="Shard">The shard.</param>
/// <param name="PreviousPosition">The position of the shard before; a node that has not got this far has missed one.</param>
/// <param name="Position">The position of the shard with it.</param>
/// <param name="Content">What it holds, in the form of module Messaging; null: read it from the store.</param>
public sealed record AnnouncedCommit(Guid RunId, int Shard, long PreviousPosition, long Position, byte[]? Content);

/// <summary>How far a process knows each shard of the log to be, once a second: so the loss of a last announcement shows.</summary>
/// <param name="WriterId">The process.</param>
/// <param name="RunId">The run of the log.</param>
/// <param name="Positions">The position of each shard.</param>
/// <param name="IsFollowed">Whether processes without a log follow this one (<see cref="FollowStored"/>): the others keep what happens for them too, should this one die.</param>
public sealed record HeadsAnnounced(Guid WriterId, Guid RunId, long[] Positions, bool IsFollowed = false) : IClusterEvent;

/// <summary>
/// Somebody waits to know whether devices of a user have got an entry: whoever hears of it within a minute, or has heard already, says <see cref="DeliveryNoted"/>. The user's delivered
/// mark tells of any device, this of one.
/// </summary>
/// <param name="UserId">Whose devices.</param>
/// <param name="DeviceIds">Which; the empty id stands for an application that acts as the user.</param>
/// <param name="ConversationId">The conversation.</param>
/// <param name="Seq">The entry.</param>
/// <param name="Position">The entry's place in its shard.</param>
public sealed record DeliveryAwaited(Guid UserId, Guid[] DeviceIds, Guid ConversationId, long Seq, long Position) : IClusterEvent;

/// <summary>A device for which that was awaited has got the entry. May be lost.</summary>
/// <param name="UserId">Whose device.</param>
/// <param name="ConversationId">The conversation.</param>
/// <param name="Seq">The entry.</param>
public sealed record DeliveryNoted(Guid UserId, Guid ConversationId, long Seq) : IClusterEvent;
