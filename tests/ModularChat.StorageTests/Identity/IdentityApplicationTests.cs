using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Identity.Applications;
using ModularChat.Identity.Starting;
using static ModularChat.StorageTests.Identity.IdentityServer;

namespace ModularChat.StorageTests.Identity;

public abstract class IdentityApplicationTests(Deployment deployment) : IdentityTests(deployment)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_acts_as_anyone_within_its_scopes_and_never_as_an_administrator()
    {
        await using var server = await StartAsync();
        var alice = await server.EnterAsync("alice");
        var made = await AddAsync(server, ApplicationScopes.Messages);
        var itself = (await server.SendAsync(new Authenticate(made.Key))).ShouldNotBeNull();
        itself.Caller.UserId.ShouldBe(Guid.Empty);
        itself.Caller.ApplicationId.ShouldBe(made.Id);
        itself.Scopes.ShouldBe([ApplicationScopes.Messages]);
        itself.ExpiresAt.ShouldBeNull();
        var asAlice = (await server.WhoAsync(made.Key, alice.UserId)).ShouldNotBeNull();
        asAlice.UserId.ShouldBe(alice.UserId);
        asAlice.IsAdministrator.ShouldBeFalse();
        asAlice.Require(ApplicationScopes.Messages);
        Should.Throw<ChatException>(() => asAlice.Require(ApplicationScopes.Users)).Code.ShouldBe(ProblemCodes.Forbidden);
        Should.Throw<ChatException>(() => itself.Caller.Require(ApplicationScopes.Messages)).Code.ShouldBe(ProblemCodes.InvalidRequest);
        (await server.WhoAsync(made.Key, Ids.New())).ShouldBeNull();
    }

    [Fact]
    public async Task A_session_acts_as_nobody_else()
    {
        await using var server = await StartAsync();
        var alice = await server.RegisterAsync("alice");
        var bob = await server.EnterAsync("bob");
        (await server.WhoAsync(alice.Session.Token, bob.UserId)).ShouldBeNull();
        (await server.CallerAsync(alice)).Require(ApplicationScopes.Users);
        Should.Throw<ChatException>(() => bob.RequireApplication(ApplicationScopes.Users)).Code.ShouldBe(ProblemCodes.Forbidden);
    }

    [Fact]
    public async Task A_caller_survives_the_way_through_claims()
    {
        await using var server = await StartAsync();
        var made = await AddAsync(server, ApplicationScopes.Users, ApplicationScopes.Sessions);
        var caller = (await server.WhoAsync(made.Key)).ShouldNotBeNull();
        var back = Caller.From(caller.ToPrincipal("test"));
        back.ShouldBeEquivalentTo(caller);
    }

    [Fact]
    public async Task A_revoked_key_is_refused_at_once_and_stays_in_the_list()
    {
        await using var server = await StartAsync();
        var made = await AddAsync(server, ApplicationScopes.Users);
        var keys = server.Get<ApplicationKeys>();
        (await server.WhoAsync(made.Key)).ShouldNotBeNull();
        await keys.RevokeAsync(made.Id, Cancel);
        (await server.WhoAsync(made.Key)).ShouldBeNull();
        (await keys.ListAsync(Cancel)).Applications.ShouldHaveSingleItem().RevokedAt.ShouldBe(server.Time.GetUtcNow());
        await RefusedAsync(ProblemCodes.NotFound, () => keys.RevokeAsync(made.Id, Cancel));
    }

    [Theory]
    [InlineData(null, "users")]
    [InlineData("", "users")]
    [InlineData("name", "everything")]
    [InlineData("name", null)]
    public async Task An_application_needs_a_name_and_known_scopes(string? name, string? scope)
    {
        await using var server = await StartAsync();
        var refusal = await Should.ThrowAsync<ChatException>(() => server.Get<ApplicationKeys>().AddAsync(new(name, scope is null ? [] : [scope]), Cancel));
        refusal.Field.ShouldBe(string.IsNullOrEmpty(name) ? "name" : "scopes");
    }

    [Fact]
    public async Task An_external_id_is_the_same_user_however_often_it_is_put()
    {
        await using var server = await StartAsync();
        var made = await AddAsync(server, ApplicationScopes.All);
        var users = server.Get<ExternalUsers>();
        var puts = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => users.PutAsync(made.Id, "customer:17", new("bob", "Bob"), Cancel)));
        puts.Select(put => put.User).Distinct().ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            user => user.Name.ShouldBe("bob"),
            user => user.DisplayName.ShouldBe("Bob"));
        var renamed = await users.PutAsync(made.Id, "customer:17", new("other", "Robert"), Cancel);
        renamed.User.ShouldBe(puts[0].User with { DisplayName = "Robert" });
        (await users.PutAsync(made.Id, "customer:17", null, Cancel)).User.ShouldBe(renamed.User);
        await RefusedAsync(ProblemCodes.NameTaken, () => users.PutAsync(made.Id, "customer:18", new("BOB", null), Cancel));
    }

    [Fact]
    public async Task Each_application_has_external_ids_of_its_own()
    {
        await using var server = await StartAsync();
        var (one, other) = (await AddAsync(server, ApplicationScopes.All), await AddAsync(server, ApplicationScopes.All));
        var users = server.Get<ExternalUsers>();
        var first = await users.PutAsync(one.Id, "17", null, Cancel);
        var second = await users.PutAsync(other.Id, "17", null, Cancel);
        second.User.Id.ShouldNotBe(first.User.Id);
        await RefusedAsync(ProblemCodes.NotFound, () => users.BeginSessionAsync(other.Id, "18", null, Cancel));
    }

    [Fact]
    public async Task Without_a_name_the_external_id_is_the_name_when_it_can_be_one()
    {
        await using var server = await StartAsync();
        var made = await AddAsync(server, ApplicationScopes.All);
        var users = server.Get<ExternalUsers>();
        await server.RegisterAsync("taken");
        (await users.PutAsync(made.Id, "carol_7", null, Cancel)).User.Name.ShouldBe("carol_7");
        (await users.PutAsync(made.Id, "Taken", null, Cancel)).User.Name.ShouldStartWith("user-");
        var irc = await users.PutAsync(made.Id, "[away]|bob", new(null, "[away]|bob"), Cancel);
        irc.User.Name.ShouldStartWith("user-");
        irc.User.DisplayName.ShouldBe("[away]|bob");
    }

    [Fact]
    public async Task Sessions_are_minted_and_revoked_by_the_application()
    {
        await using var server = await StartAsync();
        var made = await AddAsync(server, ApplicationScopes.All);
        var users = server.Get<ExternalUsers>();
        var user = (await users.PutAsync(made.Id, "carol", null, Cancel)).User;
        var session = (await users.BeginSessionAsync(made.Id, "carol", new(new(Name: "phone")), Cancel)).Session;
        (await server.WhoAsync(session.Token)).ShouldNotBeNull().UserId.ShouldBe(user.Id);
        await users.EndSessionsAsync(made.Id, "carol", Cancel);
        (await server.WhoAsync(session.Token)).ShouldBeNull();
        server.Published.OfType<SessionEnded>().ShouldHaveSingleItem().UserId.ShouldBe(user.Id);
        // Such a user has no password to log in with, and that is told like a wrong one.
        await RefusedAsync(ProblemCodes.WrongCredentials, () => server.LogInAsync("carol"));
    }

    [Fact]
    public async Task The_development_key_is_written_once_for_the_owners_eyes_and_only_when_it_is_asked_for()
    {
        await using var server = await StartAsync();
        var path = Path.Combine(server.Folder, "development-key");
        await BeginAsync(server);
        File.Exists(path).ShouldBeFalse();
        await server.RestartAsync("Identity:WriteDevelopmentKey=true");
        await BeginAsync(server);
        await BeginAsync(server);
        var key = await File.ReadAllTextAsync(path, Cancel);
        (await server.SendAsync(new Authenticate(key))).ShouldNotBeNull().Scopes.ShouldBe(ApplicationScopes.All);
        (await server.Get<ApplicationKeys>().ListAsync(Cancel)).Applications.ShouldHaveSingleItem();
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        static Task BeginAsync(IdentityServer server) => server.Services.GetServices<IHostedService>().OfType<IdentityStart>().Single().StartingAsync(Cancel);
    }

    private static Task<NewApplication> AddAsync(IdentityServer server, params string[] scopes) =>
        server.Get<ApplicationKeys>().AddAsync(new("test", scopes), Cancel);
}
