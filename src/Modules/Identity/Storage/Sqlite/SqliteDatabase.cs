using ModularChat.Storage.Sqlite;

namespace ModularChat.Identity.Storage.Sqlite;

/// <summary>A file in the data folder.</summary>
internal sealed class SqliteDatabase(string file, IServiceProvider services) : IDatabase, IDisposable
{
    private const int UniqueTaken = 19;

    private readonly ContextFile<IdentityDb> _file = new(file, IdentityDb.MigrationsTable, options => IdentityDb.Configure(options, services));

    public string Name { get; } = Path.GetFileName(file);

    public SemaphoreSlim Writer => _file.Writer;

    public IdentityDb Open() => _file.Open();

    // One writer at a time: all the locks that there are.
    public Task LockAsync(IdentityDb db, IReadOnlyCollection<Guid> locks, CancellationToken token) => Task.CompletedTask;

    public Failure Judge(Exception e) => SqliteContexts.ErrorOf(e) switch
    {
        null => Failure.None,
        UniqueTaken => Failure.Taken,
        _ => Failure.Refused,
    };

    // Nobody follows it.
    public Task<long> PositionAsync(IdentityDb db, CancellationToken token) => Task.FromResult(0L);

    public Task TakeTimeAsync(IdentityDb db, CancellationToken token) => Task.CompletedTask;

    public Task CheckAsync(CancellationToken token) => Task.CompletedTask;

    // The lock on the data folder says that there is no other process.
    public Task AloneAsync(IdentityDb db, Func<Task> work, CancellationToken token) => work();

    public Task PrepareAsync(IdentityDb db, CancellationToken token) => SqliteContexts.PrepareAsync(db, token);

    public Task PurgeAsync(CancellationToken token) => _file.PurgeAsync(token);

    public void Close() => _file.Close();

    public void Dispose() => _file.Dispose();
}
