using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using ModularChat.Contracts.Identity;
using ModularChat.Identity.Profiles;
using ModularChat.Identity.Storage;
using ModularChat.Storage;

namespace ModularChat.StorageTests.Identity;

/// <summary>This program beside the next one, which has added a column.</summary>
public sealed class IdentityVersionTests
{
    private static readonly SchemaRule Next = new(SchemaRule.Ours.Version + 1, SchemaRule.Ours.Version);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_old_and_a_new_program_work_side_by_side_on_one_database()
    {
        await using var old = await IdentityServer.StartAsync(Deployment.PostgresDatabase);
        var alice = await old.EnterAsync("alice");
        await using var next = await old.JoinAsync(services => AddNext(services, Next));

        // Each writes what the other reads, and the old one does not touch what it does not know.
        await NickAsync(next, alice.UserId, "al");
        await old.Get<UserProfiles>().ChangeAsync(alice, new("Alice A.", null, null, null), Cancel);
        var bob = await next.EnterAsync("bob");
        await old.EnterAsync("carol");
        (await next.SendAsync(new FindUsersByName(["alice", "bob", "carol"]))).Select(user => user.DisplayName).Order().ShouldBe(["Alice A.", "bob", "carol"]);
        (await old.SendAsync(new FindUsersByName(["alice", "bob", "carol"]))).Length.ShouldBe(3);
        (await NickAsync(next, alice.UserId)).ShouldBe("al");
        (await NickAsync(next, bob.UserId)).ShouldBeNull();

        // The old one may even start again, and does not take back what the new one has said.
        await old.RestartAsync();
        (await old.LogInAsync("bob")).User.Name.ShouldBe("bob");
        (await FactAsync(old, "schema")).ShouldBe(Next.Version);
    }

    [Fact]
    public async Task A_file_that_the_next_program_has_opened_serves_this_one_again()
    {
        await using var server = await IdentityServer.StartAsync(Deployment.SqliteFile);
        var alice = await server.EnterAsync("alice");
        await server.RestartAsync(services => AddNext(services, Next));
        await NickAsync(server, alice.UserId, "al");
        await server.RestartAsync();
        (await server.LogInAsync("alice")).User.Id.ShouldBe(alice.UserId);
        await server.EnterAsync("bob");
        await server.RestartAsync(services => AddNext(services, Next));
        (await NickAsync(server, alice.UserId)).ShouldBe("al");
    }

    [Fact]
    public async Task A_program_below_the_oldest_that_may_run_is_refused()
    {
        await using var server = await IdentityServer.StartAsync(Deployment.SqliteFile);
        await server.RestartAsync(services => AddNext(services, Next with { OldestProgram = Next.Version }));
        var refusal = await Should.ThrowAsync<StartupException>(() => server.RestartAsync());
        refusal.Message.ShouldBe($"The accounts (identity.db) have schema version {Next.Version}, on which programs of version {Next.Version} or newer may run, but this one has {SchemaRule.Ours.Version}: start a newer program, or restore a backup.");
    }

    private static void AddNext(IServiceCollection services, SchemaRule rule)
    {
        var ours = services.Last(service => service.ServiceType == typeof(Databases)).ImplementationFactory!;
        services.AddSingleton(rule);
        services.AddSingleton(provider => new Databases([.. ((Databases)ours(provider)).All.Select(database => new NextDatabase(database))]));
    }

    private static Task<string?> NickAsync(IdentityServer server, Guid userId) =>
        server.Get<IdentityStore>().ReadAsync(
            userId, db => db.Users.Where(user => user.Id == userId).Select(user => EF.Property<string?>(user, NextDb.Column)).SingleAsync(Cancel), Cancel);

    private static Task<int> NickAsync(IdentityServer server, Guid userId, string nick) =>
        server.Get<IdentityStore>().WriteAsync(
            Scope.Of(userId),
            work => work.Of(userId).Users.Where(user => user.Id == userId)
                .ExecuteUpdateAsync(set => set.SetProperty(user => EF.Property<string?>(user, NextDb.Column), nick), Cancel),
            Cancel);

    private static async Task<long> FactAsync(IdentityServer server, string key)
    {
        await using var db = server.Databases.Directory.Open();
        return (await db.Facts.SingleAsync(fact => fact.Key == key, Cancel)).Number;
    }

    /// <summary>A database as the next program sees it.</summary>
    private sealed class NextDatabase(IDatabase database) : IDatabase
    {
        public string Name => database.Name;

        public SemaphoreSlim? Writer => database.Writer;

        public IdentityDb Open()
        {
            using var ours = database.Open();
            var connection = ours.Database.GetConnectionString()!;
            var options = new DbContextOptionsBuilder<NextDb>();
            _ = Writer is null
                ? options.UseNpgsql(connection, postgres => postgres.MigrationsHistoryTable(IdentityDb.MigrationsTable))
                : options.UseSqlite(connection, sqlite => sqlite.MigrationsHistoryTable(IdentityDb.MigrationsTable));
            return new NextDb(options.Options);
        }

        public Task LockAsync(IdentityDb db, IReadOnlyCollection<Guid> locks, CancellationToken token) => database.LockAsync(db, locks, token);

        public Failure Judge(Exception e) => database.Judge(e);

        public Task<long> PositionAsync(IdentityDb db, CancellationToken token) => database.PositionAsync(db, token);

        public Task PrepareAsync(IdentityDb db, CancellationToken token) => database.PrepareAsync(db, token);

        public Task TakeTimeAsync(IdentityDb db, CancellationToken token) => database.TakeTimeAsync(db, token);

        public Task CheckAsync(CancellationToken token) => database.CheckAsync(token);

        public Task AloneAsync(IdentityDb db, Func<Task> work, CancellationToken token) => database.AloneAsync(db, work, token);

        public Task PurgeAsync(CancellationToken token) => database.PurgeAsync(token);

        public void Close() => database.Close();
    }
}

/// <summary>The tables of the next program.</summary>
internal sealed class NextDb(DbContextOptions<NextDb> options) : IdentityDb(options)
{
    public const string Column = "Nickname";

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        modelBuilder.Entity<UserRow>().Property<string?>(Column);
    }
}

/// <summary>What the next program adds, on either engine.</summary>
[DbContext(typeof(NextDb))]
[Migration("29990101000000_Nickname")]
internal sealed class Nickname : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.AddColumn<string>(NextDb.Column, IdentityDb.Prefix + "users", nullable: true);
}
