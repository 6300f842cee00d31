using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using ModularChat.Contracts;
using ModularChat.Host.Dispatch.Remote;
using ModularChat.IntegrationTests.Logs;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Roles;

/// <summary>Who may ask a node, and what anybody else gets.</summary>
public sealed class InternalPortTests
{
    private static readonly byte[] Secret = Encoding.UTF8.GetBytes(SplitCluster.Secret);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_has_not_the_secret_learns_nothing_on_the_internal_port_and_the_public_one_knows_no_internal_path()
    {
        await using var cluster = await SplitCluster.StartAsync();
        var log = new CapturedLog();
        var server = await cluster.AddAsync("one", "messaging", log, time: null);
        using var http = NewClient();

        foreach (var path in new[] { "/", "/health/ready", "/api/v1/limits", "/internal/hello", "/internal/request/Messaging.PingMessages", "/internal/event/Messaging.UserDataChanged" })
        {
            using var answer = await PostAsync(http, server.InternalUrl, path, "{}"u8.ToArray());
            answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, path);
            (await answer.Content.ReadAsByteArrayAsync(Cancel)).ShouldBeEmpty();
            await (await server.Anonymous.PostAsync(new Uri(server.Url, path.Replace("/health/ready", "/internal/x", StringComparison.Ordinal)), null, Cancel)).ShouldBeProblemAsync(ProblemCodes.NoSuchEndpoint);
        }
        log.LinesFrom(LogLevel.Warning).Count(l => l.Contains("is no node of this cluster", StringComparison.Ordinal)).ShouldBe(1, "and not a line for each");
    }

    [Fact]
    public async Task A_request_is_taken_once_as_it_was_signed_and_one_that_is_not_known_is_refused()
    {
        await using var cluster = await SplitCluster.StartAsync();
        var server = await cluster.AddAsync("one", "messaging");
        using var http = NewClient();
        var session = await GreetAsync(http, server);

        using (var done = await AskAsync(http, server, session, 1, "/internal/request/Messaging.PingMessages"))
        {
            done.StatusCode.ShouldBe(HttpStatusCode.OK);
            var answer = await done.Content.ReadAsByteArrayAsync(Cancel);
            done.Headers.GetValues(NodeLink.MacHeader).ShouldBe([session.MacOfAnswer(1, 200, Proofs.HashOf(answer))]);
        }
        (await StatusAsync(session, 1, "/internal/request/Messaging.PingMessages")).ShouldBe(HttpStatusCode.Unauthorized, "said again");
        (await StatusAsync(session, 2, "/internal/request/Messaging.PingMessages", body: "[]", sent: "{}")).ShouldBe(HttpStatusCode.Unauthorized, "another body");
        (await StatusAsync(session, 3, "/internal/request/Messaging.PingMessages", to: "/internal/request/Messaging.GetPositions")).ShouldBe(HttpStatusCode.Unauthorized, "another path");
        foreach (var (number, path) in new[] { (4, "/internal/request/Messaging.FromTheFuture"), (5, "/internal/request/Identity.PingAccounts"), (6, "/internal/elsewhere") })
        {
            using var refused = await AskAsync(http, server, session, number, path);
            ((int)refused.StatusCode).ShouldBe(422);
            (await refused.Content.ReadAsStringAsync(Cancel)).ShouldContain("does not know the request");
        }

        async Task<HttpStatusCode> StatusAsync(Session with, long number, string path, string body = "{}", string? sent = null, string? to = null)
        {
            using var answer = await AskAsync(http, server, with, number, path, body, sent, to);
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task A_node_with_another_secret_is_not_asked_and_both_say_so_without_telling_it()
    {
        await using var cluster = await SplitCluster.StartAsync();
        var (asks, asked) = (new CapturedLog(), new CapturedLog());
        var api = await cluster.AddAsync("api", "api", asks, time: null, "Cluster:Secret=quite-another-secret-of-quite-another-cluster");
        await cluster.AddAsync("messaging", "messaging", asked, time: null);
        var alice = await api.RegisterAsync("alice");

        await UntilAsync(async () =>
        {
            await (await alice.Http.GetAsync("conversations", Cancel)).ShouldBeProblemAsync(ProblemCodes.Unavailable);
            return asks.Lines.Any(l => l.Contains("Node messaging", StringComparison.Ordinal) && l.Contains("has another Cluster:Secret", StringComparison.Ordinal));
        });

        asked.LinesFrom(LogLevel.Warning).ShouldContain(l => l.Contains("called the internal port and is no node of this cluster", StringComparison.Ordinal));
        asks.Lines.Concat(asked.Lines).ShouldAllBe(l => !l.Contains("quite-another-secret", StringComparison.Ordinal) && !l.Contains(SplitCluster.Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_node_that_speaks_another_protocol_is_told_so_and_it_is_logged()
    {
        await using var cluster = await SplitCluster.StartAsync();
        var log = new CapturedLog();
        var server = await cluster.AddAsync("one", "messaging", log, time: null);
        using var http = NewClient();
        var hello = new Hello(Proofs.Protocol + 1, "modularchat", "newer", Ids.New(), "99.0", Proofs.Number(), "");

        using var answer = await PostAsync(http, server.InternalUrl, Greeter.Path, JsonSerializer.SerializeToUtf8Bytes(hello with { Proof = hello.ProofWith(Secret) }, WireJson.Options));

        answer.StatusCode.ShouldBe(HttpStatusCode.UpgradeRequired);
        (await answer.Content.ReadFromJsonAsync<Unwelcome>(WireJson.Options, Cancel))!.Protocol.ShouldBe(Proofs.Protocol);
        log.LinesFrom(LogLevel.Error).ShouldContain(l => l.Contains("Node newer is of version 99.0 and speaks protocol 2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Clocks_ten_minutes_apart_are_told_of_and_change_nothing()
    {
        await using var cluster = await SplitCluster.StartAsync();
        var log = new CapturedLog();
        var api = await cluster.AddAsync("api", "api", log, time: null);
        await cluster.AddAsync("messaging", "messaging,presence", log: null, new ShiftedTime(TimeSpan.FromMinutes(10)));
        var alice = await SplitCluster.ReadyAsync(api, "alice");
        var bob = await api.RegisterAsync("bob");

        var conversation = (await alice.OpenDirectAsync(bob)).Id;
        (await alice.Http.PostAsJsonAsync($"conversations/{conversation}/messages", new { clientMessageId = Ids.New(), text = "from the future" }, Cancel)).EnsureSuccessStatusCode();

        (await (await bob.Http.GetAsync("sync", Cancel)).Content.ReadAsStringAsync(Cancel)).ShouldContain("from the future");
        log.LinesFrom(LogLevel.Warning).ShouldContain(l => l.Contains("The clock of node messaging is 600 s ahead", StringComparison.Ordinal));
    }

    private static HttpClient NewClient() => new(new SocketsHttpHandler { UseProxy = false }) { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };

    private static async Task<HttpResponseMessage> PostAsync(HttpClient http, Uri server, string path, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        return await http.PostAsync(new Uri(server, path), content, Cancel);
    }

    /// <summary>As another node does.</summary>
    private static async Task<Session> GreetAsync(HttpClient http, ChatServer server)
    {
        var hello = new Hello(Proofs.Protocol, "modularchat", "tester", Ids.New(), "1", Proofs.Number(), "");
        using var answer = await PostAsync(http, server.InternalUrl, Greeter.Path, JsonSerializer.SerializeToUtf8Bytes(hello with { Proof = hello.ProofWith(Secret) }, WireJson.Options));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var welcome = (await answer.Content.ReadFromJsonAsync<Welcome>(WireJson.Options, Cancel))!;
        var transcript = Proofs.Transcript(hello, welcome);
        welcome.Proof.ShouldBe(Proofs.Of(Secret, "welcome", transcript, welcome.Version, $"{welcome.Clock}"));
        return new Session(welcome.Session, Proofs.Mac(Secret, "key", transcript), welcome.Node);
    }

    /// <summary>Signs one request and sends it, or another one in its place.</summary>
    private static async Task<HttpResponseMessage> AskAsync(
        HttpClient http, ChatServer server, Session session, long number, string path, string body = "{}", string? sent = null, string? to = null)
    {
        var hash = Proofs.HashOf(Encoding.UTF8.GetBytes(body));
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.InternalUrl, to ?? path)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(sent ?? body));
        request.Headers.Add(NodeLink.SessionHeader, session.Id);
        request.Headers.Add(NodeLink.NumberHeader, $"{number}");
        request.Headers.Add(NodeLink.DeadlineHeader, "5000");
        request.Headers.Add(NodeLink.BodyHeader, hash);
        request.Headers.Add(NodeLink.MacHeader, session.MacOfRequest(path, number, "5000", "", hash));
        return await http.SendAsync(request, Cancel);
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (!await isSo())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
        }
    }

    /// <summary>The time of a machine whose clock is wrong; its spans are right.</summary>
    private sealed class ShiftedTime(TimeSpan shift) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + shift;
    }
}
