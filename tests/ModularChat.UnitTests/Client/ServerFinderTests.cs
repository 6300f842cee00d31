using System.Net;
using System.Text;
using ModularChat.Client;
using ModularChat.Client.Connecting;

namespace ModularChat.UnitTests.Client;

public sealed class ServerFinderTests
{
    private const string Given = "https://chat.example.org/";

    [Fact]
    public async Task What_is_recommended_comes_first_then_the_alternatives_then_the_address_that_was_given() =>
        (await FindAsync("""{"url":"https://a.example.org","ttlSeconds":30,"alternatives":[{"url":"https://b.example.org:8443"},{"url":""},{"url":"https://a.example.org/"}]}"""))
            .ShouldBe(["https://a.example.org/", "https://b.example.org:8443/", Given]);

    [Fact]
    public async Task A_server_that_stands_alone_is_asked_under_the_address_that_was_given() =>
        (await FindAsync("""{"url":"","ttlSeconds":30,"alternatives":[]}""")).ShouldBe([Given]);

    [Fact]
    public async Task The_token_never_goes_from_a_protected_address_to_an_open_one() =>
        (await FindAsync("""{"url":"http://a.example.org","ttlSeconds":30,"alternatives":[{"url":"ftp://a"},{"url":"nonsense"}]}""")).ShouldBe([Given]);

    [Theory]
    [InlineData(404, """{"code":"no_such_endpoint","status":404}""")]
    [InlineData(429, """{"code":"rate_limited","status":429,"retryable":true}""")]
    [InlineData(502, "<html>")]
    [InlineData(200, "<html>")]
    [InlineData(200, "{}")]
    public async Task An_older_server_or_one_that_cannot_say_is_used_as_it_was_given(int status, string body) =>
        (await FindAsync(body, status)).ShouldBe([Given]);

    [Fact]
    public async Task Without_any_server_the_problem_says_when_to_ask_again()
    {
        var problem = await Should.ThrowAsync<ChatProblemException>(() => FindAsync("""{"code":"no_server","status":503,"retryable":true,"retryAfterMs":2500}""", 503));

        problem.Problem.RetryAfterMs.ShouldBe(2500);
    }

    private static async Task<string[]> FindAsync(string body, int status = 200)
    {
        using var http = new HttpMessageInvoker(new Answer(status, body));
        var options = new ChatClientOptions { Url = new Uri(Given), Token = "t", Http = http };
        var servers = await new ServerFinder(options, new ChatApi(http, options.Url, new ChatCredentials("t"))).FindAsync(TestContext.Current.CancellationToken);
        return [.. servers.Select(s => s.ToString())];
    }

    private sealed class Answer(int status, string body) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, "application/json") });
    }
}
