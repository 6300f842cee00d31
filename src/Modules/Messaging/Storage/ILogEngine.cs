namespace ModularChat.Messaging.Storage;

/// <summary>One kind of store that can hold the log, or some of its shards.</summary>
internal interface ILogEngine
{
    /// <summary>The database that is used when the settings name none: a file or folder in the data folder; null where it must be named.</summary>
    string? DefaultDatabase { get; }

    /// <summary>
    /// True when the database holds a log already; false when <see cref="OpenAsync"/> would make one. Changes nothing: of several databases
    /// of one log those that hold it are opened first, and the others are made as parts of it.
    /// </summary>
    /// <exception cref="ModularChat.Storage.StartupException">It cannot be reached.</exception>
    ValueTask<bool> HoldsLogAsync(string database, CancellationToken token);

    /// <summary>
    /// Opens one database. One that holds nothing is made: as a new log with all its shards, or as <see cref="LogOpening.Seed"/> says.
    /// From the first append on, <paramref name="listener"/> gets every commit.
    /// </summary>
    /// <param name="database">A file or folder (relative to the data folder), or a connection string: as in <c>Storage:Messages:Databases</c>.</param>
    /// <param name="opening">What to make and whether a run begins.</param>
    /// <param name="listener">Is told every commit.</param>
    /// <param name="token">Ends the wait.</param>
    /// <exception cref="ModularChat.Storage.StartupException">One sentence: what is wrong with the database, and what to do. Names no password.</exception>
    ValueTask<ILogDatabase> OpenAsync(string database, LogOpening opening, ICommitListener listener, CancellationToken token);
}

/// <summary>An open database of the log. Writes to a shard that it does not hold throw <see cref="ShardMovedException"/>.</summary>
internal interface ILogDatabase : IMessageLog, ILogArchive;

/// <summary>How a database is opened.</summary>
/// <param name="Seed">What an empty database becomes; null: a new log of its own that holds all shards.</param>
/// <param name="RunId">The run that an embedded engine begins with this opening, the same for all databases of a log; null: none begins (a tool that reads or copies).</param>
internal sealed record LogOpening(LogSeed? Seed, Guid? RunId);

/// <summary>What names a log, for another database of it or for a copy.</summary>
/// <param name="LogId">Made once with the log.</param>
/// <param name="Key">32 bytes: keys the hashes of requests and the seals of cursors.</param>
/// <param name="ShardCount">Logical shards of the whole log.</param>
/// <param name="Runs">The runs so far, oldest first.</param>
/// <param name="Shards">The shards that the database holds; the others begin as <see cref="ShardState.Gone"/>.</param>
internal sealed record LogSeed(Guid LogId, byte[] Key, int ShardCount, IReadOnlyList<RunRow> Runs, IReadOnlyList<int> Shards);
