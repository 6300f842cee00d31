using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Identity;
using ModularChat.Identity.Accounts;
using static ModularChat.StorageTests.Identity.IdentityServer;

namespace ModularChat.StorageTests.Identity;

public abstract class IdentityAccountTests(Deployment deployment) : IdentityTests(deployment)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_account_from_this_machine_is_the_administrators_and_the_second_is_not()
    {
        await using var server = await StartAsync();
        (await server.EnterAsync("alice")).IsAdministrator.ShouldBeTrue();
        (await server.EnterAsync("bob")).IsAdministrator.ShouldBeFalse();
    }

    [Fact]
    public async Task Before_there_is_an_administrator_nobody_registers_from_elsewhere_without_the_code()
    {
        await using var server = await StartAsync();
        var code = (await server.Get<SetUp>().NewCodeAsync(Cancel)).ShouldNotBeNull();
        await RefusedAsync(ProblemCodes.RegistrationClosed, () => server.RegisterAsync("mallory", Remote));
        await RefusedAsync(ProblemCodes.RegistrationClosed, () => server.RegisterAsync("mallory", Remote, setupCode: "not" + code));
        var first = await server.RegisterAsync("alice", Remote, setupCode: code);
        (await server.CallerAsync(first)).IsAdministrator.ShouldBeTrue();

        // The code is used up, and everybody may come now.
        var second = await server.RegisterAsync("bob", Remote, setupCode: code);
        (await server.CallerAsync(second)).IsAdministrator.ShouldBeFalse();
        (await server.Get<SetUp>().NewCodeAsync(Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task Of_many_who_set_up_at_once_one_is_the_administrator()
    {
        await using var server = await StartAsync();
        var attempts = Enumerable.Range(0, 8).Select(async i =>
        {
            try
            {
                return (await server.EnterAsync($"user{i}")).IsAdministrator;
            }
            catch (ChatException e) when (e.Code == ProblemCodes.RegistrationClosed)
            {
                return false;
            }
        });
        (await Task.WhenAll(attempts)).Count(isAdministrator => isAdministrator).ShouldBe(1);
    }

    [Fact]
    public async Task With_invites_a_code_lets_one_person_in_until_it_expires()
    {
        await using var server = await StartAsync("Identity:Registration=Invite", "Identity:InviteDays=7");
        var admin = await server.EnterAsync("alice");
        await RefusedAsync(ProblemCodes.RegistrationClosed, () => server.RegisterAsync("bob"));
        var code = (await server.Get<Codes>().InviteAsync(admin, Cancel)).Code;
        await server.RegisterAsync("bob", Remote, code);
        await RefusedAsync(ProblemCodes.RegistrationClosed, () => server.RegisterAsync("carol", Remote, code));

        var late = (await server.Get<Codes>().InviteAsync(admin, Cancel)).Code;
        server.Time.Advance(TimeSpan.FromDays(7));
        await RefusedAsync(ProblemCodes.RegistrationClosed, () => server.RegisterAsync("carol", Remote, late));
    }

    [Fact]
    public async Task A_refused_registration_does_not_use_up_the_invite()
    {
        await using var server = await StartAsync("Identity:Registration=Invite");
        var code = (await server.Get<Codes>().InviteAsync(await server.EnterAsync("alice"), Cancel)).Code;
        await RefusedAsync(ProblemCodes.NameTaken, () => server.RegisterAsync("Alice", Remote, code));
        (await server.RegisterAsync("bob", Remote, code)).User.Name.ShouldBe("bob");
    }

    [Fact]
    public async Task A_closed_server_lets_nobody_register()
    {
        await using var server = await StartAsync("Identity:Registration=Closed");
        await server.EnterAsync("alice");
        await RefusedAsync(ProblemCodes.RegistrationClosed, () => server.RegisterAsync("bob"));
    }

    [Fact]
    public async Task Names_are_unique_without_regard_to_case_or_form()
    {
        await using var server = await StartAsync();
        await server.RegisterAsync("Σίσυφος");
        var refusal = await RefusedAsync(ProblemCodes.NameTaken, () => server.RegisterAsync("ΣΊΣΥΦΟΣ"));
        await server.RegisterAsync("kelvin");
        await RefusedAsync(ProblemCodes.NameTaken, () => server.RegisterAsync("\u212Aelvin"));
        refusal.Field.ShouldBe("name");
    }

    [Fact]
    public async Task A_wrong_password_and_an_unknown_name_are_answered_alike()
    {
        await using var server = await StartAsync("Identity:LockoutAttempts=3", "Identity:LockoutMinutes=5");
        await server.RegisterAsync("alice");
        for (var i = 0; i < 3; i++)
        {
            var checkedBefore = server.Hasher.Checked;
            var wrong = await RefusedAsync(ProblemCodes.WrongCredentials, () => server.LogInAsync("alice", "wrong password"));
            var hashesForKnown = server.Hasher.Checked - checkedBefore;
            var unknown = await RefusedAsync(ProblemCodes.WrongCredentials, () => server.LogInAsync("nobody", "wrong password"));
            unknown.Message.ShouldBe(wrong.Message);
            unknown.Field.ShouldBe(wrong.Field);
            hashesForKnown.ShouldBe(1);
            (server.Hasher.Checked - checkedBefore - hashesForKnown).ShouldBe(hashesForKnown);
        }
        var locked = await RefusedAsync(ProblemCodes.LockedOut, () => server.LogInAsync("alice"));
        var alike = await RefusedAsync(ProblemCodes.LockedOut, () => server.LogInAsync("nobody"));
        alike.Message.ShouldBe(locked.Message);
        alike.RetryAfter.ShouldBe(locked.RetryAfter);
    }

    [Fact]
    public async Task A_locked_name_opens_after_its_time_and_counts_anew()
    {
        await using var server = await StartAsync("Identity:LockoutAttempts=3", "Identity:LockoutMinutes=5");
        await server.RegisterAsync("alice");
        for (var i = 0; i < 3; i++)
        {
            await RefusedAsync(ProblemCodes.WrongCredentials, () => server.LogInAsync("alice", "wrong password"));
        }
        server.Time.Advance(TimeSpan.FromMinutes(4));
        (await RefusedAsync(ProblemCodes.LockedOut, () => server.LogInAsync("alice"))).RetryAfter.ShouldBe(TimeSpan.FromMinutes(1));
        server.Time.Advance(TimeSpan.FromMinutes(1));
        await RefusedAsync(ProblemCodes.WrongCredentials, () => server.LogInAsync("alice", "wrong password"));
        (await server.LogInAsync("ALICE")).User.Name.ShouldBe("alice");
    }

    [Fact]
    public async Task A_lock_outlives_a_restart()
    {
        await using var server = await StartAsync("Identity:LockoutAttempts=3");
        await server.RegisterAsync("alice");
        for (var i = 0; i < 3; i++)
        {
            await RefusedAsync(ProblemCodes.WrongCredentials, () => server.LogInAsync("alice", "wrong password"));
        }
        await server.RestartAsync("Identity:LockoutAttempts=3");
        await RefusedAsync(ProblemCodes.LockedOut, () => server.LogInAsync("alice"));
    }

    [Fact]
    public async Task Guesses_at_the_same_time_are_all_counted()
    {
        await using var server = await StartAsync("Identity:LockoutAttempts=5");
        await server.RegisterAsync("alice");
        var guesses = Enumerable.Range(0, 5).Select(i => Should.ThrowAsync<ChatException>(() => server.LogInAsync("alice", $"wrong password {i}")));
        await Task.WhenAll(guesses);
        await RefusedAsync(ProblemCodes.LockedOut, () => server.LogInAsync("alice"));
    }

    [Fact]
    public async Task Registrations_and_log_ins_are_limited_by_address()
    {
        await using var server = await StartAsync("Identity:RegistrationsPerMinute=2", "Identity:LogInsPerMinute=2");
        await server.RegisterAsync("alice");
        await server.RegisterAsync("bob");
        var refusal = await RefusedAsync(ProblemCodes.RateLimited, () => server.RegisterAsync("carol"));
        refusal.RetryAfter.ShouldBe(TimeSpan.FromMinutes(1));
        await server.RegisterAsync("carol", Remote);
        await server.LogInAsync("alice");
        await server.LogInAsync("alice");
        await RefusedAsync(ProblemCodes.RateLimited, () => server.LogInAsync("alice"));
        server.Time.Advance(TimeSpan.FromMinutes(1));
        await server.LogInAsync("alice");
        await server.RegisterAsync("dave");
    }

    [Fact]
    public async Task Changing_the_password_ends_the_other_sessions()
    {
        await using var server = await StartAsync();
        var here = await server.RegisterAsync("alice");
        var there = await server.LogInAsync("alice");
        var caller = await server.CallerAsync(here);
        var change = server.Get<PasswordChange>();
        await RefusedAsync(ProblemCodes.WrongCredentials, () => change.ChangeAsync(caller, new("wrong password", "another password"), Local, Cancel));
        (await server.WhoAsync(there.Session.Token)).ShouldNotBeNull();
        await change.ChangeAsync(caller, new(Password, "another password"), Local, Cancel);
        (await server.WhoAsync(here.Session.Token)).ShouldNotBeNull();
        (await server.WhoAsync(there.Session.Token)).ShouldBeNull();
        server.Published.OfType<SessionEnded>().ShouldHaveSingleItem().DeviceId.ShouldBe(there.Session.DeviceId);
        await RefusedAsync(ProblemCodes.WrongCredentials, () => server.LogInAsync("alice"));
        await server.LogInAsync("alice", "another password");
    }

    [Fact]
    public async Task A_reset_code_works_once_and_in_its_time_and_ends_all_sessions()
    {
        await using var server = await StartAsync("Identity:ResetHours=24");
        var admin = await server.EnterAsync("alice");
        var bob = await server.RegisterAsync("bob");
        var codes = server.Get<Codes>();
        var change = server.Get<PasswordChange>();
        var older = (await codes.ResetAsync(admin, bob.User.Id, Cancel)).Code;
        var code = (await codes.ResetAsync(admin, bob.User.Id, Cancel)).Code;
        await RefusedAsync(ProblemCodes.WrongCredentials, () => change.ResetAsync(new(older, "another password"), Local, Cancel));
        await change.ResetAsync(new(code, "another password"), Local, Cancel);
        (await server.WhoAsync(bob.Session.Token)).ShouldBeNull();
        await server.LogInAsync("bob", "another password");
        await RefusedAsync(ProblemCodes.WrongCredentials, () => change.ResetAsync(new(code, "a third password"), Local, Cancel));

        var late = (await codes.ResetAsync(admin, bob.User.Id, Cancel)).Code;
        server.Time.Advance(TimeSpan.FromHours(24));
        await RefusedAsync(ProblemCodes.WrongCredentials, () => change.ResetAsync(new(late, "a third password"), Local, Cancel));
        await RefusedAsync(ProblemCodes.NotFound, () => codes.ResetAsync(admin, Ids.New(), Cancel));
    }

    [Fact]
    public async Task An_invite_is_no_reset_code_and_a_reset_code_no_invite()
    {
        await using var server = await StartAsync("Identity:Registration=Invite");
        var admin = await server.EnterAsync("alice");
        var invite = (await server.Get<Codes>().InviteAsync(admin, Cancel)).Code;
        var reset = (await server.Get<Codes>().ResetAsync(admin, admin.UserId, Cancel)).Code;
        await RefusedAsync(ProblemCodes.WrongCredentials, () => server.Get<PasswordChange>().ResetAsync(new(invite, "another password"), Local, Cancel));
        await RefusedAsync(ProblemCodes.RegistrationClosed, () => server.RegisterAsync("bob", Remote, reset));
    }

    [Fact]
    public async Task The_command_line_replaces_a_password()
    {
        await using var server = await StartAsync();
        var alice = await server.RegisterAsync("alice");
        var password = await IdentityModule.ResetPasswordAsync(server.Services, "Alice", Cancel);
        (await server.WhoAsync(alice.Session.Token)).ShouldBeNull();
        await server.LogInAsync("alice", password);
        await RefusedAsync(ProblemCodes.NotFound, () => IdentityModule.ResetPasswordAsync(server.Services, "nobody", Cancel));
    }

    [Fact]
    public async Task Neither_passwords_nor_tokens_are_kept()
    {
        await using var server = await StartAsync();
        var alice = await server.RegisterAsync("alice");
        var text = await server.ReadAllAsync();
        text.ShouldContain("alice");
        text.ShouldNotContain(Password);
        text.ShouldNotContain(alice.Session.Token[4..]);
    }
}
