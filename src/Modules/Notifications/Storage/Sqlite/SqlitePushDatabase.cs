using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace ModularChat.Notifications.Storage.Sqlite;

/// <summary>The file <c>notifications.db</c> in the data folder, whose lock keeps every other process away.</summary>
internal sealed class SqlitePushDatabase : IPushDatabase, IDisposable
{
    public const string FileName = "notifications.db";

    private readonly SemaphoreSlim _writer = new(1);
    private readonly PooledDbContextFactory<PushDb> _contexts;

    public SqlitePushDatabase(string file, IServiceProvider services) =>
        _contexts = new(PushDb.Configure(new DbContextOptionsBuilder<PushDb>()
            .UseSqlite($"Data Source={file}", sqlite => sqlite.MigrationsHistoryTable(PushDb.MigrationsTable)), services).Options);

    public string Name => FileName;

    public bool IsShared => false;

    public SemaphoreSlim Writer => _writer;

    public PushDb Open() => _contexts.CreateDbContext();

    public async Task MigrateAsync(CancellationToken token)
    {
        await using var db = Open();
        await db.Database.ExecuteSqlRawAsync("PRAGMA journal_mode = 'wal'", token);
        // A process killed in the middle of a migration leaves its lock behind, and every later start would wait for it.
        await db.Database.ExecuteSqlRawAsync("DROP TABLE IF EXISTS \"__EFMigrationsLock\"", token);
        await db.Database.MigrateAsync(token);
    }

    public bool IsFault(Exception e) => Find(e) is { SqliteErrorCode: not 19 };

    public bool IsConflict(Exception e) => Find(e) is { SqliteErrorCode: 19 };

    public async Task SetDurabilityAsync(PushDb db, bool isRelaxed, CancellationToken token)
    {
        // It stays with the connection, which others use after this.
        await db.Database.OpenConnectionAsync(token);
        await db.Database.ExecuteSqlRawAsync(isRelaxed ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL", token);
    }

    public async Task InsertAsync(PushDb db, IReadOnlyCollection<QueueRow> pushes, IReadOnlyCollection<TraceRow> trace, CancellationToken token)
    {
        await RowInsert.InsertAsync(db, pushes, token);
        await RowInsert.InsertAsync(db, trace, token);
    }

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

    public void Close()
    {
        using var db = Open();
        SqliteConnection.ClearPool((SqliteConnection)db.Database.GetDbConnection());
    }

    public void Dispose() => _writer.Dispose();

    private static SqliteException? Find(Exception? e) => e switch
    {
        null => null,
        SqliteException found => found,
        _ => Find(e.InnerException),
    };
}
