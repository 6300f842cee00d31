using ModularChat.Contracts;
using ModularChat.Identity.Profiles;
using ModularChat.Identity.Relations;
using ModularChat.Identity.Storage;
using ModularChat.Shared.Servers;

namespace ModularChat.StorageTests.Identity;

/// <summary>Reads from real streaming replicas, which lag, die and are replaced.</summary>
public sealed class IdentityReplicaTests : IAsyncLifetime
{
    private PostgresServer _primary = null!, _replica = null!;
    private string _database = "";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(PostgresServer.Missing.Length > 0, PostgresServer.Missing);
        _primary = await PostgresServer.StartAsync(Cancel);
        _database = await _primary.CreateDatabaseAsync("chat", Cancel);
        _replica = await _primary.MakeReplicaAsync(Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in new[] { _replica, _primary })
        {
            if (server is not null)
            {
                await server.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task A_replica_answers_others_for_some_seconds_but_never_the_one_who_has_changed_something()
    {
        await using var server = await StartAsync();
        var (alice, bob) = await FollowedAsync(server);
        await PauseAsync();
        await RenameAsync(server, bob, "Robert");

        // The replica has not heard of it: others may see the old name, bob may not.
        (await NameAsync(server, alice, bob)).ShouldBe("bob");
        (await NameAsync(server, bob, bob)).ShouldBe("Robert");
        (await FindAsync(server, bob, "Rob")).ShouldBe(["Robert"]);
        (await FindAsync(server, alice, "Rob")).ShouldBeEmpty();
        // A block holds at once for both.
        await server.Get<Blocks>().BlockAsync(bob, alice.UserId, Cancel);
        (await FindAsync(server, alice, "bob")).ShouldBeEmpty();

        // Nobody sees what is older than 15 seconds.
        var stranger = new Caller(Ids.New());
        server.Time.Advance(TimeSpan.FromSeconds(6));
        (await NameAsync(server, stranger, bob)).ShouldBe("bob");
        server.Time.Advance(TimeSpan.FromSeconds(6));
        (await NameAsync(server, stranger, bob)).ShouldBe("Robert");
    }

    [Fact]
    public async Task What_the_replica_does_not_know_yet_is_there_all_the_same()
    {
        await using var server = await StartAsync();
        var (alice, _) = await FollowedAsync(server);
        await PauseAsync();
        var carol = await server.EnterAsync("carol");
        (await NameAsync(server, alice, carol)).ShouldBe("carol");
    }

    [Fact]
    public async Task Reads_go_on_while_a_replica_is_killed_and_replaced()
    {
        await using var server = await StartAsync();
        var (alice, bob) = await FollowedAsync(server);
        using var stop = new CancellationTokenSource();
        var reads = 0;
        var reading = Task.WhenAll(Enumerable.Range(0, 3).Select(async _ =>
        {
            while (!stop.IsCancellationRequested)
            {
                (await NameAsync(server, alice, bob)).ShouldBe("bob");
                Interlocked.Increment(ref reads);
                await Task.Delay(5, Cancel);
            }
        }));
        await _replica.Kill9Async();
        await MoreAsync(20);
        server.Time.Advance(TimeSpan.FromSeconds(6));
        await MoreAsync(20);
        var port = _replica.Port;
        await _replica.DisposeAsync();
        _replica = await _primary.MakeReplicaAsync(Cancel, port);
        server.Time.Advance(TimeSpan.FromSeconds(6));
        await MoreAsync(20);
        await stop.CancelAsync();
        await reading;

        // The new one is asked: it is the only place where the name is still the old one.
        await _primary.WaitForAsync(_replica, Cancel);
        await NameAsync(server, alice, bob);
        await PauseAsync();
        await RenameAsync(server, bob, "Robert");
        (await NameAsync(server, alice, bob)).ShouldBe("bob");

        async Task MoreAsync(int count)
        {
            var until = Volatile.Read(ref reads) + count;
            while (Volatile.Read(ref reads) < until)
            {
                reading.IsFaulted.ShouldBeFalse();
                await Task.Delay(10, Cancel);
            }
        }
    }

    [Fact]
    public async Task A_replica_that_was_promoted_is_not_asked_any_more()
    {
        await using var server = await StartAsync();
        var (alice, bob) = await FollowedAsync(server);
        await _replica.PromoteAsync(Cancel);
        await RenameAsync(server, bob, "Robert");
        server.Time.Advance(TimeSpan.FromSeconds(6));
        (await NameAsync(server, alice, bob)).ShouldBe("Robert");
    }

    [Fact]
    public async Task Without_its_replicas_a_server_starts_and_answers()
    {
        await _replica.StopAsync();
        await using var server = await StartAsync();
        var alice = await server.EnterAsync("alice");
        (await NameAsync(server, alice, alice)).ShouldBe("alice");
    }

    [Fact]
    public async Task Nobody_waits_for_the_one_who_tries_a_replica_that_stands_still()
    {
        await using var server = await StartAsync();
        var (alice, bob) = await FollowedAsync(server);
        await _replica.FreezeAsync(frozen: true, Cancel);
        (await NameAsync(server, alice, bob)).ShouldBe("bob");
        server.Time.Advance(TimeSpan.FromSeconds(6));

        var trying = NameAsync(server, alice, bob);
        var other = await NameAsync(server, bob, bob);

        other.ShouldBe("bob");
        trying.IsCompleted.ShouldBeFalse("it waits for the replica");
        (await trying).ShouldBe("bob");
        await _replica.FreezeAsync(frozen: false, Cancel);
    }

    [Fact]
    public async Task Each_replica_is_asked_about_the_database_that_it_follows()
    {
        var second = await _primary.CreateDatabaseAsync("chat1", Cancel);
        await using var server = await IdentityServer.StartAsync(
            Deployment.SqliteFile, "Storage:Relational:Engine=postgresql", $"Storage:Relational:Shards:0={_database}", $"Storage:Relational:Shards:1={second}",
            // Not in the order of the databases.
            $"Storage:Relational:ReadReplicas:0={_replica.ConnectionString("chat1")}", $"Storage:Relational:ReadReplicas:1={_replica.ConnectionString("chat")}");
        var people = new List<Caller>();
        for (var i = 0; i < 8; i++)
        {
            people.Add(await server.EnterAsync($"person{i}"));
        }
        people.Select(person => server.Databases.IndexOf(person.UserId)).Distinct().Count().ShouldBe(2);
        await FollowedAsync(server, people);
        await PauseAsync();
        for (var i = 1; i < people.Count; i++)
        {
            await RenameAsync(server, people[i], "Somebody");
        }
        for (var i = 1; i < people.Count; i++)
        {
            (await NameAsync(server, people[0], people[i])).ShouldBe($"person{i}");
        }
    }

    [Fact]
    public async Task Own_changes_are_remembered_in_bounded_memory_and_what_is_thrown_out_holds_for_everybody()
    {
        var databases = new Databases([new ModularChat.Identity.Storage.Postgres.PostgresDatabase(_database, "here", new NoServices())]);
        var own = new OwnWrites(databases, bound: 3);
        var writers = Enumerable.Range(0, 4).Select(_ => Ids.New()).ToArray();
        foreach (var writer in writers[..3])
        {
            own.Wrote(Scope.Of(writer));
        }
        (await RequiredAsync(writers[0], 10)).ShouldBe(10);
        (await RequiredAsync(writers[0], 99)).ShouldBe(10);
        (await RequiredAsync(writers[3], 99)).ShouldBe(0);
        own.Wrote(Scope.Of(writers[3]));
        own.Count.ShouldBe(1);
        // Forgotten, and so everybody's.
        (await RequiredAsync(writers[0], 20)).ShouldBe(20);
        (await RequiredAsync(Ids.New(), 99)).ShouldBe(20);

        Task<long> RequiredAsync(Guid reader, long now) => own.RequiredAsync(reader, 0, () => Task.FromResult(now));
    }

    private Task<IdentityServer> StartAsync() => IdentityServer.StartAsync(
        Deployment.SqliteFile, "Storage:Relational:Engine=postgresql", $"Storage:Relational:ConnectionString={_database}", $"Storage:Relational:ReadReplicas:0={_replica.ConnectionString("chat")}");

    /// <summary>Two users whom the replica knows, and who have been asked about, so that reads go to it.</summary>
    private async Task<(Caller Alice, Caller Bob)> FollowedAsync(IdentityServer server)
    {
        Caller[] people = [await server.EnterAsync("alice"), await server.EnterAsync("bob")];
        await FollowedAsync(server, people);
        return (people[0], people[1]);
    }

    private async Task FollowedAsync(IdentityServer server, IEnumerable<Caller> people)
    {
        var all = people.ToArray();
        foreach (var other in all)
        {
            await NameAsync(server, all[0], other);
        }
        await _primary.WaitForAsync(_replica, Cancel);
        server.Time.Advance(TimeSpan.FromSeconds(5));
        foreach (var other in all)
        {
            await NameAsync(server, all[0], other);
        }
        // Asked for once more, so that what is required does not rise any more while time stands still.
        await _primary.WaitForAsync(_replica, Cancel);
        await NameAsync(server, all[0], all[^1]);
    }

    private Task<string> PauseAsync() => _replica.RunSqlAsync("postgres", "SELECT pg_wal_replay_pause()", Cancel);

    private static Task<MeAnswer> RenameAsync(IdentityServer server, Caller user, string name) => server.Get<UserProfiles>().ChangeAsync(user, new(name, null, null, null), Cancel);

    private static async Task<string> NameAsync(IdentityServer server, Caller reader, Caller other) =>
        (await server.Get<UserProfiles>().GetAsync(reader, other.UserId, Cancel)).DisplayName;

    private static async Task<IEnumerable<string>> FindAsync(IdentityServer server, Caller reader, string prefix) =>
        (await server.Get<UserProfiles>().SearchAsync(reader, prefix, null, Cancel)).Users.Select(user => user.DisplayName);

    private sealed class NoServices : IServiceProvider
    {
        public object? GetService(Type serviceType) => null;
    }
}
