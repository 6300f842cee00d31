using Microsoft.EntityFrameworkCore;

namespace ModularChat.Identity.Storage.Postgres;

/// <summary>
/// The same tables on PostgreSQL, with migrations of their own. Text is compared and ordered by its bytes, as SQLite does, whatever
/// the database's own rules are: so an index serves beginnings of names, and both engines find the same people.
/// </summary>
internal sealed class PostgresIdentityDb(DbContextOptions<PostgresIdentityDb> options) : IdentityDb(options)
{
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        // Lengths are judged before, with a refusal that names the field.
        configurationBuilder.Properties<string>().HaveColumnType("text").UseCollation("C");
    }
}
