using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace ModularChat.Storage.Sqlite;

/// <summary>A module's tables in a file of the data folder, whose lock keeps every other process away.</summary>
/// <typeparam name="T">The module's context.</typeparam>
public sealed class ContextFile<T> : IDisposable where T : DbContext
{
    // The engine lets one writer in at a time and makes the others poll with a blocked thread; they wait here instead.
    private readonly SemaphoreSlim _writer = new(1);
    private readonly PooledDbContextFactory<T> _contexts;

    /// <summary>Opens nothing yet.</summary>
    /// <param name="file">The file.</param>
    /// <param name="migrationsTable">Where it is noted which migrations were made.</param>
    /// <param name="configure">What holds for the module on every engine.</param>
    public ContextFile(string file, string migrationsTable, Func<DbContextOptionsBuilder<T>, DbContextOptionsBuilder<T>> configure) =>
        _contexts = new(configure(new DbContextOptionsBuilder<T>().UseSqlite($"Data Source={file}", sqlite => sqlite.MigrationsHistoryTable(migrationsTable))).Options);

    /// <summary>Held by the one who writes.</summary>
    public SemaphoreSlim Writer => _writer;

    /// <summary>A new context, whose connection is opened when it is needed.</summary>
    public T Open() => _contexts.CreateDbContext();

    /// <summary>Copies all rows into new pages, and empties the write-ahead file: what was deleted has left it.</summary>
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

    /// <inheritdoc />
    public void Dispose() => _writer.Dispose();
}
