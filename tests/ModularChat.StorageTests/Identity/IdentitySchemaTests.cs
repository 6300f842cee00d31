using Microsoft.EntityFrameworkCore;
using ModularChat.Identity.Storage;
using ModularChat.Storage;

namespace ModularChat.StorageTests.Identity;

public sealed class IdentitySchemaTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_migrations_make_what_the_model_says()
    {
        await using var server = await IdentityServer.StartAsync();
        await using var db = await server.Get<IDbContextFactory<IdentityDb>>().CreateDbContextAsync(Cancel);
        db.Database.HasPendingModelChanges().ShouldBeFalse();
        (await db.Database.GetPendingMigrationsAsync(Cancel)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_table_has_the_modules_prefix()
    {
        await using var server = await IdentityServer.StartAsync();
        await using var db = await server.Get<IDbContextFactory<IdentityDb>>().CreateDbContextAsync(Cancel);
        db.Model.GetEntityTypes().ShouldAllBe(type => type.GetTableName()!.StartsWith("identity_", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Accounts_of_a_newer_program_are_refused()
    {
        await using var server = await IdentityServer.StartAsync();
        await using (var db = await server.Get<IDbContextFactory<IdentityDb>>().CreateDbContextAsync(Cancel))
        {
            await db.Database.ExecuteSqlRawAsync("INSERT INTO identity_migrations VALUES ('99991231000000_Later', '99.0.0')", Cancel);
        }
        var refusal = await Should.ThrowAsync<StartupException>(() => server.RestartAsync());
        refusal.Message.ShouldContain("99991231000000_Later");
    }

    [Fact]
    public async Task A_migration_that_was_killed_half_way_does_not_hold_up_the_next_start()
    {
        await using var server = await IdentityServer.StartAsync();
        await using (var db = await server.Get<IDbContextFactory<IdentityDb>>().CreateDbContextAsync(Cancel))
        {
            // As a killed first start leaves it: the lock taken, nothing made yet.
            await db.Database.EnsureDeletedAsync(Cancel);
            await db.Database.ExecuteSqlRawAsync("CREATE TABLE \"__EFMigrationsLock\" (\"Id\" INTEGER PRIMARY KEY, \"Timestamp\" TEXT NOT NULL)", Cancel);
            await db.Database.ExecuteSqlRawAsync("INSERT INTO \"__EFMigrationsLock\" VALUES (1, '2026-01-01')", Cancel);
        }
        await server.RestartAsync();
        (await server.RegisterAsync("alice")).User.Name.ShouldBe("alice");
    }

    [Fact]
    public async Task Searching_by_prefix_walks_an_index()
    {
        await using var server = await IdentityServer.StartAsync();
        await using var db = await server.Get<IDbContextFactory<IdentityDb>>().CreateDbContextAsync(Cancel);
        var first = "al";
        var sql = db.Users.Where(user => user.NormalizedUserName!.CompareTo(first) >= 0 && user.NormalizedUserName!.CompareTo("am") < 0)
            .OrderBy(user => user.NormalizedUserName).Take(20).ToQueryString();
        var select = sql[sql.IndexOf("SELECT", StringComparison.Ordinal)..].Replace("@first", "'al'", StringComparison.Ordinal).Replace("@p", "20", StringComparison.Ordinal);
        await using var command = db.Database.GetDbConnection().CreateCommand();
        await db.Database.OpenConnectionAsync(Cancel);
        command.CommandText = "EXPLAIN QUERY PLAN " + select;
        await using var reader = await command.ExecuteReaderAsync(Cancel);
        var plan = "";
        while (await reader.ReadAsync(Cancel))
        {
            plan += reader.GetString(3) + "\n";
        }
        plan.ShouldContain("SEARCH");
        plan.ShouldContain("IX_identity_users_NormalizedUserName");
    }
}
