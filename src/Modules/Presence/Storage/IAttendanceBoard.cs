namespace ModularChat.Presence.Storage;

/// <summary>What one process says of one user who is there.</summary>
/// <param name="UserId">The user.</param>
/// <param name="IsIdle">Without activity for as long as makes one away.</param>
/// <param name="IsActive">Has done something within the last minute on a lease that does not linger.</param>
/// <param name="Leases">The leases that do not linger; none when all do.</param>
/// <param name="ActiveDevices">Where; null in what an older program has written, which means all of them.</param>
internal sealed record Posted(Guid UserId, bool IsIdle, bool IsActive, Lease[] Leases, Guid[]? ActiveDevices = null)
{
    /// <summary>The devices on which the user has done something.</summary>
    public Guid[] Active() => !IsActive ? [] : ActiveDevices ?? [.. Leases.Select(lease => lease.DeviceId ?? Guid.Empty).Distinct()];
}

/// <summary>What the board knows of a process that renews itself.</summary>
internal enum Standing
{
    /// <summary>What it has written holds.</summary>
    Known = 0,
    /// <summary>The board knew nothing of it, and has nothing written by it.</summary>
    New = 1,
    /// <summary>It came too late: others take its users off. It has to go on under another id.</summary>
    Left = 2,
}

/// <summary>What the board knows of those who write on it.</summary>
/// <param name="Standing">What it knows of this process.</param>
/// <param name="Live">The other processes whose word holds.</param>
/// <param name="Left">One that has given no sign for as long as its word holds, and whose users this process is to take off the board; null: none.</param>
internal sealed record Round(Standing Standing, IReadOnlySet<Guid> Live, Absent? Left);

/// <summary>A process that is gone.</summary>
/// <param name="Id">Which.</param>
/// <param name="SinceSign">How long ago it gave its last sign.</param>
internal sealed record Absent(Guid Id, TimeSpan SinceSign);

/// <summary>
/// Where the processes of a cluster write down who is there with them, so that a heartbeat of a connection costs the shared store nothing: only changes
/// are written, and what a process has written holds as long as it renews itself. Times are the board's own.
/// </summary>
internal interface IAttendanceBoard : IAsyncDisposable
{
    /// <summary>Says that a process is there for so long, and tells of the others.</summary>
    /// <exception cref="BoardAwayException">The board cannot be reached.</exception>
    ValueTask<Round> RenewAsync(Guid self, TimeSpan life, CancellationToken token);

    /// <summary>Writes down these users, and takes those off who are not with this process any more.</summary>
    /// <exception cref="BoardAwayException">The board cannot be reached; some may have been written.</exception>
    ValueTask WriteAsync(Guid self, IReadOnlyCollection<Posted> there, IReadOnlyCollection<Guid> gone, CancellationToken token);

    /// <summary>What all processes have written of these users, in the order asked, whether it holds or not.</summary>
    /// <exception cref="BoardAwayException">The board cannot be reached.</exception>
    ValueTask<IReadOnlyList<(Guid Process, Posted Posted)>[]> ReadAsync(IReadOnlyList<Guid> userIds, CancellationToken token);

    /// <summary>Some of the users that a process has on the board; none when it has none any more.</summary>
    /// <exception cref="BoardAwayException">The board cannot be reached.</exception>
    ValueTask<Guid[]> ListAsync(Guid process, int limit, CancellationToken token);

    /// <summary>Ends the task that <see cref="Round.Left"/> gave; without it another process gets it after a minute.</summary>
    /// <exception cref="BoardAwayException">The board cannot be reached.</exception>
    ValueTask ForgetAsync(Guid process, CancellationToken token);
}

/// <summary>The board cannot be reached now.</summary>
internal sealed class BoardAwayException(Exception inner) : Exception("The shared store of presence does not answer.", inner);
