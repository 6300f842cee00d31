using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Storage;

/// <summary>What is fixed while a log is open.</summary>
/// <param name="LogId">Made once with the log.</param>
/// <param name="RunId">Names the unbroken history that this opening continues; new at each opening of an embedded engine.</param>
/// <param name="ShardCount">Fixed at creation.</param>
/// <param name="Key">32 random bytes made with the log: keys the hashes of requests and the seals of cursors.</param>
internal sealed record LogInfo(Guid LogId, Guid RunId, int ShardCount, byte[] Key);

/// <summary>A conversation without its members: small, so that many fit in memory.</summary>
/// <param name="ConversationId">The conversation.</param>
/// <param name="Shard">Its shard.</param>
/// <param name="Kind">Direct, group, channel or self.</param>
/// <param name="Title">Of groups and channels.</param>
/// <param name="History">What new members see.</param>
/// <param name="Seq">Seq of the last entry.</param>
/// <param name="Position">Position of the last entry.</param>
/// <param name="Number">How many messages it has had.</param>
/// <param name="MembersSeq">Seq of the last created, members or settings entry: what a sender is judged on.</param>
/// <param name="MembersPosition">Position of that entry.</param>
/// <param name="MarksPosition">The highest <see cref="Member.MarksPosition"/> of its members.</param>
/// <param name="MemberCount">Members, invited ones not counted.</param>
/// <param name="Cut">Entries up to this seq were taken away by retention and are read by nobody; 0 when none were.</param>
/// <param name="Keep">How long its owner has entries kept; null when they are kept.</param>
internal sealed record Head(
    Guid ConversationId, int Shard, ConversationKind Kind, string? Title, HistoryVisibility History,
    long Seq, long Position, long Number, long MembersSeq, long MembersPosition, long MarksPosition, int MemberCount, long Cut = 0, KeepRule? Keep = null);

/// <summary>A run of visible seqs with the running message number just before its first and at its last entry.</summary>
/// <param name="From">First visible seq.</param>
/// <param name="NumberBefore">Messages before <paramref name="From"/>.</param>
/// <param name="To">Last visible seq; null while the membership lasts.</param>
/// <param name="NumberTo">Messages up to and with <paramref name="To"/>.</param>
internal sealed record VisibleRange(long From, long NumberBefore, long? To, long? NumberTo);

/// <summary>A member's row.</summary>
/// <param name="UserId">Who.</param>
/// <param name="Role">None after the end of a membership.</param>
/// <param name="Ranges">Visible seqs, ascending, closed ones kept; only the last may be open.</param>
/// <param name="Delivered">Delivered mark.</param>
/// <param name="Read">Read mark.</param>
/// <param name="ReadNumber">Running message number at the read mark.</param>
/// <param name="MarksPosition">Position of the last change of this row: a mark (with an own message, the message's), a preference, the role or the ranges. It is the version too.</param>
/// <param name="Preferences">Mute, pin, archive.</param>
/// <param name="RangesPosition">Position of the entry that last opened or closed a range of this member, or changed the role to or from
/// none or invited; a change between member, administrator and owner leaves it. Sync tells by it who came in or went after a cursor.</param>
internal sealed record Member(
    Guid UserId, MemberRole Role, VisibleRange[] Ranges, long Delivered, long Read, long ReadNumber, long MarksPosition, Preferences Preferences,
    long RangesPosition);

/// <summary>A member's own preferences for a conversation.</summary>
internal sealed record Preferences(DateTimeOffset? MutedUntil, bool Pinned, bool Archived)
{
    public static readonly Preferences None = new(null, false, false);
}

/// <summary>A conversation's members, as they were when the head was read.</summary>
internal sealed record Membership(Head Head, IReadOnlyList<Member> Members);

/// <summary>An entry with its place in the shard. The entry carries the sender's clientMessageId.</summary>
internal sealed record LogEntry(int Shard, long Position, Entry Entry);

/// <summary>One entry to append and what it changes.</summary>
internal sealed record Append
{
    public required Guid ConversationId { get; init; }
    public required Guid SenderId { get; init; }
    public required Guid ClientMessageId { get; init; }
    /// <summary>16 bytes, keyed: another request under the same id is told from a retry by it.</summary>
    public required byte[] RequestHash { get; init; }
    public required EntryKind Kind { get; init; }
    public required DateTimeOffset At { get; init; }
    public JsonBody? Body { get; init; }
    public long? Target { get; init; }
    /// <summary>The <see cref="Head.MembersSeq"/> on which the sender was judged; 0 for the first entry.</summary>
    public required long MembersSeq { get; init; }
    /// <summary>
    /// Set where nothing but the sender's own role was judged: the role it was. Then other changes of members do not refuse
    /// the append, only another role does. So a stale cache lets no removed member write, and people who come and go
    /// never put the messages of others out of order.
    /// </summary>
    public MemberRole? SenderRole { get; init; }
    /// <summary>What changes with it; null for messages and signals.</summary>
    public Change? Change { get; init; }

    /// <summary>The entry that it becomes where it is stored, with what the log has given it.</summary>
    /// <param name="seq">Its seq.</param>
    /// <param name="number">Its running message number.</param>
    public Entry ToEntry(long seq, long number) => new()
    {
        ConversationId = ConversationId,
        Seq = seq,
        Kind = Kind,
        SenderId = SenderId,
        At = At.ToUniversalTime(),
        Number = number,
        Target = Target,
        Body = Body,
        ClientMessageId = ClientMessageId,
    };
}

/// <summary>What an entry changes beside being appended.</summary>
internal abstract record Change
{
    /// <summary>With the created entry: makes the conversation. Its members see everything from seq 1, invited ones nothing.</summary>
    internal sealed record Create(ConversationKind Kind, string? Title, HistoryVisibility History, IReadOnlyList<(Guid UserId, MemberRole Role)> Members) : Change;

    /// <summary>With a members entry: new roles, and ranges opened or closed at this entry's seq.</summary>
    internal sealed record ChangeMembers(IReadOnlyList<MemberChange> Changes) : Change;

    /// <summary>With a settings entry.</summary>
    internal sealed record Settings(string? Title, HistoryVisibility? History, KeepRule? Keep = null) : Change
    {
        /// <summary>The rule of the head after this change.</summary>
        public KeepRule? KeepAfter(KeepRule? before) => Keep is null ? before : Keep is { Days: 0, Count: 0 } ? null : Keep;
    }

    /// <summary>With an edited entry: the target's body becomes the entry's body.</summary>
    internal sealed record Edit : Change;

    /// <summary>With a deleted entry: the target loses body and reactions; no copy remains.</summary>
    internal sealed record Delete : Change;

    /// <summary>With a reaction entry.</summary>
    internal sealed record React(string Emoji, bool Remove) : Change;

    /// <summary>With a pinned entry.</summary>
    internal sealed record Pin(bool Pinned) : Change;
}

/// <summary>What becomes of a member's visible ranges.</summary>
internal enum RangeChange
{
    /// <summary>They stay.</summary>
    Keep,
    /// <summary>A range opens at this entry; unless the last one is open.</summary>
    OpenHere,
    /// <summary>Everything becomes visible: one range from 1.</summary>
    OpenAll,
    /// <summary>The open range closes at this entry, which is still visible.</summary>
    Close,
}

/// <summary>One member's change.</summary>
internal sealed record MemberChange(Guid UserId, MemberRole Role, RangeChange Range);

/// <summary>What became of an append.</summary>
internal enum AppendOutcome
{
    /// <summary>It is on disk.</summary>
    Stored,
    /// <summary>The same request was stored before; seq and time are the first ones.</summary>
    Duplicate,
    /// <summary>Another request was stored under this id.</summary>
    IdReused,
    /// <summary>Members or settings changed since the sender was judged: read the membership again and judge again.</summary>
    MembersChanged,
    /// <summary>There is no such conversation; nothing was written.</summary>
    NoConversation,
    /// <summary>A created entry for a conversation that is there.</summary>
    AlreadyCreated,
    /// <summary>The target is not a message, or is deleted.</summary>
    NoTarget,
    /// <summary>Everything is already as the change wants it (the reaction is there, the message is deleted or pinned): nothing was written.</summary>
    Unchanged,
    /// <summary>The message has as many different reactions as are allowed.</summary>
    TooManyReactions,
}

/// <summary>The result of an append.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Seq">Of the entry, where it is stored; else 0.</param>
/// <param name="Position">Likewise.</param>
/// <param name="At">When it was taken; for a duplicate the first time.</param>
internal readonly record struct AppendResult(AppendOutcome Outcome, long Seq = 0, long Position = 0, DateTimeOffset At = default);

/// <summary>A wish to move a member's marks or change preferences; null leaves a value.</summary>
internal sealed record MarkAdvance(Guid ConversationId, Guid UserId, long? Delivered, long? Read, Preferences? Preferences = null);

/// <summary>What one transaction did to one shard.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="PreviousPosition">Its position before.</param>
/// <param name="Position">Its position now.</param>
/// <param name="Entries">New entries in position order, in the state they were stored in.</param>
/// <param name="Members">Rows of members whose marks, preferences, roles or ranges changed, as they are now. A sender's read mark moves with a message and is here too.</param>
/// <param name="Heads">The new heads of all conversations touched.</param>
internal sealed record Commit(
    int Shard, long PreviousPosition, long Position,
    IReadOnlyList<CommittedEntry> Entries, IReadOnlyList<(Guid ConversationId, Member Member)> Members, IReadOnlyList<Head> Heads);

/// <summary>A committed entry and what it changed.</summary>
internal sealed record CommittedEntry(long Position, Entry Entry, Change? Change);
