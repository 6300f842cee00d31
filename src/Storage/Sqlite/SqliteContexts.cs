using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace ModularChat.Storage.Sqlite;

/// <summary>What holds for all contexts on SQLite.</summary>
public static class SqliteContexts
{
    /// <summary>What has to be done once before the first migrations.</summary>
    public static async Task PrepareAsync(DbContext db, CancellationToken token)
    {
        // Readers do not wait for the writer. Kept in the file.
        await db.Database.ExecuteSqlRawAsync("PRAGMA journal_mode = 'wal'", token);
        // A process killed in the middle of a migration leaves its lock behind, and every later start would wait for it.
        await db.Database.ExecuteSqlRawAsync("DROP TABLE IF EXISTS \"__EFMigrationsLock\"", token);
    }

    /// <summary>What of an exception the engine has said; null: nothing.</summary>
    public static int? ErrorOf(Exception? e) => e switch
    {
        null => null,
        SqliteException found => found.SqliteErrorCode,
        _ => ErrorOf(e.InnerException),
    };
}
