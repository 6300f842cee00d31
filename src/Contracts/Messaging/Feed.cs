using MediatR;

namespace ModularChat.Contracts.Messaging;

/// <summary>
/// Entries of all conversations of a shard after a position, in position order: what a durable consumer reads, which keeps its checkpoint (run and
/// position) in its own database. Nothing past the published position is in a page.
/// </summary>
/// <param name="Shard">The shard; there are as many as <see cref="GetPositions"/> answers.</param>
/// <param name="RunId">The run of the checkpoint; null: there is none yet.</param>
/// <param name="After">The position of the checkpoint.</param>
/// <param name="Limit">1 to 1,000.</param>
public sealed record ReadFeed(int Shard, Guid? RunId, long After, int Limit) : IRequest<FeedPage>, IRepeatable;

/// <summary>A page of a shard's feed.</summary>
/// <param name="RunId">The present run: keep it with <paramref name="Position"/>.</param>
/// <param name="IsReset">True when the checkpoint belongs to a history that this log no longer has: <paramref name="Position"/> is where it stands now, and there are no entries.</param>
/// <param name="Position">The page is complete up to here; without a checkpoint it is where the shard stands now.</param>
/// <param name="Entries">In position order.</param>
/// <param name="More">True when there are more at once.</param>
public sealed record FeedPage(Guid RunId, bool IsReset, long Position, FeedEntry[] Entries, bool More);

/// <summary>An entry of the feed and who may see it.</summary>
/// <param name="Position">Its place in the shard.</param>
/// <param name="Entry">The entry in present state: a message that was deleted since has no body.</param>
/// <param name="Kind">What its conversation is.</param>
/// <param name="Recipients">Every user who may see it, each once.</param>
public sealed record FeedEntry(long Position, Entry Entry, ConversationKind Kind, Guid[] Recipients);

/// <summary>How some members stand to one entry; who never was a member is left out. For other modules.</summary>
/// <param name="ConversationId">The conversation.</param>
/// <param name="Seq">The entry.</param>
/// <param name="UserIds">At most 1,000.</param>
public sealed record GetReaders(Guid ConversationId, long Seq, Guid[] UserIds) : IRequest<EntryReader[]>, IRepeatable;

/// <summary>How a member stands to an entry.</summary>
/// <param name="UserId">Who.</param>
/// <param name="MaySee">Whether it lies in the member's visible ranges.</param>
/// <param name="IsRead">Whether the read mark has passed it.</param>
/// <param name="IsDelivered">Whether the delivered mark has passed it; null where such marks are not kept (above the receipt limit).</param>
/// <param name="MutedUntil">Until when the member has muted the conversation; null when not.</param>
public sealed record EntryReader(Guid UserId, bool MaySee, bool IsRead, bool? IsDelivered, DateTimeOffset? MutedUntil);

/// <summary>One message in present state, whoever may see it: for other modules, which ask <see cref="GetReaders"/> who may. Null when it is no message, deleted or not there.</summary>
/// <param name="ConversationId">The conversation.</param>
/// <param name="Seq">The message.</param>
public sealed record FindMessage(Guid ConversationId, long Seq) : IRequest<FoundMessage?>, IRepeatable;

/// <summary>A message with what is said about its conversation.</summary>
/// <param name="Entry">The message, without the sender's clientMessageId.</param>
/// <param name="Kind">What its conversation is.</param>
/// <param name="Title">The title of a group or channel.</param>
public sealed record FoundMessage(Entry Entry, ConversationKind Kind, string? Title);

/// <summary>How many messages users have not read, over all their conversations. For other modules.</summary>
/// <param name="UserIds">At most 1,000.</param>
public sealed record CountUnread(Guid[] UserIds) : IRequest<UnreadCount[]>, IRepeatable;

/// <summary>Unread messages of one user.</summary>
/// <param name="UserId">Who.</param>
/// <param name="Count">How many.</param>
public sealed record UnreadCount(Guid UserId, long Count);
