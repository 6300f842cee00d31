using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace ModularChat.Notifications.Storage.Sqlite;

/// <summary>Lets <c>dotnet ef</c> write a migration without the server's settings.</summary>
internal sealed class DesignTime : IDesignTimeDbContextFactory<PushDb>
{
    public PushDb CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<PushDb>().UseSqlite(sqlite => sqlite.MigrationsHistoryTable(PushDb.MigrationsTable)).Options);
}
