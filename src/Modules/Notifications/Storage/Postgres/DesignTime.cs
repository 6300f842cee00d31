using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace ModularChat.Notifications.Storage.Postgres;

/// <summary>Lets <c>dotnet ef</c> write a migration without a server.</summary>
internal sealed class DesignTime : IDesignTimeDbContextFactory<PostgresPushDb>
{
    public PostgresPushDb CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<PostgresPushDb>().UseNpgsql(postgres => postgres.MigrationsHistoryTable(PushDb.MigrationsTable)).Options);
}
