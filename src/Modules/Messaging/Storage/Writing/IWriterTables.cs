using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Storage.Writing;

/// <summary>
/// What the single writer of an embedded engine needs of it: one opening of one database, used by one thread. Between
/// <see cref="Begin"/> and <see cref="Commit"/> all reads see what this transaction has written. After any failure it is of no more use:
/// it is disposed, and the store opens another.
/// </summary>
internal interface IWriterTables : IDisposable
{
    /// <summary>The position of each shard; the batch moves them, <see cref="Commit"/> writes those that a commit names.</summary>
    long[] Positions { get; }

    /// <summary>What the database has of each shard.</summary>
    ShardState[] States { get; }

    /// <summary>True while what was deleted, edited away or cut may still lie where <see cref="Erase"/> can take it from.</summary>
    bool HasErased { get; }

    /// <summary>Begins a transaction.</summary>
    void Begin();

    /// <summary>Writes heads, members and positions of what the batch has touched; when this returns, everything is synced, and readers see it.</summary>
    void Commit(IReadOnlyList<(Commit Commit, ConversationState[] Touched)> commits);

    /// <summary>Brings everything that is held back into its rows, durably; between transactions.</summary>
    void Finish();

    /// <summary>Has deleted content leave where it lies for a short time only; between transactions, and quick.</summary>
    void Erase();

    /// <summary>Has everything that was deleted leave the files, and gives space back; between transactions.</summary>
    void Purge();

    /// <summary>Writes state and position of a shard, durably; between transactions.</summary>
    void SetShard(ShardRow row);

    ConversationState? FindConversation(Guid id);

    /// <summary>Enters a conversation without members and entries; returns the number by which the engine knows it.</summary>
    long MakeConversation(Guid id, ConversationKind kind, string? title, HistoryVisibility history);

    /// <summary>A member; null when the user never was one.</summary>
    Member? FindMember(ConversationState conversation, Guid user);

    /// <summary>Enters the conversation in the user's index.</summary>
    void AddUser(ConversationState conversation, Guid user);

    /// <summary>Enters the entry that the state's seq, position and number are those of.</summary>
    /// <param name="conversation">Moved on already.</param>
    /// <param name="append">What was asked.</param>
    /// <param name="target">The message that it changes, if it does.</param>
    void AddEntry(ConversationState conversation, Append append, MessageRow? target);

    /// <summary>The running message number at a seq of 1 to the head; below the cut that at the cut.</summary>
    long NumberAt(ConversationState conversation, long seq);

    /// <summary>False when there is a request under this id already.</summary>
    bool AddRequest(ConversationState conversation, Append append, long seq, long position);

    /// <summary>What became of the request with this id before: a duplicate, a reused id, or null when it is new.</summary>
    AppendResult? FindRequest(ConversationState conversation, Append append);

    /// <summary>A moved mark, at a position of its own.</summary>
    void AddMark(ConversationState conversation, MemberState member, long position);

    /// <summary>A conversation is changed the first time since its rows were written.</summary>
    void Lag(ConversationState conversation);

    /// <summary>The row of a seq after the cut; null when there is none.</summary>
    MessageRow? FindMessage(ConversationState conversation, long seq);

    /// <summary>Replaces the content; the entry about it gets <paramref name="changed"/>.</summary>
    void Edit(MessageRow message, Append append, long changed);

    /// <summary>Empties the message and takes its reactions away.</summary>
    void Delete(ConversationState conversation, MessageRow message, long changed);

    void SetState(MessageRow message, MessageState state, long changed);

    IReadOnlyList<ReactionRow> ReadReactions(ConversationState conversation, long seq);

    void AddReaction(ConversationState conversation, long seq, ReactionRow reaction);

    void RemoveReaction(ConversationState conversation, long seq, ReactionRow reaction);

    /// <summary>Forgets requests; returns how many.</summary>
    int Forget(DateTimeOffset before, int limit);

    /// <summary>
    /// Takes away entries after <paramref name="after"/> up to the cut with their requests, or empties them when they are younger; looks at
    /// <paramref name="limit"/> rows at most.
    /// </summary>
    /// <returns>How many left, and the last seq looked at; null when nothing more is to be done.</returns>
    (int Left, long? Last) Cut(ConversationState conversation, long after, DateTimeOffset forgetBefore, int limit);
}

/// <summary>Opens what the writer writes to.</summary>
internal interface IWriterStore
{
    /// <summary>
    /// Opens the database again after a fault; the writer has disposed what it had. What can be read then is synced: nobody builds on what
    /// is there only in memory.
    /// </summary>
    WriterSession Reopen();

    /// <summary>What readers have open is to be opened anew.</summary>
    void Abandon();
}

/// <summary>A row that may be changed by a later entry.</summary>
/// <param name="Place">Where the engine has it.</param>
/// <param name="Seq">Its seq.</param>
/// <param name="Kind">What it is.</param>
/// <param name="State">How it is.</param>
internal readonly record struct MessageRow(long Place, long Seq, EntryKind Kind, MessageState State);

/// <summary>What a message's row says beside its content. The numbers are stored: never reuse one.</summary>
[Flags]
internal enum MessageState
{
    None = 0,
    Deleted = 1,
    Pinned = 2,
    HasReactions = 4,
}
