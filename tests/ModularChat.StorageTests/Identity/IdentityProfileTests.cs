using System.Text.Json;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Identity.Profiles;
using ModularChat.Identity.Relations;
using static ModularChat.StorageTests.Identity.IdentityServer;

namespace ModularChat.StorageTests.Identity;

public abstract class IdentityProfileTests(Deployment deployment) : IdentityTests(deployment)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_profile_changes_in_parts_and_its_version_rises_only_with_a_change()
    {
        await using var server = await StartAsync();
        var alice = await server.EnterAsync("alice");
        var profiles = server.Get<UserProfiles>();
        var changed = await profiles.ChangeAsync(alice, new(" Alice A. ", "#AABBCC", null, "Europe/Berlin"), Cancel);
        changed.User.ShouldBe(new UserInfo(alice.UserId, "alice", "Alice A.", "#aabbcc", ""));
        changed.TimeZone.ShouldBe("Europe/Berlin");
        await profiles.ChangeAsync(alice, new(null, null, "away", null), Cancel);
        await profiles.ChangeAsync(alice, new("Alice A.", null, "away", null), Cancel);
        (await profiles.GetMeAsync(alice, Cancel)).User.StatusText.ShouldBe("away");
        (await VersionAsync(server, alice, "profile")).ShouldBe(2);
        server.Published.OfType<UserDataChanged>().Where(change => change.Subject == "profile").Select(change => change.Version).ShouldBe([1, 2]);
    }

    [Theory]
    [InlineData("", null, null, null, "invalid_text")]
    [InlineData("a\u0007b", null, null, null, "invalid_text")]
    [InlineData("a\u202Eb", null, null, null, "invalid_text")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345", null, null, null, "too_long")]
    [InlineData(null, "red", null, null, "invalid_request")]
    [InlineData(null, "#12345g", null, null, "invalid_request")]
    [InlineData(null, null, "line\nfeed", null, "invalid_text")]
    [InlineData(null, null, null, "Mars/Olympus", "invalid_request")]
    [InlineData(null, null, null, "../../etc/passwd", "invalid_request")]
    [InlineData(null, null, null, "Pacific Standard Time", "invalid_request")]
    public async Task What_is_no_profile_is_refused(string? displayName, string? colour, string? status, string? timeZone, string code)
    {
        await using var server = await StartAsync();
        var alice = await server.EnterAsync("alice");
        var refusal = await Should.ThrowAsync<ChatException>(() => server.Get<UserProfiles>().ChangeAsync(alice, new(displayName, colour, status, timeZone), Cancel));
        refusal.Code.Code.ShouldBe(code);
        refusal.Field.ShouldNotBeNull();
        (await VersionAsync(server, alice, "profile")).ShouldBe(0);
    }

    [Fact]
    public async Task Half_a_character_is_refused_wherever_a_text_is_taken()
    {
        await using var server = await StartAsync();
        var alice = await server.EnterAsync("alice");
        await RefusedAsync(ProblemCodes.InvalidText, () => server.Get<UserProfiles>().ChangeAsync(alice, new("a\uD800b", null, null, null), Cancel));
        await RefusedAsync(ProblemCodes.InvalidRequest, () => server.Get<UserProfiles>().SearchAsync(alice, "a\uDC00", null, Cancel));
        await RefusedAsync(ProblemCodes.InvalidRequest, () => server.RegisterAsync("bob\uD800"));
        await RefusedAsync(ProblemCodes.WrongCredentials, () => server.LogInAsync("bob\uD800"));
    }

    [Fact]
    public async Task A_character_that_a_database_cannot_keep_finds_nobody()
    {
        await using var server = await StartAsync();
        var alice = await server.EnterAsync("alice");
        (await FindAsync(server, alice, "ali\0")).ShouldBeEmpty();
        (await server.SendAsync(new FindUsersByName(["alice\0"]))).ShouldBeEmpty();
        await RefusedAsync(ProblemCodes.WrongCredentials, () => server.LogInAsync("alice\0"));
        await RefusedAsync(ProblemCodes.InvalidText, () => server.Get<UserProfiles>().ChangeAsync(alice, new("a\0", null, null, null), Cancel));
    }

    [Fact]
    public async Task People_are_found_by_the_beginning_of_either_name_in_any_case()
    {
        await using var server = await StartAsync();
        var alice = await server.EnterAsync("alice");
        var bob = await server.EnterAsync("bob");
        await server.EnterAsync("Albert");
        await server.Get<UserProfiles>().ChangeAsync(bob, new("Ältester Bob", null, null, null), Cancel);
        (await FindAsync(server, alice, "AL")).ShouldBe(["Albert", "alice"]);
        (await FindAsync(server, alice, "äLT")).ShouldBe(["bob"]);
        (await FindAsync(server, alice, "lice")).ShouldBeEmpty();
        (await FindAsync(server, alice, "%")).ShouldBeEmpty();
        (await FindAsync(server, alice, "al", 1)).ShouldBe(["Albert"]);
    }

    [Fact]
    public async Task Who_has_blocked_somebody_is_not_found_by_them_but_finds_them()
    {
        await using var server = await StartAsync();
        var alice = await server.EnterAsync("alice");
        var bob = await server.EnterAsync("bob");
        await server.Get<Blocks>().BlockAsync(alice, bob.UserId, Cancel);
        (await FindAsync(server, bob, "alice")).ShouldBeEmpty();
        (await FindAsync(server, alice, "bob")).ShouldBe(["bob"]);
    }

    [Theory]
    [InlineData(null, 10)]
    [InlineData("  ", 10)]
    [InlineData("a", 0)]
    [InlineData("a", 51)]
    public async Task A_search_needs_a_prefix_and_a_limit_it_can_keep(string? prefix, int limit)
    {
        await using var server = await StartAsync();
        var alice = await server.EnterAsync("alice");
        await RefusedAsync(ProblemCodes.InvalidRequest, () => server.Get<UserProfiles>().SearchAsync(alice, prefix, limit, Cancel));
    }

    [Fact]
    public async Task Users_are_read_by_id_and_by_name_and_unknown_ones_left_out()
    {
        await using var server = await StartAsync();
        var alice = await server.EnterAsync("alice");
        var bob = await server.EnterAsync("bob");
        (await server.SendAsync(new GetUsers([bob.UserId, Ids.New(), alice.UserId]))).Select(user => user.Name).Order().ShouldBe(["alice", "bob"]);
        (await server.SendAsync(new GetUsers([]))).ShouldBeEmpty();
        (await server.SendAsync(new FindUsersByName(["ALICE", "alice", "nobody", "\uD800"]))).ShouldHaveSingleItem().Id.ShouldBe(alice.UserId);
        await RefusedAsync(ProblemCodes.TooLong, () => server.SendAsync(new GetUsers(new Guid[1001])));
    }

    [Fact]
    public async Task Of_two_devices_that_change_the_settings_the_later_one_is_told_and_loses_nothing()
    {
        await using var server = await StartAsync();
        var alice = await server.EnterAsync("alice");
        var settings = server.Get<Settings>();
        var read = await settings.GetAsync(alice, Cancel);
        read.Version.ShouldBe(0);
        read.Settings.GroupAdditions.ShouldBe(GroupAdditions.Everybody);
        var first = await settings.PutAsync(alice, new(0, Json("""{"groupAdditions":"friends","client":{"theme":"dark"}}""")), Cancel);
        first.Version.ShouldBe(1);
        var refusal = await RefusedAsync(ProblemCodes.Conflict, () => settings.PutAsync(alice, new(0, Json("{}")), Cancel));
        refusal.Code.Retryable.ShouldBeTrue();
        var now = await settings.GetAsync(alice, Cancel);
        now.Version.ShouldBe(1);
        now.Settings.GroupAdditions.ShouldBe(GroupAdditions.Friends);
        now.Settings.Client.GetProperty("theme").GetString().ShouldBe("dark");
        (await VersionAsync(server, alice, "settings")).ShouldBe(1);
    }

    [Theory]
    [InlineData("[]", "invalid_request")]
    [InlineData("""{"theme":"dark"}""", "invalid_request")]
    [InlineData("""{"groupAdditions":"nobody"}""", "invalid_request")]
    [InlineData("""{"groupAdditions":1}""", "invalid_request")]
    [InlineData("""{"presence":"strangers"}""", "invalid_request")]
    [InlineData("""{"presence":2}""", "invalid_request")]
    [InlineData("""{"client":"dark"}""", "invalid_request")]
    public async Task What_are_no_settings_is_refused(string settings, string code)
    {
        await using var server = await StartAsync();
        var alice = await server.EnterAsync("alice");
        var refusal = await Should.ThrowAsync<ChatException>(() => server.Get<Settings>().PutAsync(alice, new(0, Json(settings)), Cancel));
        refusal.Code.Code.ShouldBe(code);
    }

    [Fact]
    public async Task Settings_have_a_largest_size()
    {
        await using var server = await StartAsync();
        var alice = await server.EnterAsync("alice");
        var largest = "{\"client\":{\"x\":\"" + new string('y', (16 * 1024) - 19) + "\"}}";
        largest.Length.ShouldBe(16 * 1024);
        await server.Get<Settings>().PutAsync(alice, new(0, Json(largest)), Cancel);
        var tooLarge = largest.Replace("\"x\"", "\"xx\"", StringComparison.Ordinal);
        (await RefusedAsync(ProblemCodes.TooLong, () => server.Get<Settings>().PutAsync(alice, new(1, Json(tooLarge)), Cancel))).Limit.ShouldBe(16 * 1024);
    }

    private static JsonElement Json(string text) => JsonElement.Parse(text);

    private static async Task<long> VersionAsync(IdentityServer server, Caller caller, string subject) =>
        (await server.SendAsync(new GetDataVersions(caller.UserId))).GetValueOrDefault(subject);

    private static async Task<IEnumerable<string>> FindAsync(IdentityServer server, Caller caller, string prefix, int? limit = null) =>
        (await server.Get<UserProfiles>().SearchAsync(caller, prefix, limit, Cancel)).Users.Select(user => user.Name);
}
