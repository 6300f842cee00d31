using Microsoft.EntityFrameworkCore;

namespace ModularChat.Notifications.Storage.Postgres;

/// <summary>The same tables on PostgreSQL, with migrations of their own. Text is compared by its bytes, as SQLite does.</summary>
internal sealed class PostgresPushDb(DbContextOptions<PostgresPushDb> options) : PushDb(options)
{
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        configurationBuilder.Properties<string>().HaveColumnType("text").UseCollation("C");
    }
}
