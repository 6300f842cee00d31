using Microsoft.EntityFrameworkCore;
using ModularChat.Identity.Storage.Sqlite;
using ModularChat.Storage;

namespace ModularChat.Identity.Storage;

/// <summary>Brings the tables up to this program's version, refuses ones of a newer program, and lets go of them at the end.</summary>
internal sealed class SchemaOpener(IDbContextFactory<IdentityDb> contexts)
{
    public async Task OpenAsync(CancellationToken token)
    {
        await using var db = await contexts.CreateDbContextAsync(token);
        var unknown = (await db.Database.GetAppliedMigrationsAsync(token)).Except(db.Database.GetMigrations(), StringComparer.Ordinal).ToArray();
        if (unknown.Length > 0)
        {
            throw new StartupException($"The accounts (identity.db) were written by a newer program (schema {unknown[^1]}): start that one, or restore a backup.");
        }
        if ((await db.Database.GetPendingMigrationsAsync(token)).Any())
        {
            await SqliteFile.PrepareAsync(db, token);
            await db.Database.MigrateAsync(token);
        }
    }

    public async Task CloseAsync(CancellationToken token)
    {
        await using var db = await contexts.CreateDbContextAsync(token);
        SqliteFile.Close(db);
    }
}
