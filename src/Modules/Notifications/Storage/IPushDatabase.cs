namespace ModularChat.Notifications.Storage;

/// <summary>The database of the module; each engine has its own.</summary>
internal interface IPushDatabase
{
    /// <summary>What to call it in logs: no secret.</summary>
    string Name { get; }

    /// <summary>True when other processes use it too, so that leases have to run out before they are taken over.</summary>
    bool IsShared { get; }

    /// <summary>Held by the one who writes; null when the engine lets many write at once.</summary>
    SemaphoreSlim? Writer { get; }

    /// <summary>A new context, whose connection is opened when it is needed.</summary>
    PushDb Open();

    /// <summary>Makes or changes the tables; only once in a process.</summary>
    Task MigrateAsync(CancellationToken token);

    /// <summary>True when the exception says that the database, and not its caller, is at fault.</summary>
    bool IsFault(Exception e);

    /// <summary>True when another row has one of the unique values already, or others at the same time made it undo what was done: the same may succeed now.</summary>
    bool IsConflict(Exception e);

    /// <summary>
    /// Before a transaction of this context: whether its commit has to be on disk when it returns. Relaxed, the last commits may be gone
    /// together after a power failure; after a killed process none is.
    /// </summary>
    Task SetDurabilityAsync(PushDb db, bool isRelaxed, CancellationToken token);

    /// <summary>Adds many rows in the transaction of <paramref name="db"/>, as cheaply as the engine can.</summary>
    Task InsertAsync(PushDb db, IReadOnlyCollection<QueueRow> pushes, IReadOnlyCollection<TraceRow> trace, CancellationToken token);

    /// <summary>Has what was deleted leave the files, as far as the engine can.</summary>
    Task PurgeAsync(CancellationToken token);

    /// <summary>Lets go of what is kept open for later uses.</summary>
    void Close();
}
