using Microsoft.EntityFrameworkCore;
using ModularChat.Storage.Sqlite;

namespace ModularChat.Notifications.Storage.Sqlite;

/// <summary>The file <c>notifications.db</c> in the data folder.</summary>
internal sealed class SqlitePushDatabase(string file, IServiceProvider services) : IPushDatabase, IDisposable
{
    public const string FileName = "notifications.db";

    private const int UniqueTaken = 19;

    private readonly ContextFile<PushDb> _file = new(file, PushDb.MigrationsTable, options => PushDb.Configure(options, services));

    public string Name => FileName;

    public bool IsShared => false;

    public SemaphoreSlim Writer => _file.Writer;

    public PushDb Open() => _file.Open();

    public async Task MigrateAsync(CancellationToken token)
    {
        await using var db = Open();
        await SqliteContexts.PrepareAsync(db, token);
        await db.Database.MigrateAsync(token);
    }

    public bool IsFault(Exception e) => SqliteContexts.ErrorOf(e) is not (null or UniqueTaken);

    public bool IsConflict(Exception e) => SqliteContexts.ErrorOf(e) is UniqueTaken;

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

    public Task PurgeAsync(CancellationToken token) => _file.PurgeAsync(token);

    public void Close() => _file.Close();

    public void Dispose() => _file.Dispose();
}
