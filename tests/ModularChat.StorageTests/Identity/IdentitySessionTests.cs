using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Identity.Sessions;
using ModularChat.Identity.Starting;
using ModularChat.Identity.Storage;
using static ModularChat.StorageTests.Identity.IdentityServer;

namespace ModularChat.StorageTests.Identity;

public abstract class IdentitySessionTests(Deployment deployment) : IdentityTests(deployment)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("mcs_")]
    [InlineData("mcs_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("mck_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("' OR 1=1 --")]
    public async Task A_token_that_nobody_holds_is_refused(string token)
    {
        await using var server = await StartAsync();
        await server.RegisterAsync("alice");
        (await server.WhoAsync(token)).ShouldBeNull();
    }

    [Fact]
    public async Task A_session_says_who_where_and_until_when()
    {
        await using var server = await StartAsync("Identity:SessionDays=30");
        var alice = await server.RegisterAsync("alice");
        var authenticated = (await server.SendAsync(new Authenticate(alice.Session.Token))).ShouldNotBeNull();
        authenticated.Caller.UserId.ShouldBe(alice.User.Id);
        authenticated.Caller.DeviceId.ShouldBe(alice.Session.DeviceId);
        authenticated.Caller.SessionId.ShouldNotBeNull();
        authenticated.Scopes.ShouldBeNull();
        authenticated.ExpiresAt.ShouldBe(server.Time.GetUtcNow().AddDays(30));
    }

    [Fact]
    public async Task A_session_that_is_used_lives_on_and_one_that_is_not_ends()
    {
        await using var server = await StartAsync("Identity:SessionDays=30");
        var used = await server.RegisterAsync("alice");
        var left = await server.LogInAsync("alice");
        for (var day = 0; day < 4; day++)
        {
            server.Time.Advance(TimeSpan.FromDays(10));
            (await server.WhoAsync(used.Session.Token)).ShouldNotBeNull();
        }
        (await server.WhoAsync(left.Session.Token)).ShouldBeNull();
        server.Published.OfType<SessionEnded>().ShouldHaveSingleItem().DeviceId.ShouldBe(left.Session.DeviceId);
        var devices = await server.Get<Devices>().ListAsync(await server.CallerAsync(used), Cancel);
        devices.Devices.ShouldHaveSingleItem().IsCurrent.ShouldBeTrue();
    }

    [Fact]
    public async Task A_session_ends_on_time_though_it_is_in_memory()
    {
        await using var server = await StartAsync("Identity:SessionDays=1");
        var alice = await server.RegisterAsync("alice");
        server.Time.Advance(TimeSpan.FromDays(1) - TimeSpan.FromSeconds(10));
        // Read into the memory by a look that does not prolong it: as another node would.
        var credentials = server.Get<Credentials>();
        (await credentials.FindAsync(alice.Session.Token, Cancel)).ShouldNotBeNull();
        server.Time.Advance(TimeSpan.FromSeconds(10));
        (await server.WhoAsync(alice.Session.Token)).ShouldBeNull();
    }

    [Fact]
    public async Task A_use_is_written_down_at_most_once_an_hour()
    {
        await using var server = await StartAsync();
        var alice = await server.RegisterAsync("alice");
        var begun = server.Time.GetUtcNow();
        server.Time.Advance(TimeSpan.FromMinutes(59));
        var caller = await server.CallerAsync(alice);
        (await LastUseAsync()).ShouldBe(begun);
        // The list of devices knows better.
        (await server.Get<Devices>().ListAsync(caller, Cancel)).Devices.ShouldHaveSingleItem().LastUsedAt.ShouldBe(begun.AddMinutes(59));
        server.Time.Advance(TimeSpan.FromMinutes(1));
        await server.CallerAsync(alice);
        (await LastUseAsync()).ShouldBe(begun.AddHours(1));

        Task<DateTimeOffset> LastUseAsync() => server.Get<IdentityStore>().ReadAsync(alice.User.Id, db => db.Sessions.Select(session => session.LastUsedAt).SingleAsync(Cancel), Cancel);
    }

    [Fact]
    public async Task The_last_use_of_a_silent_device_is_written_by_the_sweep_and_survives_the_process()
    {
        await using var server = await StartAsync();
        var alice = await server.RegisterAsync("alice");
        server.Time.Advance(TimeSpan.FromMinutes(20));
        var caller = await server.CallerAsync(alice);
        var last = server.Time.GetUtcNow();
        server.Time.Advance(TimeSpan.FromMinutes(10));
        await server.Get<LastSeen>().WriteSilentAsync(server.Time.GetUtcNow(), Cancel);
        await server.RestartAsync();
        (await server.Get<Devices>().ListAsync(caller, Cancel)).Devices.ShouldHaveSingleItem().LastUsedAt.ShouldBe(last);
    }

    [Fact]
    public async Task A_session_that_ended_elsewhere_is_refused_within_30_seconds()
    {
        await using var server = await StartAsync();
        var alice = await server.RegisterAsync("alice");
        await server.CallerAsync(alice);
        // Another node ends it, and its event is lost.
        await server.Get<IdentityStore>().WriteAsync(Scope.Of(alice.User.Id), work => work.Of(alice.User.Id).Sessions.ExecuteDeleteAsync(Cancel), Cancel);
        server.Time.Advance(TimeSpan.FromSeconds(29));
        (await server.WhoAsync(alice.Session.Token)).ShouldNotBeNull();
        server.Time.Advance(TimeSpan.FromSeconds(1));
        (await server.WhoAsync(alice.Session.Token)).ShouldBeNull();
    }

    [Fact]
    public async Task Logging_out_ends_the_session_at_once()
    {
        await using var server = await StartAsync();
        var alice = await server.RegisterAsync("alice");
        var caller = await server.CallerAsync(alice);
        await server.Get<Devices>().LogOutAsync(caller, Cancel);
        (await server.WhoAsync(alice.Session.Token)).ShouldBeNull();
        server.Published.OfType<SessionEnded>().ShouldHaveSingleItem().ShouldBe(new SessionEnded(caller.SessionId!.Value, alice.User.Id, alice.Session.DeviceId));
    }

    [Fact]
    public async Task A_device_is_signed_out_by_its_own_user_only()
    {
        await using var server = await StartAsync();
        var alice = await server.EnterAsync("alice");
        var other = await server.LogInAsync("alice", device: new(Name: "phone", Platform: "android"));
        var bob = await server.EnterAsync("bob");
        var devices = server.Get<Devices>();
        await RefusedAsync(ProblemCodes.NotFound, () => devices.SignOutAsync(bob.UserId, other.Session.DeviceId, Cancel));
        (await devices.ListAsync(alice, Cancel)).Devices.Single(device => !device.IsCurrent).ShouldSatisfyAllConditions(
            device => device.Name.ShouldBe("phone"),
            device => device.Platform.ShouldBe("android"));
        await devices.SignOutAsync(alice.UserId, other.Session.DeviceId, Cancel);
        (await server.WhoAsync(other.Session.Token)).ShouldBeNull();
    }

    [Fact]
    public async Task Logging_in_again_on_a_device_replaces_its_session()
    {
        await using var server = await StartAsync();
        var first = await server.RegisterAsync("alice");
        await server.CallerAsync(first);
        var second = await server.LogInAsync("alice", device: new(first.Session.DeviceId));
        second.Session.DeviceId.ShouldBe(first.Session.DeviceId);
        (await server.WhoAsync(first.Session.Token)).ShouldBeNull();
        await server.RegisterAsync("bob");
        var bob = await server.LogInAsync("bob", device: new(first.Session.DeviceId));
        bob.Session.DeviceId.ShouldNotBe(first.Session.DeviceId);
        (await server.WhoAsync(second.Session.Token)).ShouldNotBeNull();
    }

    [Fact]
    public async Task One_device_too_many_ends_the_one_that_was_used_least_lately()
    {
        await using var server = await StartAsync("Identity:MaxDevices=2");
        var first = await server.RegisterAsync("alice");
        server.Time.Advance(TimeSpan.FromSeconds(1));
        var second = await server.LogInAsync("alice");
        server.Time.Advance(TimeSpan.FromSeconds(1));
        await server.LogInAsync("alice");
        (await server.WhoAsync(first.Session.Token)).ShouldBeNull();
        (await server.WhoAsync(second.Session.Token)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Sessions_outlive_a_restart()
    {
        await using var server = await StartAsync();
        var alice = await server.RegisterAsync("alice");
        await server.RestartAsync();
        (await server.CallerAsync(alice)).IsAdministrator.ShouldBeTrue();
    }

    [Fact]
    public async Task Expired_sessions_are_swept_and_their_connections_told()
    {
        await using var server = await StartAsync("Identity:SessionDays=1");
        var alice = await server.RegisterAsync("alice");
        server.Time.Advance(TimeSpan.FromDays(1));
        await server.Services.GetServices<IHostedService>().OfType<ExpirySweep>().Single().SweepAsync(Cancel);
        server.Published.OfType<SessionEnded>().ShouldHaveSingleItem().UserId.ShouldBe(alice.User.Id);
        (await server.Get<IdentityStore>().ReadAllAsync(db => db.Sessions.ToListAsync(Cancel), Cancel)).ShouldBeEmpty();
    }
}
