using ModularChat.Calls.Calling;
using ModularChat.Contracts.Calls;

namespace ModularChat.Calls.Storage;

/// <summary>
/// Where the calls are: the one truth about them for all nodes that share it. Calls that are over stay for a minute, so that a late retry gets the same
/// answer, and until their end is in the conversation.
/// </summary>
internal interface ICallBoard
{
    /// <summary>The clock by which calls are due: milliseconds that only go on.</summary>
    long Clock { get; }

    /// <summary>A call; null when there is none.</summary>
    ValueTask<Call?> FindAsync(Guid callId, CancellationToken token);

    /// <summary>The calls of these users that are not over, each once.</summary>
    ValueTask<Call[]> OfAsync(Guid one, Guid other, CancellationToken token);

    /// <summary>Adds a call, when its id is new and the two have just these calls that are not over.</summary>
    /// <returns>False when it is not so: read and judge again.</returns>
    ValueTask<bool> TryAddAsync(Call call, IReadOnlyCollection<Guid> seen, CancellationToken token);

    /// <summary>Puts a call in the place of what was read; false when it has changed since.</summary>
    ValueTask<bool> TryReplaceAsync(Call read, Call next, CancellationToken token);

    /// <summary>Calls that the clock may have ended, and ended ones that are not recorded since <paramref name="before"/>; at most so many.</summary>
    ValueTask<Call[]> DueAsync(long now, long before, int limit, CancellationToken token);

    /// <summary>Adds what an end tells the other. A description makes everything old that the end told before.</summary>
    /// <returns>Its number; null when the end has sent too many candidates since its last description.</returns>
    ValueTask<long?> AddSignalAsync(Guid callId, Guid fromLeg, CallSignal signal, int maxCandidates, CancellationToken token);

    /// <summary>What the other ends than this one have told after a number, in order.</summary>
    ValueTask<NumberedSignal[]> SignalsAsync(Guid callId, Guid forLeg, long after, CancellationToken token);
}
