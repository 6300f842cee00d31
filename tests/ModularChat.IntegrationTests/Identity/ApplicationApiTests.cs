using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Identity;

/// <summary>Application keys over HTTP.</summary>
public sealed class ApplicationApiTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_application_makes_users_mints_sessions_and_acts_as_anyone()
    {
        await using var server = await ChatServer.StartAsync();
        var alice = await server.RegisterAsync("alice");
        using var application = server.NewClient((await AddAsync(alice, ApplicationScopes.All)).Key);
        var carol = await PutUserAsync(application, "customer:17", new { name = "carol", displayName = "Carol" });
        (await PutUserAsync(application, "customer:17", null)).ShouldBe(carol);

        using var minted = await application.PostAsJsonAsync("applications/users/customer:17/sessions", new { device = new { name = "web" } }, Cancel);
        minted.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var answer = JsonDocument.Parse(await minted.Content.ReadAsStringAsync(Cancel));
        using var session = server.NewClient(answer.RootElement.GetProperty("session").GetProperty("token").GetString());
        (await session.GetAsync("me", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);

        using var asCarol = As(carol, HttpMethod.Get, "me");
        using var me = await application.SendAsync(asCarol, Cancel);
        (await me.Content.ReadAsStringAsync(Cancel)).ShouldContain("carol");

        (await application.DeleteAsync("applications/users/customer:17/sessions", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await (await session.GetAsync("me", Cancel)).ShouldBeProblemAsync(ProblemCodes.Unauthorized);
    }

    [Fact]
    public async Task A_key_does_nothing_outside_its_scopes()
    {
        await using var server = await ChatServer.StartAsync();
        var alice = await server.RegisterAsync("alice");
        using var users = server.NewClient((await AddAsync(alice, ApplicationScopes.Users)).Key);
        await PutUserAsync(users, "17", null);
        await (await users.PostAsync("applications/users/17/sessions", null, Cancel)).ShouldBeProblemAsync(ProblemCodes.Forbidden);
        await (await users.DeleteAsync("applications/users/17/sessions", Cancel)).ShouldBeProblemAsync(ProblemCodes.Forbidden);
        using var sessions = server.NewClient((await AddAsync(alice, ApplicationScopes.Sessions)).Key);
        await (await sessions.PutAsync("applications/users/17", null, Cancel)).ShouldBeProblemAsync(ProblemCodes.Forbidden);
        await (await sessions.SendAsync(As(alice.Id, HttpMethod.Get, "me"), Cancel)).ShouldBeProblemAsync(ProblemCodes.Forbidden);
    }

    [Theory]
    [InlineData("GET", "devices")]
    [InlineData("POST", "logout")]
    [InlineData("POST", "password")]
    [InlineData("POST", "admin/invites")]
    [InlineData("GET", "admin/applications")]
    public async Task Acting_as_an_administrator_gives_no_application_an_administrators_rights_or_a_users_session(string method, string path)
    {
        using var application = shared.Server.NewClient((await AddAsync(shared.Administrator, ApplicationScopes.All)).Key);
        using var request = As(shared.Administrator.Id, new HttpMethod(method), path);
        request.Content = method == "GET" ? null : JsonContent.Create(new { });
        await (await application.SendAsync(request, Cancel)).ShouldBeProblemAsync(ProblemCodes.Forbidden);
    }

    [Fact]
    public async Task Acting_needs_somebody_who_is_there_and_a_key()
    {
        await using var server = await ChatServer.StartAsync();
        var alice = await server.RegisterAsync("alice");
        var bob = await server.RegisterAsync("bob");
        using var application = server.NewClient((await AddAsync(alice, ApplicationScopes.All)).Key);
        await (await application.GetAsync("me", Cancel)).ShouldBeProblemAsync(ProblemCodes.InvalidRequest);
        await (await application.SendAsync(As(Ids.New(), HttpMethod.Get, "me"), Cancel)).ShouldBeProblemAsync(ProblemCodes.Unauthorized);
        await (await bob.Http.SendAsync(As(alice.Id, HttpMethod.Get, "me"), Cancel)).ShouldBeProblemAsync(ProblemCodes.Unauthorized);
        using var wrong = new HttpRequestMessage(HttpMethod.Get, "me");
        wrong.Headers.Add("Act-As", "alice");
        await (await application.SendAsync(wrong, Cancel)).ShouldBeProblemAsync(ProblemCodes.InvalidRequest);
    }

    [Fact]
    public async Task A_revoked_key_is_refused_from_then_on()
    {
        await using var server = await ChatServer.StartAsync();
        var alice = await server.RegisterAsync("alice");
        var made = await AddAsync(alice, ApplicationScopes.Users);
        using var application = server.NewClient(made.Key);
        await PutUserAsync(application, "17", null);
        (await alice.RequestAsync(HttpMethod.Delete, $"admin/applications/{made.Id}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await (await application.PutAsync("applications/users/17", null, Cancel)).ShouldBeProblemAsync(ProblemCodes.Unauthorized);
        var listed = await alice.AskAsync<JsonElement>(HttpMethod.Get, "admin/applications");
        listed.GetProperty("applications")[0].GetProperty("revokedAt").GetDateTimeOffset().ShouldBeGreaterThan(default);
        listed.ToString().ShouldNotContain(made.Key);
    }

    [Theory]
    [InlineData("customer", """{"name":"x"}""", "invalid_request")]
    [InlineData("customer", """{"name":"ALICE"}""", "name_taken")]
    [InlineData("customer", """{"displayName":""}""", "invalid_text")]
    [InlineData("a%2Fb", "{}", "invalid_request")]
    [InlineData("a%01b", "{}", "invalid_request")]
    public async Task Bad_external_users_are_refused(string externalId, string body, string code)
    {
        using var application = shared.Server.NewClient((await AddAsync(shared.Administrator, ApplicationScopes.All)).Key);
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var response = await application.PutAsync($"applications/users/{externalId}", content, Cancel);
        (await response.Content.ReadAsStringAsync(Cancel)).ShouldContain(code);
        ((int)response.StatusCode).ShouldBeInRange(400, 499);
    }

    private static async Task<(Guid Id, string Key)> AddAsync(ChatUser administrator, params string[] scopes)
    {
        var made = await administrator.AskAsync<JsonElement>(HttpMethod.Post, "admin/applications", new { name = "shop", scopes });
        return (made.GetProperty("id").GetGuid(), made.GetProperty("key").GetString()!);
    }

    private static async Task<Guid> PutUserAsync(HttpClient application, string externalId, object? body)
    {
        using var content = body is null ? null : JsonContent.Create(body);
        using var response = await application.PutAsync($"applications/users/{externalId}", content, Cancel);
        var text = await response.Content.ReadAsStringAsync(Cancel);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        using var answer = JsonDocument.Parse(text);
        return answer.RootElement.GetProperty("user").GetProperty("id").GetGuid();
    }

    private static HttpRequestMessage As(Guid user, HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Add("Act-As", user.ToString());
        return request;
    }
}
