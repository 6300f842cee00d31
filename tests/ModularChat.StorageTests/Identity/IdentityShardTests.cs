using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Identity.Profiles;
using ModularChat.Identity.Relations;
using ModularChat.Identity.Storage;
using ModularChat.Storage;

namespace ModularChat.StorageTests.Identity;

/// <summary>Accounts over two databases: where they lie, and what a crash between the two leaves and heals.</summary>
public abstract class IdentityShardTests(Deployment deployment) : IdentityTests(deployment)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Users_lie_in_both_databases_and_what_is_one_for_all_in_the_first()
    {
        await using var server = await StartAsync();
        var people = await EnterAsync(server, 12);
        foreach (var index in new[] { 0, 1 })
        {
            await using var db = server.Databases.All[index].Open();
            var users = await db.Users.Select(user => user.Id).ToListAsync(Cancel);
            users.ShouldNotBeEmpty();
            users.ShouldAllBe(id => server.Databases.IndexOf(id) == index);
            (await db.Sessions.Select(session => session.UserId).ToListAsync(Cancel)).ShouldAllBe(id => server.Databases.IndexOf(id) == index);
            (await db.Names.CountAsync(Cancel)).ShouldBe(index == 0 ? people.Count : 0);
        }
    }

    [Fact]
    public async Task A_change_of_a_relation_that_was_cut_off_after_the_first_commit_is_completed()
    {
        await using var server = await StartAsync();
        var (low, high) = await PairAsync(server);
        await CutOffAsync(server, server.Databases.Of(low.UserId), () => server.Get<Friends>().RequestAsync(low, high.UserId, Cancel));
        // Half a friendship: it is there for one and not for the other.
        (await server.Get<Friends>().ListAsync(low, Cancel)).Friends.ShouldHaveSingleItem().State.ShouldBe("requested");
        (await server.Get<Friends>().ListAsync(high, Cancel)).Friends.ShouldBeEmpty();
        var before = (await server.SendAsync(new GetDataVersions(high.UserId))).GetValueOrDefault("friends");

        await HealAsync(server);
        (await server.Get<Friends>().ListAsync(high, Cancel)).Friends.ShouldHaveSingleItem().State.ShouldBe("asked");
        (await server.SendAsync(new GetDataVersions(high.UserId)))["friends"].ShouldBeGreaterThan(before);

        await CutOffAsync(server, server.Databases.Of(low.UserId), () => server.Get<Blocks>().BlockAsync(high, low.UserId, Cancel));
        await HealAsync(server);
        (await server.Get<Friends>().ListAsync(low, Cancel)).Friends.ShouldBeEmpty();
        (await server.Get<Friends>().ListAsync(high, Cancel)).Friends.ShouldBeEmpty();
        (await server.SendAsync(new GetRelations(low.UserId, [high.UserId]))).ShouldHaveSingleItem().IsBlocked.ShouldBeTrue();
        (await server.SendAsync(new GetRelations(high.UserId, [low.UserId]))).ShouldHaveSingleItem().IsBlocked.ShouldBeTrue();
        await ShouldBeHealedAsync(server);
    }

    [Fact]
    public async Task The_next_change_of_the_two_completes_it_too()
    {
        await using var server = await StartAsync();
        var (low, high) = await PairAsync(server);
        await CutOffAsync(server, server.Databases.Of(low.UserId), () => server.Get<Friends>().RequestAsync(low, high.UserId, Cancel));
        (await server.Get<Friends>().RequestAsync(high, low.UserId, Cancel)).State.ShouldBe("friend");
        (await server.Get<Friends>().ListAsync(low, Cancel)).Friends.ShouldHaveSingleItem().State.ShouldBe("friend");
        (await server.Get<Friends>().ListAsync(high, Cancel)).Friends.ShouldHaveSingleItem().State.ShouldBe("friend");
    }

    [Fact]
    public async Task An_account_whose_name_was_never_written_is_removed_and_the_name_is_free()
    {
        await using var server = await StartAsync();
        await server.RegisterAsync("admin");
        // Names are in the first database; only who lies in the second can be cut off in between.
        for (var i = 0; i < 20; i++)
        {
            await CutOffAsync(server, server.Databases.All[1], () => server.RegisterAsync($"person{i}"), mayHappenWhole: true);
        }
        var known = await server.Get<IdentityStore>().ReadDirectoryAsync(db => db.Names.Select(name => name.UserId).ToListAsync(Cancel), Cancel);
        var users = await server.Get<IdentityStore>().ReadAllAsync(db => db.Users.Select(user => user.Id).ToListAsync(Cancel), Cancel);
        users.Count.ShouldBeGreaterThan(known.Count);

        await HealAsync(server);
        users = await server.Get<IdentityStore>().ReadAllAsync(db => db.Users.Select(user => user.Id).ToListAsync(Cancel), Cancel);
        users.ShouldBe(known, ignoreOrder: true);
        (await server.Get<IdentityStore>().ReadAllAsync(db => db.Sessions.Select(session => session.UserId).ToListAsync(Cancel), Cancel)).ShouldBe(known, ignoreOrder: true);
        for (var i = 0; i < 20; i++)
        {
            try
            {
                await server.RegisterAsync($"person{i}");
            }
            catch (ChatException e) when (e.Code == ProblemCodes.NameTaken)
            {
                (await server.LogInAsync($"person{i}")).User.Name.ShouldBe($"person{i}");
            }
        }
        await ShouldBeHealedAsync(server);
    }

    [Fact]
    public async Task A_display_name_is_found_although_the_directory_missed_it()
    {
        await using var server = await StartAsync();
        var person = (await EnterAsync(server, 8)).Find(one => server.Databases.IndexOf(one.UserId) == 1)!;
        await CutOffAsync(server, server.Databases.All[1], () => server.Get<UserProfiles>().ChangeAsync(person, new("Zora", null, null, null), Cancel));
        (await server.Get<UserProfiles>().SearchAsync(person, "zor", null, Cancel)).Users.ShouldBeEmpty();
        await HealAsync(server);
        (await server.Get<UserProfiles>().SearchAsync(person, "zor", null, Cancel)).Users.ShouldHaveSingleItem().Id.ShouldBe(person.UserId);
        await ShouldBeHealedAsync(server);
    }

    [Fact]
    public async Task Databases_of_another_installation_are_refused()
    {
        await using var server = await StartAsync();
        await using (var db = server.Databases.All[1].Open())
        {
            await db.Facts.Where(fact => fact.Key == "installation").ExecuteUpdateAsync(set => set.SetProperty(fact => fact.Text, "another"), Cancel);
        }
        var refusal = await Should.ThrowAsync<StartupException>(() => server.RestartAsync());
        refusal.Message.ShouldContain("belongs to another installation");
        string installation;
        await using (var db = server.Databases.All[0].Open())
        {
            installation = (await db.Facts.SingleAsync(fact => fact.Key == "installation", Cancel)).Text!;
        }
        await using (var db = server.Databases.All[1].Open())
        {
            await db.Facts.Where(fact => fact.Key == "installation").ExecuteUpdateAsync(set => set.SetProperty(fact => fact.Text, installation), Cancel);
        }
    }

    private static async Task<List<Caller>> EnterAsync(IdentityServer server, int count)
    {
        var people = new List<Caller>();
        for (var i = 0; i < count; i++)
        {
            people.Add(await server.EnterAsync($"person{i}"));
        }
        return people;
    }

    /// <summary>Two users in different databases, the lower id first: its copy counts.</summary>
    private static async Task<(Caller Low, Caller High)> PairAsync(IdentityServer server)
    {
        var people = await EnterAsync(server, 10);
        var one = people[0];
        var other = people.Find(person => server.Databases.IndexOf(person.UserId) != server.Databases.IndexOf(one.UserId))!;
        return one.UserId.CompareTo(other.UserId) < 0 ? (one, other) : (other, one);
    }

    /// <summary>The process dies after this database has committed and before the other: as nothing else comes after it, a commit that fails is the same.</summary>
    private static async Task CutOffAsync(IdentityServer server, IDatabase after, Func<Task> change, bool mayHappenWhole = false)
    {
        StatementWatch.Instance.FailCommits(server.Databases.All.Single(database => database != after).Name);
        try
        {
            await change();
            mayHappenWhole.ShouldBeTrue("It was not cut off.");
        }
        catch (ChatException e) when (e.Code == ProblemCodes.StorageUnavailable)
        {
            // As after a crash, nobody has been told how it ended.
        }
        finally
        {
            StatementWatch.Instance.FailCommits(null);
        }
    }

    private static async Task HealAsync(IdentityServer server)
    {
        server.Time.Advance(TimeSpan.FromSeconds(40));
        await server.Get<Repair>().RunAsync(Cancel);
    }

    private static async Task ShouldBeHealedAsync(IdentityServer server)
    {
        await HealAsync(server);
        (await server.Get<IdentityStore>().ReadAllAsync(db => db.Notes.ToListAsync(Cancel), Cancel)).ShouldBeEmpty();
    }
}

public sealed class ShardsInTwoSqliteFiles() : IdentityShardTests(Deployment.TwoSqliteFiles);
public sealed class ShardsInTwoPostgresDatabases() : IdentityShardTests(Deployment.TwoPostgresDatabases);
