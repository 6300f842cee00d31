using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace ModularChat.Identity.Storage.Sqlite;

/// <summary>Lets <c>dotnet ef</c> write a migration without the server's settings.</summary>
internal sealed class DesignTime : IDesignTimeDbContextFactory<IdentityDb>
{
    public IdentityDb CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<IdentityDb>().UseSqlite(sqlite => sqlite.MigrationsHistoryTable(IdentityDb.MigrationsTable)).Options);
}
