using Microsoft.EntityFrameworkCore;
using ModularChat.Identity.Storage;
using ModularChat.Identity.Storage.Postgres;
using ModularChat.Storage;

namespace ModularChat.StorageTests.Identity;

public sealed class IdentitySchemaTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Deployment.SqliteFile)]
    [InlineData(Deployment.PostgresDatabase)]
    public async Task The_migrations_make_what_the_model_says(Deployment deployment)
    {
        await using var server = await IdentityServer.StartAsync(deployment);
        await using var db = server.Databases.Directory.Open();
        db.Database.HasPendingModelChanges().ShouldBeFalse();
        (await db.Database.GetPendingMigrationsAsync(Cancel)).ShouldBeEmpty();
        // PostgreSQL came with the fourth.
        var first = deployment == Deployment.SqliteFile ? 1 : 4;
        (db.Database.GetMigrations().Count() + first - 1).ShouldBe((int)SchemaRule.Ours.Version, "Each migration raises the version, and there is one for each engine.");
    }

    [Fact]
    public async Task Every_table_has_the_modules_prefix()
    {
        await using var server = await IdentityServer.StartAsync(Deployment.SqliteFile);
        await using var db = server.Databases.Directory.Open();
        db.Model.GetEntityTypes().ShouldAllBe(type => type.GetTableName()!.StartsWith("identity_", StringComparison.Ordinal));
    }

    [Fact]
    public void A_server_that_is_too_old_is_refused()
    {
        var refusal = Should.Throw<StartupException>(() => PostgresDatabase.CheckVersion(new Version(14, 9), "db:5432/chat", "Storage:Relational:ConnectionString"));
        refusal.Message.ShouldBe("The database db:5432/chat (Storage:Relational:ConnectionString) runs on PostgreSQL 14.9, but 15 or newer is needed.");
        PostgresDatabase.CheckVersion(new Version(15, 0), "db", "setting");
    }

    [Fact]
    public void A_statement_that_names_two_tables_or_one_twice_is_seen()
    {
        StatementWatch.TablesIn("SELECT * FROM identity_users AS u JOIN identity_names AS n ON n.UserId = u.Id").ShouldBe(2);
        StatementWatch.SourcesIn("SELECT * FROM \"identity_users\" AS u JOIN \"identity_users\" AS v ON u.Id = v.Id").ShouldBe(2);
        StatementWatch.TablesIn("SELECT * FROM identity_users WHERE Id = 1").ShouldBe(1);
    }

    [Fact]
    public async Task Statements_are_watched()
    {
        await using var server = await IdentityServer.StartAsync(Deployment.SqliteFile);
        await server.RegisterAsync("alice");
        StatementWatch.Instance.Count.ShouldBeGreaterThan(5);
    }

    [Fact]
    public async Task A_migration_that_was_killed_half_way_does_not_hold_up_the_next_start()
    {
        await using var server = await IdentityServer.StartAsync(Deployment.SqliteFile);
        await using (var db = server.Databases.Directory.Open())
        {
            // As a killed first start leaves it: the lock taken, nothing made yet.
            await db.Database.EnsureDeletedAsync(Cancel);
            await db.Database.ExecuteSqlRawAsync("CREATE TABLE \"__EFMigrationsLock\" (\"Id\" INTEGER PRIMARY KEY, \"Timestamp\" TEXT NOT NULL)", Cancel);
            await db.Database.ExecuteSqlRawAsync("INSERT INTO \"__EFMigrationsLock\" VALUES (1, '2026-01-01')", Cancel);
        }
        await server.RestartAsync();
        (await server.RegisterAsync("alice")).User.Name.ShouldBe("alice");
    }

    [Theory]
    [InlineData(Deployment.SqliteFile)]
    [InlineData(Deployment.TwoPostgresDatabases)]
    public async Task Accounts_of_a_program_that_is_too_new_are_refused(Deployment deployment)
    {
        await using var server = await IdentityServer.StartAsync(deployment);
        await SetFactAsync(server, "oldest-program", SchemaRule.Ours.Version + 1);
        var refusal = await Should.ThrowAsync<StartupException>(() => server.RestartAsync());
        refusal.Message.ShouldContain("start a newer program");
        await SetFactAsync(server, "oldest-program", SchemaRule.Ours.OldestProgram);
    }

    [Theory]
    [InlineData(Deployment.SqliteFile)]
    [InlineData(Deployment.PostgresDatabase)]
    public async Task Searching_by_prefix_walks_an_index(Deployment deployment)
    {
        await using var server = await IdentityServer.StartAsync(deployment);
        await using var db = server.Databases.Directory.Open();
        await db.Database.OpenConnectionAsync(Cancel);
        var isServer = deployment == Deployment.PostgresDatabase;
        if (isServer)
        {
            // On an empty table the planner would read all of nothing.
            await db.Database.ExecuteSqlRawAsync("SET enable_seqscan = off; SET enable_bitmapscan = off", Cancel);
        }
        foreach (var (column, index) in new[] { ("NormalizedUserName", "identity_names"), ("NormalizedDisplayName", "IX_identity_names_NormalizedDisplayName") })
        {
            await using var command = db.Database.GetDbConnection().CreateCommand();
            command.CommandText = $"""{(isServer ? "EXPLAIN" : "EXPLAIN QUERY PLAN")} SELECT "UserId" FROM identity_names WHERE "{column}" >= 'al' AND "{column}" < 'am' ORDER BY "{column}" LIMIT 20""";
            await using var reader = await command.ExecuteReaderAsync(Cancel);
            var plan = "";
            while (await reader.ReadAsync(Cancel))
            {
                plan += reader.GetString(isServer ? 0 : 3) + "\n";
            }
            plan.ShouldContain(isServer ? "Index Cond" : "SEARCH");
            plan.ShouldContain(index);
            plan.ShouldNotContain("Sort");
            plan.ShouldNotContain("B-TREE");
        }
    }

    private static async Task SetFactAsync(IdentityServer server, string key, long number)
    {
        foreach (var database in server.Databases.All)
        {
            await using var db = database.Open();
            await db.Facts.Where(fact => fact.Key == key).ExecuteUpdateAsync(set => set.SetProperty(fact => fact.Number, number), Cancel);
        }
    }
}
