using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Identity.Accounts;
using ModularChat.Identity.Profiles;
using ModularChat.Identity.Relations;
using static ModularChat.StorageTests.Identity.IdentityServer;

namespace ModularChat.StorageTests.Identity;

/// <summary>Several nodes on the same databases: what one process keeps in order by itself has to hold between them too.</summary>
public abstract class IdentityNodeTests(Deployment deployment) : IdentityTests(deployment)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_many_who_set_up_the_server_at_once_one_is_the_administrator()
    {
        await using var one = await StartAsync("Identity:Registration=Closed");
        await using var other = await one.JoinAsync("Identity:Registration=Closed");
        var outcomes = await AtOnceAsync(one, other, 12, (node, i) => node.RegisterAsync($"admin{i}"));
        outcomes.Count(outcome => outcome is null).ShouldBe(1);
        outcomes.Where(outcome => outcome is not null).ShouldAllBe(outcome => outcome!.Code == ProblemCodes.RegistrationClosed);
    }

    [Fact]
    public async Task Of_many_who_want_a_name_at_once_one_has_it()
    {
        await using var one = await StartAsync();
        await using var other = await one.JoinAsync();
        await one.RegisterAsync("admin");
        var outcomes = await AtOnceAsync(one, other, 16, (node, i) => node.RegisterAsync(i % 3 == 0 ? "alice" : "ALICE"));
        outcomes.Count(outcome => outcome is null).ShouldBe(1);
        outcomes.Where(outcome => outcome is not null).ShouldAllBe(outcome => outcome!.Code == ProblemCodes.NameTaken);
        // Who came too late has left nothing behind.
        (await one.SendAsync(new FindUsersByName(["alice"]))).ShouldHaveSingleItem();
        (await other.LogInAsync("alice")).User.Id.ShouldBe((await one.LogInAsync("alice")).User.Id);
    }

    [Fact]
    public async Task A_code_works_once_on_whichever_node()
    {
        await using var one = await StartAsync("Identity:Registration=Invite");
        await using var other = await one.JoinAsync("Identity:Registration=Invite");
        var admin = await one.EnterAsync("admin");
        var invite = await one.Get<Codes>().InviteAsync(admin, Cancel);
        var registered = await AtOnceAsync(one, other, 10, (node, i) => node.RegisterAsync($"guest{i}", invite: invite.Code));
        registered.Count(outcome => outcome is null).ShouldBe(1);
        registered.Where(outcome => outcome is not null).ShouldAllBe(outcome => outcome!.Code == ProblemCodes.RegistrationClosed);

        var reset = await one.Get<Codes>().ResetAsync(admin, admin.UserId, Cancel);
        var changed = await AtOnceAsync(one, other, 10, async (node, i) =>
        {
            await node.Get<PasswordChange>().ResetAsync(new ResetPasswordRequest(reset.Code, $"another password {i}"), Local, Cancel);
            return true;
        });
        changed.Count(outcome => outcome is null).ShouldBe(1);
        changed.Where(outcome => outcome is not null).ShouldAllBe(outcome => outcome!.Code == ProblemCodes.WrongCredentials);
    }

    [Fact]
    public async Task Each_change_has_a_version_of_its_own()
    {
        await using var one = await StartAsync();
        await using var other = await one.JoinAsync();
        var alice = await one.EnterAsync("alice");
        var outcomes = await AtOnceAsync(one, other, 30, (node, i) => node.Get<UserProfiles>().ChangeAsync(alice, new(null, null, $"status {i}", null), Cancel));
        outcomes.ShouldAllBe(outcome => outcome == null);
        var versions = one.Published.Concat(other.Published).OfType<UserDataChanged>().Where(change => change.Subject == "profile").Select(change => change.Version);
        versions.Order().ShouldBe(Enumerable.Range(1, 30).Select(i => (long)i));
        (await one.SendAsync(new GetDataVersions(alice.UserId)))["profile"].ShouldBe(30);
    }

    [Fact]
    public async Task Two_who_ask_each_other_at_once_are_friends_and_nobody_waits_for_ever()
    {
        await using var one = await StartAsync();
        await using var other = await one.JoinAsync();
        var people = new List<Caller>();
        for (var i = 0; i < 6; i++)
        {
            people.Add(await one.EnterAsync($"person{i}"));
        }
        var pairs = people.SelectMany(_ => people, (a, b) => (From: a, To: b)).Where(pair => pair.From != pair.To).ToArray();
        var outcomes = await AtOnceAsync(one, other, pairs.Length, (node, i) => node.Get<Friends>().RequestAsync(pairs[i].From, pairs[i].To.UserId, Cancel));
        outcomes.ShouldAllBe(outcome => outcome == null);
        foreach (var person in people)
        {
            (await other.Get<Friends>().ListAsync(person, Cancel)).Friends.ShouldAllBe(friend => friend.State == "friend");
            (await other.SendAsync(new GetDataVersions(person.UserId)))["friends"].ShouldBe(2 * (people.Count - 1));
        }
    }

    [Fact]
    public async Task Limits_hold_against_many_at_once()
    {
        await using var one = await StartAsync("Identity:MaxBlocks=3", "Identity:MaxDevices=3");
        await using var other = await one.JoinAsync("Identity:MaxBlocks=3", "Identity:MaxDevices=3");
        var alice = await one.EnterAsync("alice");
        var others = new List<Caller>();
        for (var i = 0; i < 8; i++)
        {
            others.Add(await one.EnterAsync($"person{i}"));
        }
        var blocked = await AtOnceAsync(one, other, 8, async (node, i) =>
        {
            await node.Get<Blocks>().BlockAsync(alice, others[i].UserId, Cancel);
            return true;
        });
        blocked.Count(outcome => outcome is null).ShouldBe(3);
        (await AtOnceAsync(one, other, 8, (node, _) => node.LogInAsync("alice"))).ShouldAllBe(outcome => outcome == null);
        (await one.Get<ModularChat.Identity.Sessions.Devices>().ListAsync(alice, Cancel)).Devices.Length.ShouldBe(3);
    }

    /// <summary>Does it many times, by turns on both nodes; null where it succeeded.</summary>
    private static Task<ChatException?[]> AtOnceAsync<T>(IdentityServer one, IdentityServer other, int times, Func<IdentityServer, int, Task<T>> act)
    {
        var begin = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var all = Task.WhenAll(Enumerable.Range(0, times).Select(async i =>
        {
            await begin.Task;
            try
            {
                await act(i % 2 == 0 ? one : other, i);
                return null;
            }
            catch (ChatException e)
            {
                return e;
            }
        }));
        begin.SetResult();
        return all;
    }
}

public sealed class NodesOnAPostgresDatabase() : IdentityNodeTests(Deployment.PostgresDatabase);
public sealed class NodesOnTwoPostgresDatabases() : IdentityNodeTests(Deployment.TwoPostgresDatabases);
