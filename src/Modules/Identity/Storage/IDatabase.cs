namespace ModularChat.Identity.Storage;

/// <summary>What went wrong in a database, as far as a caller has to know.</summary>
internal enum Failure
{
    /// <summary>Something that is not the database's fault.</summary>
    None = 0,
    /// <summary>Another row has one of the unique values already.</summary>
    Taken = 1,
    /// <summary>Undone by the database, because of others at the same time: the same may well succeed now.</summary>
    Undone = 2,
    /// <summary>The connection is lost, or could not be had.</summary>
    Lost = 3,
    /// <summary>Anything else that the database refuses.</summary>
    Refused = 4,
}

/// <summary>One database of accounts; each engine has its own.</summary>
internal interface IDatabase
{
    /// <summary>What to call it in logs and on the terminal: no secret.</summary>
    string Name { get; }

    /// <summary>Held by the one who writes; null when the engine lets many write at once.</summary>
    SemaphoreSlim? Writer { get; }

    /// <summary>A new context, whose connection is opened when it is needed.</summary>
    IdentityDb Open();

    /// <summary>Makes others wait who want one of the same locks, on any node, until the transaction of <paramref name="db"/> ends.</summary>
    Task LockAsync(IdentityDb db, IReadOnlyCollection<Guid> locks, CancellationToken token);

    /// <summary>What an exception of a context means.</summary>
    Failure Judge(Exception e);

    /// <summary>Refuses a server that is not there, does not let us in, or cannot do what is needed.</summary>
    /// <exception cref="ModularChat.Storage.StartupException">In one sentence.</exception>
    Task CheckAsync(CancellationToken token);

    /// <summary>How far its log of changes has come: a replica that is as far shows all of them.</summary>
    Task<long> PositionAsync(IdentityDb db, CancellationToken token);

    /// <summary>What has to be done once before the first migrations; nobody else is at it.</summary>
    Task PrepareAsync(IdentityDb db, CancellationToken token);

    /// <summary>Lets statements on this context take as long as they take: those about all rows, not those that somebody waits for.</summary>
    Task TakeTimeAsync(IdentityDb db, CancellationToken token);

    /// <summary>Does <paramref name="work"/> on the tables as a whole while no other process does.</summary>
    Task AloneAsync(IdentityDb db, Func<Task> work, CancellationToken token);

    /// <summary>Has what was deleted or overwritten leave the files, as far as the engine can.</summary>
    Task PurgeAsync(CancellationToken token);

    /// <summary>Lets go of what is kept open for later uses.</summary>
    void Close();
}
