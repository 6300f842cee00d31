using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Presence;
using ModularChat.Presence.Storage;
using ModularChat.Presence.Storage.PostgreSql;
using ModularChat.Presence.Storage.Sqlite;
using ModularChat.Storage;
using ModularChat.Storage.Sqlite;
using ModularChat.StorageTests.Servers;

namespace ModularChat.StorageTests.Presence;

public sealed class PeopleStoreTests
{
    private static readonly DateTimeOffset Noon = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_written_is_there_after_a_restart_and_who_was_not_is_unknown()
    {
        using var folder = new TemporaryFolder();
        var (bo, carl, nobody) = (Ids.New(), Ids.New(), Ids.New());
        Person[] people =
        [
            new(PresenceState.Invisible, new PresenceStatus("at the dentist 😀", Noon), Noon.AddTicks(1)),
            new(PresenceState.Online, new PresenceStatus("here"), null),
        ];
        using (var opened = new Opened(folder.Path))
        {
            (await opened.Store.ReadAsync([bo], Token)).ShouldBe([Person.Unknown]);
            await opened.Store.WriteAsync([new(bo, people[0]), new(carl, people[1])], Token);
            (await opened.Store.ReadAsync([carl, nobody, bo, bo], Token)).ShouldBe([people[1], Person.Unknown, people[0], people[0]]);
        }
        using (var opened = new Opened(folder.Path))
        {
            (await opened.Store.ReadAsync([bo, carl], Token)).ShouldBe(people);
            await opened.Store.WriteAsync([new(bo, Person.Unknown)], Token);
            (await opened.Store.ReadAsync([bo], Token)).ShouldBe([Person.Unknown]);
        }
    }

    [Fact]
    public async Task PostgreSQL_keeps_the_same_and_two_nodes_see_each_others_changes()
    {
        var server = (await TestContext.Current.GetFixture<PostgresFixture>()).ShouldNotBeNull();
        var options = new StorageOptions { Relational = { Engine = "postgresql", ConnectionString = await server.CreateDatabaseAsync() } };
        await using PostgreSqlPeople one = new(Options.Create(options)), other = new(Options.Create(options));
        var (bo, carl, nobody) = (Ids.New(), Ids.New(), Ids.New());
        Person[] people =
        [
            new(PresenceState.Invisible, new PresenceStatus("at the dentist 😀", Noon), Noon.AddMilliseconds(1)),
            new(PresenceState.Online, new PresenceStatus("here"), null),
        ];
        // Both make the table at once.
        (await Task.WhenAll(one.ReadAsync([bo], Token).AsTask(), other.ReadAsync([bo], Token).AsTask())).ShouldAllBe(read => read.Single() == Person.Unknown);
        await one.WriteAsync([new(bo, people[0]), new(carl, people[1])], Token);
        (await other.ReadAsync([carl, nobody, bo, bo], Token)).ShouldBe([people[1], Person.Unknown, people[0], people[0]]);
        await other.WriteSeenAsync([new(carl, Noon), new(nobody, Noon)], Token);
        (await one.ReadAsync([carl, nobody], Token)).ShouldBe([people[1] with { LastSeen = Noon }, Person.Unknown with { LastSeen = Noon }]);
        await other.EraseAsync(nobody, Token);
        (await one.ReadAsync([nobody], Token)).ShouldBe([Person.Unknown]);

        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "saved.db");
        await one.SaveAsync(file, Token);
        options.Relational.ConnectionString = await server.CreateDatabaseAsync();
        await using var restored = new PostgreSqlPeople(Options.Create(options));
        await restored.LoadAsync(file, Token);
        (await restored.ReadAsync([bo, carl, nobody], Token)).ShouldBe([people[0], people[1] with { LastSeen = Noon }, Person.Unknown]);
    }

    [Fact]
    public async Task A_last_seen_leaves_what_was_chosen()
    {
        using var folder = new TemporaryFolder();
        using var opened = new Opened(folder.Path);
        var (bo, carl) = (Ids.New(), Ids.New());
        var chosen = new Person(PresenceState.Dnd, new PresenceStatus("busy"), null);
        await opened.Store.WriteAsync([new(bo, chosen)], Token);
        await opened.Store.WriteSeenAsync([new(bo, Noon), new(carl, Noon)], Token);
        (await opened.Store.ReadAsync([bo, carl], Token)).ShouldBe([chosen with { LastSeen = Noon }, Person.Unknown with { LastSeen = Noon }]);
    }

    [Fact]
    public async Task A_file_of_a_newer_program_is_refused()
    {
        using var folder = new TemporaryFolder();
        using (var opened = new Opened(folder.Path))
        {
            await opened.Store.ReadAsync([Ids.New()], Token);
        }
        using (var database = SqliteDatabase.Open(Path.Combine(folder.Path, "presence.db"), 1000))
        {
            database.Execute("PRAGMA user_version = 99");
        }
        using var again = new Opened(folder.Path);
        Should.Throw<StartupException>(() => again.Store.ReadAsync([Ids.New()], Token).AsTask()).Message.ShouldContain("presence.db");
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_said_to_be_unavailable()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "presence.db"), new string('x', 10_000), Token);
        using var opened = new Opened(folder.Path);
        Should.Throw<PeopleUnavailableException>(() => opened.Store.ReadAsync([Ids.New()], Token).AsTask());
    }

    [Fact]
    public async Task Readers_and_a_writer_side_by_side_see_whole_rows()
    {
        using var folder = new TemporaryFolder();
        using var opened = new Opened(folder.Path);
        var bo = Ids.New();
        await opened.Store.WriteAsync([new(bo, Of(0))], Token);
        var writing = Task.Run(
            async () =>
            {
                for (var i = 1; i <= 100; i++)
                {
                    await opened.Store.WriteAsync([new(bo, Of(i))], Token);
                }
            },
            Token);
        var seen = 0;
        while (!writing.IsCompleted)
        {
            var person = (await opened.Store.ReadAsync([bo], Token))[0];
            person.Status!.Text.ShouldBe($"{person.LastSeen!.Value.Minute}");
            person.LastSeen.Value.Minute.ShouldBeGreaterThanOrEqualTo(seen % 60);
            seen = person.LastSeen.Value.Minute;
        }
        await writing;

        static Person Of(int i) => new(PresenceState.Dnd, new PresenceStatus($"{i * 59 / 100}"), Noon.AddMinutes(i * 59 / 100));
    }

    private sealed class Opened : IDisposable
    {
        private readonly DataFolder _folder;
        public Opened(string path)
        {
            _folder = DataFolder.Open(path);
            Store = new SqlitePeople(_folder);
        }

        public SqlitePeople Store { get; }

        public void Dispose()
        {
            Store.Dispose();
            _folder.Dispose();
        }
    }
}
