namespace ModularChat.Presence.Storage;

/// <summary>A live connection, held as long as it gives signs of life.</summary>
/// <param name="ConnectionId">The connection.</param>
/// <param name="UserId">Its user.</param>
/// <param name="DeviceId">Its device; null when an application acts as the user.</param>
/// <param name="SessionId">Its session; null likewise.</param>
/// <param name="Transport">websocket, events, signalr or poll.</param>
/// <param name="Node">The node that holds it.</param>
internal sealed record Lease(Guid ConnectionId, Guid UserId, Guid? DeviceId, Guid? SessionId, string Transport, Guid Node);

/// <summary>Whether a user is there, worked out from the leases.</summary>
/// <param name="IsThere">At least one lease holds.</param>
/// <param name="IsIdle">There, and without activity for as long as makes one away.</param>
/// <param name="SinceSign">How long ago the last sign of life was; null when none is remembered.</param>
internal readonly record struct Attendance(bool IsThere, bool IsIdle, TimeSpan? SinceSign);

/// <summary>What has changed between two looks.</summary>
/// <param name="Users">Whose attendance may have changed.</param>
/// <param name="Gone">Who has gone, and how long ago the last sign of life was: for this process to write down. Of all that share the leases one is told.</param>
/// <param name="IsAllSuspect">True when others may have changed too, and it is not known who.</param>
internal sealed record Moves(IReadOnlyCollection<Guid> Users, IReadOnlyList<(Guid UserId, TimeSpan SinceSign)> Gone, bool IsAllSuspect = false);

/// <summary>
/// The live connections of all nodes. Times are spans on the store's own clock, never times of day: a clock that is set back
/// or forward makes nobody come or go. Expiry needs no sweep to be right: whoever reads sees leases that are over as gone.
/// Nothing here is durable, but for a shared store that outlives a node.
/// </summary>
internal interface ILeases
{
    /// <summary>Makes or renews a lease. The user who had none becomes active by it; so do the lingering leases of the same device end.</summary>
    ValueTask KeepAsync(Lease lease, TimeSpan life, CancellationToken token);

    /// <summary>Renews a lease from a sign of life so long ago; never shortens it. False when it is not known, or lingers.</summary>
    ValueTask<bool> RenewAsync(Guid connectionId, TimeSpan age, TimeSpan life, bool isActive, CancellationToken token);

    /// <summary>Ends a lease after <paramref name="linger"/>, or at once when that is zero. Unknown ones are passed over.</summary>
    ValueTask EndAsync(Guid connectionId, TimeSpan linger, CancellationToken token);

    /// <summary>Ends all leases of a session at once, lingering ones too.</summary>
    ValueTask EndSessionAsync(Guid userId, Guid sessionId, CancellationToken token);

    /// <summary>The user has done something; nothing when no lease holds.</summary>
    ValueTask TouchAsync(Guid userId, CancellationToken token);

    /// <summary>The lease, when it is one of this process; null when it is over or lingers.</summary>
    ValueTask<Lease?> FindAsync(Guid connectionId, CancellationToken token);

    /// <summary>The leases of a user that hold and do not linger.</summary>
    ValueTask<Lease[]> OfAsync(Guid userId, CancellationToken token);

    /// <summary>Whether these users are there, in the order asked.</summary>
    ValueTask<Attendance[]> AttendAsync(IReadOnlyList<Guid> userIds, CancellationToken token);

    /// <summary>
    /// The devices on which these users, in the order asked, have a lease that holds and does not linger and on which they did something within
    /// <paramref name="within"/>: said by a renewal of that very lease, so that an open tab does not count for the telephone in somebody's hand. Of other nodes it is known for the last minute.
    /// The empty id stands for an application that acts as the user.
    /// </summary>
    ValueTask<Guid[][]> ActiveDevicesAsync(IReadOnlyList<Guid> userIds, TimeSpan within, CancellationToken token);

    /// <summary>
    /// Those whose attendance may not be what the last call told (at first: nobody is there). The alarm clock of the fan-out: whoever asks
    /// <see cref="AttendAsync"/> is right without it. A user who is told to be gone is forgotten.
    /// </summary>
    ValueTask<Moves> TakeMovesAsync(CancellationToken token);

    /// <summary>Everybody who is there by a lease of this process.</summary>
    ValueTask<IReadOnlyList<(Guid UserId, Attendance Now)>> AllAsync(CancellationToken token);

    /// <summary>False as long as connections of before the start may still come back, so that a missing lease says nothing yet.</summary>
    bool IsSettled { get; }

    /// <summary>True when other processes have leases too, so that news of them may have been lost.</summary>
    bool IsShared { get; }
}
