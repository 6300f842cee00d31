using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace ModularChat.Identity.Storage.Sqlite;

/// <summary>What a SQLite file needs before it is migrated and after its last use, and a server engine does not.</summary>
internal static class SqliteFile
{
    public static async Task PrepareAsync(IdentityDb db, CancellationToken token)
    {
        if (!db.Database.IsSqlite())
        {
            return;
        }
        // Readers do not wait for the writer. Kept in the file.
        await db.Database.ExecuteSqlRawAsync("PRAGMA journal_mode = 'wal'", token);
        // A process killed in the middle of a migration leaves its lock behind, and every later start would wait for it. The
        // lock on the data folder says that there is no other process.
        await db.Database.ExecuteSqlRawAsync("DROP TABLE IF EXISTS \"__EFMigrationsLock\"", token);
    }

    /// <summary>Lets go of the file: connections are kept for later uses, and would hold on to a file that is replaced by an older copy.</summary>
    public static void Close(IdentityDb db)
    {
        if (db.Database.GetDbConnection() is SqliteConnection connection)
        {
            SqliteConnection.ClearPool(connection);
        }
    }
}
