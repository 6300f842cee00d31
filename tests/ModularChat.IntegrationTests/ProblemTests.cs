using System.Net;
using System.Net.Http.Headers;
using System.Text;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.IntegrationTests.Gateway;
using ModularChat.IntegrationTests.Servers;
using ModularChat.Shared;

namespace ModularChat.IntegrationTests;

public sealed class ProblemTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", "nothing")]
    [InlineData("POST", "nothing/at/all")]
    [InlineData("GET", "/api/v2/me")]
    [InlineData("GET", "/favicon.ico")]
    [InlineData("DELETE", "register")]
    public async Task A_path_or_method_that_the_API_does_not_have(string method, string path)
    {
        await using var server = await ChatServer.StartAsync();

        using var response = await server.Anonymous.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), Cancel);

        await response.ShouldBeProblemAsync(ProblemCodes.NoSuchEndpoint);
    }

    [Theory]
    [InlineData("""{"name": "alice", """)]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"alice\"")]
    [InlineData("""{"name": 5, "password": "correct horse battery"}""")]
    [InlineData("""{"name": "alice", "name": "bob", "password": "correct horse battery"}""")]
    [InlineData("""{"name": {"a": 1}, "password": "correct horse battery"}""")]
    public async Task A_body_that_is_not_JSON_of_the_expected_shape(string body)
    {
        await using var server = await ChatServer.StartAsync();

        using var response = await server.Anonymous.PostAsync("register", new StringContent(body, Encoding.UTF8, "application/json"), Cancel);

        await response.ShouldBeProblemAsync(ProblemCodes.MalformedJson);
    }

    [Fact]
    public async Task Nesting_without_end_is_malformed()
    {
        await using var server = await ChatServer.StartAsync();
        var body = """{"name": """ + new string('[', 100_000);

        using var response = await server.Anonymous.PostAsync("register", new StringContent(body, Encoding.UTF8, "application/json"), Cancel);

        await response.ShouldBeProblemAsync(ProblemCodes.MalformedJson);
    }

    [Fact]
    public async Task A_body_of_another_type_is_malformed()
    {
        await using var server = await ChatServer.StartAsync();

        using var response = await server.Anonymous.PostAsync("register", new StringContent("name=alice", Encoding.UTF8, "application/x-www-form-urlencoded"), Cancel);

        await response.ShouldBeProblemAsync(ProblemCodes.MalformedJson);
    }

    [Fact]
    public async Task A_lone_surrogate_is_no_text()
    {
        await using var server = await ChatServer.StartAsync();

        using var response = await server.Anonymous.PostAsync(
            "register", new StringContent("""{"name": "\ud800", "password": "correct horse battery"}""", Encoding.UTF8, "application/json"), Cancel);

        (await response.ShouldBeProblemAsync(ProblemCodes.InvalidText)).GetProperty("field").GetString().ShouldBe("name");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_above_the_limit_is_too_large_and_the_limit_is_named(bool lengthIsKnown)
    {
        await using var server = await ChatServer.StartAsync(settings: ["Host:MaxRequestBytes=2048"]);
        using var request = new HttpRequestMessage(HttpMethod.Post, "register")
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes($$"""{"name": "{{new string('x', 4096)}}"}""")) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };
        request.Headers.TransferEncodingChunked = !lengthIsKnown;

        using var response = await server.Anonymous.SendAsync(request, Cancel);

        (await response.ShouldBeProblemAsync(ProblemCodes.TooLarge)).GetProperty("limit").GetInt64().ShouldBe(2048);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer")]
    [InlineData("Bearer x")]
    [InlineData("Bearer mcs_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("Bearer mck_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("Basic YWxpY2U6c2VjcmV0")]
    public async Task Without_a_valid_credential_nothing_is_answered(string? authorization)
    {
        await using var server = await ChatServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "sync");
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        using var response = await server.Anonymous.SendAsync(request, Cancel);

        await response.ShouldBeProblemAsync(ProblemCodes.Unauthorized);
    }

    [Fact]
    public async Task An_expired_session_is_refused_at_every_edge()
    {
        var time = new ManualTime();
        await using var server = await ChatServer.StartAsync(time, settings: "Identity:SessionDays=1");
        var alice = await server.RegisterAsync("alice");
        time.Advance(TimeSpan.FromDays(1));

        await (await alice.RequestAsync(HttpMethod.Get, "sync")).ShouldBeProblemAsync(ProblemCodes.Unauthorized);
        await (await alice.RequestAsync(HttpMethod.Get, "events")).ShouldBeProblemAsync(ProblemCodes.Unauthorized);
        await using var socket = await RawSocket.OpenAsync(server.Url, Cancel);
        await socket.SendTextAsync($$"""{"type":"hello","token":"{{alice.Token}}"}""", Cancel);
        (await socket.ClosedAsync(Cancel)).ShouldBe(4100);
    }

    [Fact]
    public async Task A_value_that_does_not_bind_is_named_but_not_repeated()
    {
        await using var server = await ChatServer.StartAsync();
        var alice = await server.RegisterAsync("alice");

        using var response = await alice.RequestAsync(HttpMethod.Get, "sync?limit=s3cret");

        var problem = await response.ShouldBeProblemAsync(ProblemCodes.InvalidRequest);
        problem.GetProperty("field").GetString().ShouldBe("limit");
        problem.GetProperty("detail").GetString()!.ShouldNotContain("s3cret");
    }

    [Fact]
    public async Task An_Act_As_that_is_no_id_is_refused()
    {
        await using var server = await ChatServer.StartAsync();
        var alice = await server.RegisterAsync("alice");
        using var request = new HttpRequestMessage(HttpMethod.Get, "sync") { Headers = { { "Act-As", "alice" } } };

        using var response = await alice.Http.SendAsync(request, Cancel);

        (await response.ShouldBeProblemAsync(ProblemCodes.InvalidRequest)).GetProperty("field").GetString().ShouldBe("Act-As");
    }

    [Fact]
    public async Task A_bug_answers_as_internal_and_tells_nothing()
    {
        await using var server = await ChatServer.StartAsync(adjust: services =>
            services.AddTransient<IRequestHandler<Authenticate, Authenticated?>>(_ => throw new InvalidOperationException("a secret of the server")));
        using var client = server.NewClient("mcs_any");

        using var response = await client.GetAsync("sync", Cancel);

        var problem = await response.ShouldBeProblemAsync(ProblemCodes.Internal);
        problem.GetProperty("requestId").GetString().ShouldNotBeNullOrEmpty();
        problem.ToString().ShouldNotContain("secret");
    }

    [Fact]
    public async Task A_refusal_with_a_time_says_when_to_come_back()
    {
        await using var server = await ChatServer.StartAsync(adjust: services =>
            services.AddTransient<IRequestHandler<Authenticate, Authenticated?>>(
                _ => new Refusing(new ChatException(ProblemCodes.RateLimited, "Too many.") { RetryAfter = TimeSpan.FromMilliseconds(1500) })));
        using var client = server.NewClient("mcs_any");

        using var response = await client.GetAsync("sync", Cancel);

        (await response.ShouldBeProblemAsync(ProblemCodes.RateLimited)).GetProperty("retryAfterMs").GetInt64().ShouldBe(1500);
        response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task Headers_above_the_limit_are_refused_and_the_server_goes_on()
    {
        await using var server = await ChatServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "limits");
        request.Headers.Add("X-Long", new string('x', 32_768));

        using var response = await server.Anonymous.SendAsync(request, Cancel);
        using var next = await server.Anonymous.GetAsync("limits", Cancel);

        (response.StatusCode, next.StatusCode).ShouldBe((HttpStatusCode.RequestHeaderFieldsTooLarge, HttpStatusCode.OK));
    }

    private sealed class Refusing(ChatException refusal) : IRequestHandler<Authenticate, Authenticated?>
    {
        public Task<Authenticated?> Handle(Authenticate request, CancellationToken cancellationToken) => throw refusal;
    }
}
