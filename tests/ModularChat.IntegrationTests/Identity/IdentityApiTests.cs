using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ModularChat.Contracts;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Identity;

/// <summary>Section 4 of the protocol over HTTP: what each request answers to its user, to nobody, to somebody else, and to bad input.</summary>
public sealed class IdentityApiTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private const string Unknown = "0190a000-0000-7000-8000-000000000000";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> WithCredentials => new()
    {
        { "POST", "logout" }, { "POST", "password" }, { "GET", "devices" }, { "DELETE", $"devices/{Unknown}" },
        { "GET", "me" }, { "PATCH", "me" }, { "GET", "me/settings" }, { "PUT", "me/settings" },
        { "GET", "users?prefix=a" }, { "GET", $"users/{Unknown}" },
        { "GET", "friends" }, { "PUT", $"friends/{Unknown}" }, { "DELETE", $"friends/{Unknown}" },
        { "GET", "blocks" }, { "PUT", $"blocks/{Unknown}" }, { "DELETE", $"blocks/{Unknown}" },
        { "POST", "admin/invites" }, { "POST", $"admin/users/{Unknown}/reset" },
        { "POST", "admin/applications" }, { "GET", "admin/applications" }, { "DELETE", $"admin/applications/{Unknown}" },
        { "PUT", "applications/users/x" }, { "POST", "applications/users/x/sessions" }, { "DELETE", "applications/users/x/sessions" },
    };

    [Theory]
    [MemberData(nameof(WithCredentials))]
    public async Task Nobody_is_refused(string method, string path)
    {
        foreach (var token in (string?[])[null, "", "mcs_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "mck_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "x"])
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = method is "GET" or "DELETE" ? null : JsonContent.Create(new { }) };
            if (token is not null)
            {
                request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
            }
            using var response = await shared.Server.Anonymous.SendAsync(request, Cancel);
            await response.ShouldBeProblemAsync(ProblemCodes.Unauthorized);
        }
    }

    [Theory]
    [InlineData("POST", "admin/invites")]
    [InlineData("POST", $"admin/users/{Unknown}/reset")]
    [InlineData("POST", "admin/applications")]
    [InlineData("GET", "admin/applications")]
    [InlineData("DELETE", $"admin/applications/{Unknown}")]
    [InlineData("PUT", "applications/users/x")]
    [InlineData("POST", "applications/users/x/sessions")]
    [InlineData("DELETE", "applications/users/x/sessions")]
    public async Task What_is_for_administrators_or_applications_is_not_for_users(string method, string path)
    {
        using var response = await shared.User.RequestAsync(new HttpMethod(method), path, method is "GET" or "DELETE" ? null : new { name = "x", scopes = (string[])["users"] });
        await response.ShouldBeProblemAsync(ProblemCodes.Forbidden);
    }

    [Fact]
    public async Task An_account_goes_from_registration_to_log_out()
    {
        await using var server = await ChatServer.StartAsync();
        using var registered = await server.Anonymous.PostAsJsonAsync(
            "register",
            new { name = "Алиса", password = ChatUser.Password, displayName = "Алиса 🐈", device = new { name = "phone", platform = "android" } },
            Cancel);
        registered.StatusCode.ShouldBe(HttpStatusCode.Created);
        var user = (await ReadAsync(registered)).GetProperty("user");
        user.GetProperty("name").GetString().ShouldBe("Алиса");
        user.GetProperty("displayName").GetString().ShouldBe("Алиса 🐈");

        var alice = await server.LoginAsync("АЛИСА");
        var me = await AskAsync(alice, HttpMethod.Get, "me");
        me.GetProperty("isAdministrator").GetBoolean().ShouldBeTrue();
        me.GetProperty("timeZone").GetString().ShouldBe("Etc/UTC");
        (await AskAsync(alice, HttpMethod.Get, "devices")).GetProperty("devices").GetArrayLength().ShouldBe(2);

        (await alice.RequestAsync(HttpMethod.Post, "logout")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await (await alice.RequestAsync(HttpMethod.Get, "me")).ShouldBeProblemAsync(ProblemCodes.Unauthorized);
    }

    [Fact]
    public async Task A_device_is_signed_out_from_another_and_by_nobody_else()
    {
        await using var server = await ChatServer.StartAsync();
        var here = await server.RegisterAsync("alice");
        var there = await server.LoginAsync("alice");
        var bob = await server.RegisterAsync("bob");
        await (await bob.RequestAsync(HttpMethod.Delete, $"devices/{there.DeviceId}")).ShouldBeProblemAsync(ProblemCodes.NotFound);
        (await there.RequestAsync(HttpMethod.Get, "me")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await here.RequestAsync(HttpMethod.Delete, $"devices/{there.DeviceId}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await (await there.RequestAsync(HttpMethod.Get, "me")).ShouldBeProblemAsync(ProblemCodes.Unauthorized);
    }

    [Fact]
    public async Task A_proxy_on_the_same_machine_makes_nobody_the_administrator()
    {
        await using var server = await ChatServer.StartAsync(settings: "Identity:SetupCode=open sesame please");
        using var forwarded = new HttpRequestMessage(HttpMethod.Post, "register") { Content = JsonContent.Create(new { name = "mallory", password = ChatUser.Password }) };
        forwarded.Headers.Add("X-Forwarded-For", "192.0.2.1");
        await (await server.Anonymous.SendAsync(forwarded, Cancel)).ShouldBeProblemAsync(ProblemCodes.RegistrationClosed);
        using var withCode = new HttpRequestMessage(HttpMethod.Post, "register")
        {
            Content = JsonContent.Create(new { name = "alice", password = ChatUser.Password, setupCode = "open sesame please" }),
        };
        withCode.Headers.Add("X-Forwarded-For", "192.0.2.1");
        (await server.Anonymous.SendAsync(withCode, Cancel)).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task An_administrator_invites_and_resets()
    {
        await using var server = await ChatServer.StartAsync(settings: "Identity:Registration=Invite");
        var alice = await server.RegisterAsync("alice");
        await (await server.Anonymous.PostAsJsonAsync("register", new { name = "bob", password = ChatUser.Password }, Cancel))
            .ShouldBeProblemAsync(ProblemCodes.RegistrationClosed);
        var invite = (await AskAsync(alice, HttpMethod.Post, "admin/invites")).GetProperty("code").GetString();
        using var registered = await server.Anonymous.PostAsJsonAsync("register", new { name = "bob", password = ChatUser.Password, invite }, Cancel);
        registered.StatusCode.ShouldBe(HttpStatusCode.Created);
        var bobId = (await ReadAsync(registered)).GetProperty("user").GetProperty("id").GetGuid();
        var code = (await AskAsync(alice, HttpMethod.Post, $"admin/users/{bobId}/reset")).GetProperty("code").GetString();
        var reset = new Dictionary<string, string?> { ["code"] = code, ["new"] = "a new password" };
        (await server.Anonymous.PostAsJsonAsync("password/reset", reset, Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await server.Anonymous.PostAsJsonAsync("login", new { name = "bob", password = "a new password" }, Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await (await server.Anonymous.PostAsJsonAsync("password/reset", reset, Cancel)).ShouldBeProblemAsync(ProblemCodes.WrongCredentials);
    }

    [Fact]
    public async Task Too_many_log_ins_from_one_address_are_told_when_to_come_back()
    {
        await using var server = await ChatServer.StartAsync(settings: "Identity:LogInsPerMinute=2");
        await server.RegisterAsync("alice");
        await server.LoginAsync("alice");
        await server.LoginAsync("alice");
        var problem = await (await server.Anonymous.PostAsJsonAsync("login", new { name = "alice", password = "wrong password" }, Cancel)).ShouldBeProblemAsync(ProblemCodes.RateLimited);
        problem.GetProperty("retryAfterMs").GetInt64().ShouldBeInRange(1, 60_000);
    }

    [Theory]
    [InlineData("register", "", "malformed_json")]
    [InlineData("register", "{", "malformed_json")]
    [InlineData("register", "null", "malformed_json")]
    [InlineData("register", "[]", "malformed_json")]
    [InlineData("register", """{"name":1,"password":"correct horse"}""", "malformed_json")]
    [InlineData("register", """{"password":"correct horse"}""", "invalid_request")]
    [InlineData("register", """{"name":"carol"}""", "invalid_request")]
    [InlineData("register", """{"name":"carol","password":"short"}""", "invalid_request")]
    [InlineData("register", """{"name":"c","password":"correct horse"}""", "invalid_request")]
    [InlineData("register", """{"name":"ca rol","password":"correct horse"}""", "invalid_request")]
    [InlineData("register", """{"name":"abcdefghijklmnopqrstuvwxyz1234567","password":"correct horse"}""", "too_long")]
    [InlineData("register", """{"name":"carol","password":"correct horse","displayName":"a\u0000b"}""", "invalid_text")]
    [InlineData("register", """{"name":"carol","password":"correct horse","device":{"id":"no id"}}""", "malformed_json")]
    [InlineData("register", """{"name":"ALICE","password":"correct horse"}""", "name_taken")]
    [InlineData("login", "{}", "invalid_request")]
    [InlineData("login", """{"name":"alice"}""", "invalid_request")]
    [InlineData("login", """{"name":"alice","password":"wrong password"}""", "wrong_credentials")]
    [InlineData("login", """{"name":"nobody","password":"wrong password"}""", "wrong_credentials")]
    [InlineData("login", """{"name":"\uFFFE","password":"wrong password"}""", "wrong_credentials")]
    [InlineData("password/reset", "{}", "invalid_request")]
    [InlineData("password/reset", """{"code":"x","new":"correct horse"}""", "wrong_credentials")]
    public async Task What_cannot_be_is_a_problem_that_says_so(string path, string body, string code)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await shared.Server.Anonymous.PostAsync(path, content, Cancel);
        var problem = await ReadAsync(response);
        problem.GetProperty("code").GetString().ShouldBe(code, problem.ToString());
        ((int)response.StatusCode).ShouldBeInRange(400, 499);
    }

    [Fact]
    public async Task A_profile_and_settings_are_changed_by_their_user()
    {
        await using var server = await ChatServer.StartAsync();
        var alice = await server.RegisterAsync("alice");
        var bob = await server.RegisterAsync("bob");
        var changed = await AskAsync(alice, HttpMethod.Patch, "me", new { displayName = "Alice", avatarColour = "#ABCDEF", statusText = "here", timeZone = "Asia/Tokyo" });
        changed.GetProperty("user").GetProperty("avatarColour").GetString().ShouldBe("#abcdef");
        changed.GetProperty("timeZone").GetString().ShouldBe("Asia/Tokyo");
        var seen = await AskAsync(bob, HttpMethod.Get, $"users/{alice.Id}");
        seen.GetProperty("statusText").GetString().ShouldBe("here");
        seen.TryGetProperty("timeZone", out _).ShouldBeFalse();
        (await AskAsync(bob, HttpMethod.Get, "users?prefix=ALI&limit=50")).GetProperty("users").GetArrayLength().ShouldBe(1);

        var settings = await AskAsync(alice, HttpMethod.Get, "me/settings");
        settings.GetProperty("settings").GetProperty("groupAdditions").GetString().ShouldBe("everybody");
        var put = await AskAsync(alice, HttpMethod.Put, "me/settings", new { version = 0, settings = new { groupAdditions = "friends", client = new { theme = "dark" } } });
        put.GetProperty("version").GetInt64().ShouldBe(1);
        put.GetProperty("settings").GetProperty("client").GetProperty("theme").GetString().ShouldBe("dark");
        await (await alice.RequestAsync(HttpMethod.Put, "me/settings", new { version = 0, settings = new { } })).ShouldBeProblemAsync(ProblemCodes.Conflict);
        (await AskAsync(bob, HttpMethod.Get, "me/settings")).GetProperty("version").GetInt64().ShouldBe(0);
    }

    [Theory]
    [InlineData("PATCH", "me", """{"avatarColour":"red"}""", "invalid_request")]
    [InlineData("PATCH", "me", """{"timeZone":"Nowhere/Atall"}""", "invalid_request")]
    [InlineData("PATCH", "me", """{"statusText":5}""", "malformed_json")]
    [InlineData("PUT", "me/settings", """{"settings":{}}""", "invalid_request")]
    [InlineData("PUT", "me/settings", """{"version":0}""", "invalid_request")]
    [InlineData("PUT", "me/settings", """{"version":"0","settings":{}}""", "malformed_json")]
    [InlineData("PUT", "me/settings", """{"version":0,"settings":{"theme":"dark"}}""", "invalid_request")]
    [InlineData("POST", "password", "{}", "invalid_request")]
    [InlineData("POST", "password", """{"current":"wrong password","new":"a new password"}""", "wrong_credentials")]
    [InlineData("GET", "users", null, "invalid_request")]
    [InlineData("GET", "users?prefix=a&limit=0", null, "invalid_request")]
    [InlineData("GET", "users?prefix=a&limit=1000000000", null, "invalid_request")]
    [InlineData("GET", "users?prefix=a&limit=many", null, "invalid_request")]
    [InlineData("GET", "users/17", null, "invalid_request")]
    [InlineData("PUT", "friends/17", null, "invalid_request")]
    [InlineData("DELETE", "friends/17", null, "invalid_request")]
    [InlineData("PUT", "blocks/17", null, "invalid_request")]
    [InlineData("DELETE", "blocks/17", null, "invalid_request")]
    [InlineData("DELETE", "devices/17", null, "invalid_request")]
    [InlineData("POST", "admin/users/17/reset", null, "invalid_request")]
    [InlineData("DELETE", "admin/applications/17", null, "invalid_request")]
    [InlineData("GET", $"users/{Unknown}", null, "not_found")]
    [InlineData("PUT", $"friends/{Unknown}", null, "not_found")]
    [InlineData("PUT", $"blocks/{Unknown}", null, "not_found")]
    [InlineData("DELETE", $"devices/{Unknown}", null, "not_found")]
    [InlineData("POST", $"admin/users/{Unknown}/reset", null, "not_found")]
    [InlineData("DELETE", $"admin/applications/{Unknown}", null, "not_found")]
    [InlineData("POST", "admin/applications", """{"name":"x","scopes":["everything"]}""", "invalid_request")]
    [InlineData("POST", "admin/applications", """{"scopes":["users"]}""", "invalid_request")]
    public async Task A_bad_request_of_a_user_is_a_problem_that_says_so(string method, string path, string? body, string code)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        using var response = await shared.Administrator.Http.SendAsync(request, Cancel);
        var problem = await ReadAsync(response);
        problem.GetProperty("code").GetString().ShouldBe(code, problem.ToString());
    }

    [Fact]
    public async Task Friends_and_blocks_over_HTTP()
    {
        await using var server = await ChatServer.StartAsync();
        var alice = await server.RegisterAsync("alice");
        var bob = await server.RegisterAsync("bob");
        (await AskAsync(alice, HttpMethod.Put, $"friends/{bob.Id}")).GetProperty("state").GetString().ShouldBe("requested");
        (await AskAsync(bob, HttpMethod.Get, "friends")).GetProperty("friends")[0].GetProperty("state").GetString().ShouldBe("asked");
        (await AskAsync(bob, HttpMethod.Put, $"friends/{alice.Id}")).GetProperty("state").GetString().ShouldBe("friend");
        (await bob.RequestAsync(HttpMethod.Delete, $"friends/{alice.Id}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await bob.BlockAsync(alice);
        (await AskAsync(bob, HttpMethod.Get, "blocks")).GetProperty("users")[0].GetProperty("name").GetString().ShouldBe("alice");
        await (await alice.RequestAsync(HttpMethod.Put, $"friends/{bob.Id}")).ShouldBeProblemAsync(ProblemCodes.Unreachable);
        await (await alice.RequestAsync(HttpMethod.Put, $"conversations/direct/{bob.Id}")).ShouldBeProblemAsync(ProblemCodes.Unreachable);
        (await AskAsync(alice, HttpMethod.Get, "users?prefix=bob")).GetProperty("users").GetArrayLength().ShouldBe(0);
        (await bob.RequestAsync(HttpMethod.Delete, $"blocks/{alice.Id}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await alice.OpenDirectAsync(bob);
    }

    private static async Task<JsonElement> AskAsync(ChatUser user, HttpMethod method, string path, object? body = null) =>
        await user.AskAsync<JsonElement>(method, path, body);

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancel));
        return document.RootElement.Clone();
    }
}
