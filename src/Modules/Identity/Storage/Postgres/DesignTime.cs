using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace ModularChat.Identity.Storage.Postgres;

/// <summary>Lets <c>dotnet ef</c> write a migration without a server.</summary>
internal sealed class DesignTime : IDesignTimeDbContextFactory<PostgresIdentityDb>
{
    public PostgresIdentityDb CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<PostgresIdentityDb>().UseNpgsql(postgres => postgres.MigrationsHistoryTable(IdentityDb.MigrationsTable)).Options);
}
