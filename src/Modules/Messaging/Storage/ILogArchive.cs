using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Storage;

/// <summary>
/// The rows of a log as they are, past all rules: to copy it to another engine, to check and to save it, and to move shards. Reading goes on
/// beside writing and sees what is committed when each method is called: what changed meanwhile is found by
/// <see cref="ReadChangesAsync"/> from the position at which one began, the last of it with the shard frozen. Pages are bounded by rows; a
/// page may end earlier when it grows over some megabytes, but an empty page is the end.
/// </summary>
internal interface ILogArchive
{
    /// <summary>Log id, key, number of shards, runs, and the shards that are held (in any state but gone).</summary>
    ValueTask<LogSeed> GetSeedAsync(CancellationToken token);

    /// <summary>State and position of a shard.</summary>
    ValueTask<ShardRow> GetShardAsync(int shard, CancellationToken token);

    /// <summary>
    /// Sets the state. The position is taken over only where the shard becomes receiving or was it; a shard that was held, frozen or gone and
    /// does not become receiving keeps its own, so that nobody sets back what was written meanwhile. Frozen: what is being written is finished first, later writes wait in their order for some seconds until it is
    /// held again (then they go on), gone (<see cref="ShardMovedException"/>), or their patience ends (<see cref="LogUnavailableException"/>). A shard that is gone is never
    /// made held at once: it is received first, so that a late write of a move that was given up brings nothing back.
    /// </summary>
    ValueTask SetShardAsync(ShardRow row, CancellationToken token);

    /// <summary>Replaces the runs; for a new database of a log, and when a shard with a history of its own comes in.</summary>
    ValueTask SetRunsAsync(IReadOnlyList<RunRow> runs, CancellationToken token);

    /// <summary>Conversations of a shard by id, after <paramref name="after"/> (<see cref="Guid.Empty"/>: from the first), each with its head and all member rows as one moment saw them.</summary>
    ValueTask<IReadOnlyList<Membership>> ReadConversationsAsync(int shard, Guid after, int limit, CancellationToken token);

    /// <summary>Entries of a conversation in seq order from <paramref name="from"/> on, cut ones that are still there included.</summary>
    ValueTask<IReadOnlyList<EntryRow>> ReadEntryRowsAsync(Guid conversationId, long from, int limit, CancellationToken token);

    /// <summary>
    /// The conversations of a shard with a new entry, member change, mark or cut after a position; each once, in any order. Older entries that
    /// were changed meanwhile are the targets of the new ones.
    /// </summary>
    ValueTask<IReadOnlyList<Guid>> ReadChangesAsync(int shard, long afterPosition, CancellationToken token);

    /// <summary>The index from user to conversation of a shard, in order of (user, conversation), after the given place.</summary>
    ValueTask<IReadOnlyList<(Guid UserId, Guid ConversationId)>> ReadUserIndexAsync(int shard, Guid afterUser, Guid afterConversation, int limit, CancellationToken token);

    /// <summary>
    /// Writes rows as they are, over what is there: conversations with members and index, entries with reactions and requests. Durable when it
    /// returns; all or nothing for one call. The shard must be <see cref="ShardState.Receiving"/>.
    /// </summary>
    ValueTask WriteRowsAsync(IReadOnlyList<Membership> conversations, IReadOnlyList<EntryRow> entries, CancellationToken token);

    /// <summary>Takes away every row of a shard that is gone or receiving.</summary>
    ValueTask DropShardAsync(int shard, CancellationToken token);

    /// <summary>What the database takes on disk (or in memory, for an engine that lives there), in bytes.</summary>
    ValueTask<long> GetSizeAsync(CancellationToken token);
}

/// <summary>What a database has of a shard. The number is stored: never reuse one.</summary>
internal enum ShardState
{
    /// <summary>It lies here and is written here.</summary>
    Held = 0,
    /// <summary>It lies here, and writes wait: it is about to be moved or saved.</summary>
    Frozen = 1,
    /// <summary>It is being copied to here; nobody reads it yet.</summary>
    Receiving = 2,
    /// <summary>It lies elsewhere; rows that are still here are of no use.</summary>
    Gone = 3,
}

/// <summary>A shard in one database.</summary>
internal sealed record ShardRow(int Shard, ShardState State, long Position);

/// <summary>An unbroken history of the log and the position of each shard at its begin.</summary>
internal sealed record RunRow(Guid Id, long[] Started, DateTimeOffset At);

/// <summary>
/// An entry's row in its present state. The row's own id of the request, its sender and time make up its request; the request is
/// remembered as long as <paramref name="RequestHash"/> is there.
/// </summary>
/// <param name="ConversationId">The conversation.</param>
/// <param name="Seq">Place in it.</param>
/// <param name="Position">Place in its shard.</param>
/// <param name="Number">Running message number.</param>
/// <param name="Kind">What it is.</param>
/// <param name="SenderId">Who did it.</param>
/// <param name="At">When it was taken, UTC, to the tick.</param>
/// <param name="ClientMessageId">The id of its request.</param>
/// <param name="Target">The seq that it is about.</param>
/// <param name="Body">Its own body: null for an edited entry (the content lies in the target) and for a deleted or cut one.</param>
/// <param name="IsDeleted">A message deleted for all.</param>
/// <param name="IsPinned">A pinned message.</param>
/// <param name="Changed">Seq of the last entry that changed it.</param>
/// <param name="EditedAt">When it was last edited.</param>
/// <param name="Reactions">By first appearance of the emoji, then by time.</param>
/// <param name="RequestHash">16 bytes; null when the request was forgotten.</param>
/// <param name="Check">As it was stored: see <see cref="EntryCheck"/>; 0 on rows older than checks.</param>
internal sealed record EntryRow(
    Guid ConversationId, long Seq, long Position, long Number, EntryKind Kind, Guid SenderId, DateTimeOffset At, Guid ClientMessageId,
    long? Target, JsonBody? Body, bool IsDeleted, bool IsPinned, long? Changed, DateTimeOffset? EditedAt,
    IReadOnlyList<ReactionRow> Reactions, byte[]? RequestHash, long Check);

/// <summary>One reaction: who, and the seqs of the entry that added it and of the one with which its emoji first came to this message.</summary>
internal sealed record ReactionRow(string Emoji, Guid UserId, long Added, long First);
