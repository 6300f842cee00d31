using ModularChat.Messaging.Storage.Hearing;

namespace ModularChat.Messaging.Storage;

/// <summary>
/// The message log: every conversation's entries, head, members and marks, in logical shards. All that one append changes
/// is changed in one transaction. Guarantees, for every engine:
/// <list type="bullet">
/// <item>seq is dense from 1 in a conversation; position rises strictly in a shard, in commit order: whoever has read
/// position p has read everything before it.</item>
/// <item>A result of <see cref="AppendAsync"/> or <see cref="AdvanceMarksAsync"/> is given only after its transaction is
/// synced to disk.</item>
/// <item>Commits reach <see cref="ICommitListener"/> in position order for each shard, before the results are given.</item>
/// </list>
/// When the store cannot write, or cannot say whether it has written, methods throw
/// <see cref="LogUnavailableException"/>; the caller may try again under the same ids, and nothing is doubled.
/// </summary>
internal interface IMessageLog : IAsyncDisposable
{
    /// <summary>What names the log and its present run. Another run begins while it is open only when a server engine has changed its own history.</summary>
    LogInfo Info { get; }

    /// <summary>True when other processes may have the log open too.</summary>
    bool IsShared => false;

    /// <summary>Takes in what another node has said of its commit; never waits. Nothing rests on it: an engine that several nodes have open looks from time to time as well.</summary>
    void Hear(HeardCommit heard)
    {
    }

    /// <summary>The committed position of each shard. Everything up to it can be read by all methods.</summary>
    ValueTask<long[]> GetPositionsAsync(CancellationToken token);

    /// <summary>
    /// True when everything in <paramref name="positions"/>, reached in run <paramref name="runId"/>, is part of the
    /// history of this log: the run is known, and no position lies past the run's end or past the head.
    /// </summary>
    ValueTask<bool> ContainsAsync(Guid runId, long[] positions, CancellationToken token);

    /// <summary>
    /// Appends one entry with everything that it changes. Never throws for a refusal: see <see cref="AppendOutcome"/>. The id
    /// is looked at before the members: a retry gets its first result also from one who may not write any more. It takes its
    /// place among the writes of this process before it returns: two calls one after another are stored in that order.
    /// </summary>
    ValueTask<AppendResult> AppendAsync(Append append, CancellationToken token);

    /// <summary>
    /// Moves marks forward, clamped to <c>0 &lt;= read &lt;= delivered &lt;= head</c> (a read mark pulls delivered along), and
    /// changes preferences. Each member that really changed takes one new position and its version rises. Unknown members
    /// are passed over.
    /// </summary>
    ValueTask AdvanceMarksAsync(IReadOnlyList<MarkAdvance> advances, CancellationToken token);

    /// <summary>The heads of these conversations; unknown ones are left out.</summary>
    ValueTask<IReadOnlyList<Head>> GetHeadsAsync(IReadOnlyList<Guid> conversationIds, CancellationToken token);

    /// <summary>Everybody who is or was a member, with the head that this list belongs to; null when the conversation is unknown.</summary>
    ValueTask<Membership?> GetMembershipAsync(Guid conversationId, CancellationToken token);

    /// <summary>One member's row of each of these conversations; left out where the user never was a member.</summary>
    ValueTask<IReadOnlyList<(Guid ConversationId, Member Member)>> GetMemberAsync(IReadOnlyList<Guid> conversationIds, Guid userId, CancellationToken token);

    /// <summary>The conversations in which the user is, was or is invited, by id.</summary>
    ValueTask<IReadOnlyList<Guid>> ListConversationsAsync(Guid userId, CancellationToken token);

    /// <summary>
    /// Entries with <c>from &lt;= seq &lt;= to</c> in present state, with reactions, and with edited entries carrying their
    /// target's present body: the first <paramref name="limit"/> of them, or the last when <paramref name="newest"/>;
    /// always returned in seq order. Empty when there are none.
    /// </summary>
    ValueTask<IReadOnlyList<LogEntry>> ReadAsync(Guid conversationId, long from, long to, int limit, bool newest, CancellationToken token);

    /// <summary>Entries of all conversations of a shard after a position, in position order, as in <see cref="ReadAsync"/>. Positions that marks took are holes.</summary>
    ValueTask<IReadOnlyList<LogEntry>> ReadFeedAsync(int shard, long afterPosition, int limit, CancellationToken token);

    /// <summary>The running message number at each seq of a conversation: how many messages it had up to and with that entry. Below <see cref="Head.Cut"/> it is that at the cut.</summary>
    ValueTask<long> GetNumberAsync(Guid conversationId, long seq, CancellationToken token);

    /// <summary>Forgets ids of requests taken before <paramref name="before"/>, at most <paramref name="limit"/> of them; returns how many.</summary>
    ValueTask<int> ForgetDuplicatesAsync(DateTimeOffset before, int limit, CancellationToken token);

    /// <summary>
    /// Retention: no reader sees entries up to <paramref name="upTo"/> any more (clamped to the head; never backwards). Entries taken
    /// before <paramref name="forgetBefore"/> leave with their requests; younger ones lose body and reactions at once and leave with a
    /// later call, so that a retry still finds its first result. Members, ranges and numbers stay. Takes one position, as a mark does
    /// (<see cref="Head.MarksPosition"/>), when <see cref="Head.Cut"/> moves.
    /// </summary>
    /// <returns>How many rows have left.</returns>
    ValueTask<int> CutAsync(Guid conversationId, long upTo, DateTimeOffset forgetBefore, CancellationToken token);

    /// <summary>
    /// Has what was deleted, edited away or cut leave the files of the engine (not copies that others made), and gives the space back where
    /// the engine can. May take minutes; writes may wait meanwhile. docs/storage.md says what it does on each engine.
    /// </summary>
    ValueTask PurgeAsync(CancellationToken token);
}

/// <summary>
/// Gets every commit, those of other nodes included. Called by the shard's writer, so it must be quick, must not throw and must not call
/// the log. Calls for one shard come one after another; those for different shards may come at once.
/// </summary>
internal interface ICommitListener
{
    /// <summary>A commit is on disk.</summary>
    void Committed(Commit commit);

    /// <summary>
    /// A commit by this process is on disk. Called once for each where other nodes may have the log open too, as soon as it is known and perhaps before
    /// <see cref="Committed"/> tells it, which waits for what others did before it.
    /// </summary>
    /// <param name="runId">The run that it belongs to.</param>
    /// <param name="shard">The shard.</param>
    /// <param name="previous">Its position before.</param>
    /// <param name="position">Its position now.</param>
    /// <param name="commit">What was written; null when that has to be read.</param>
    void Wrote(Guid runId, int shard, long previous, long position, Commit? commit)
    {
    }

    /// <summary>The outcome of the last transaction is unknown and the log was opened again: forget what is cached of it.</summary>
    /// <param name="positions">The committed position of each shard now; it may cover a transaction that no commit told of.</param>
    void Reopened(long[] positions);
}

/// <summary>The store cannot take or confirm writes now. The outcome of what was under way is unknown.</summary>
internal class LogUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The shard is not in this database (any more): the placement has changed, and the write was not done.</summary>
internal sealed class ShardMovedException(int shard) : LogUnavailableException($"Shard {shard} of the message log is not in this database.")
{
    public int Shard { get; } = shard;
}
