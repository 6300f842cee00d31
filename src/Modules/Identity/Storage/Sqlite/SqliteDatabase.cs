using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace ModularChat.Identity.Storage.Sqlite;

/// <summary>A file in the data folder, whose lock keeps every other process away.</summary>
internal sealed class SqliteDatabase : IDatabase, IDisposable
{
    // The engine lets one writer in at a time and makes the others poll with a blocked thread; they wait here instead.
    private readonly SemaphoreSlim _writer = new(1);
    private readonly PooledDbContextFactory<IdentityDb> _contexts;

    public SqliteDatabase(string file, IServiceProvider services)
    {
        Name = Path.GetFileName(file);
        _contexts = new(IdentityDb.Configure(new DbContextOptionsBuilder<IdentityDb>()
            .UseSqlite($"Data Source={file}", sqlite => sqlite.MigrationsHistoryTable(IdentityDb.MigrationsTable)), services).Options);
    }

    public string Name { get; }

    public SemaphoreSlim Writer => _writer;

    public IdentityDb Open() => _contexts.CreateDbContext();

    // One writer at a time: all the locks that there are.
    public Task LockAsync(IdentityDb db, IReadOnlyCollection<Guid> locks, CancellationToken token) => Task.CompletedTask;

    public Failure Judge(Exception e) => e.As<SqliteException>() switch
    {
        null => Failure.None,
        { SqliteErrorCode: 19 } => Failure.Taken,
        _ => Failure.Refused,
    };

    // Nobody follows it.
    public Task<long> PositionAsync(IdentityDb db, CancellationToken token) => Task.FromResult(0L);

    public Task TakeTimeAsync(IdentityDb db, CancellationToken token) => Task.CompletedTask;

    public Task CheckAsync(CancellationToken token) => Task.CompletedTask;

    // The lock on the data folder says that there is no other process.
    public Task AloneAsync(IdentityDb db, Func<Task> work, CancellationToken token) => work();

    public async Task PrepareAsync(IdentityDb db, CancellationToken token)
    {
        // Readers do not wait for the writer. Kept in the file.
        await db.Database.ExecuteSqlRawAsync("PRAGMA journal_mode = 'wal'", token);
        // A process killed in the middle of a migration leaves its lock behind, and every later start would wait for it.
        await db.Database.ExecuteSqlRawAsync("DROP TABLE IF EXISTS \"__EFMigrationsLock\"", token);
    }

    /// <summary>Copies all rows into new pages, and empties the write-ahead file.</summary>
    public async Task PurgeAsync(CancellationToken token)
    {
        await _writer.WaitAsync(token);
        try
        {
            await using var db = Open();
            await db.Database.ExecuteSqlRawAsync("VACUUM", token);
            await db.Database.ExecuteSqlRawAsync("PRAGMA wal_checkpoint(TRUNCATE)", token);
        }
        finally
        {
            _writer.Release();
        }
    }

    /// <summary>Connections are kept for later uses, and would hold on to a file that is replaced by an older copy.</summary>
    public void Close()
    {
        using var db = Open();
        SqliteConnection.ClearPool((SqliteConnection)db.Database.GetDbConnection());
    }

    public void Dispose() => _writer.Dispose();
}
