using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using ModularChat.IntegrationTests.Gateway;
using ModularChat.IntegrationTests.Servers;
using ModularChat.Storage;

namespace ModularChat.IntegrationTests.Discovery;

/// <summary>Nodes that find each other in a real ZooKeeper and in a real Redis.</summary>
public sealed class RegistryTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("zookeeper")]
    [InlineData("redis")]
    public async Task Nodes_see_each_other_with_their_load_and_one_that_is_killed_is_gone_after_its_session(string kind)
    {
        Assert.SkipWhen(RegistryServer.Missing(kind).Length > 0, RegistryServer.Missing(kind));
        await using var registry = await RegistryServer.StartAsync(kind, Token);
        await using var a = await ChatServer.StartAsync(settings: registry.Settings("a"));
        using var folder = new TestFolder();
        await using var b = await ServerProcess.StartAsync(folder.Path, settings: [.. registry.Settings("b"), "Identity:SetupCode=setup-code-of-tests"]);

        await UntilAsync(a, nodes => Find(nodes, "b") is { } node && Refused(node) is null, "b takes clients");
        var user = await RegisterAsync(b.Url);
        var (socket, _) = await RawSocket.LiveAsync(b.Url, user, Token);
        await using (socket)
        {
            await UntilAsync(a, nodes => Find(nodes, "b")?.GetProperty("connections").GetInt32() == 1, "a has heard of b's connection");
            var clock = Stopwatch.StartNew();
            await b.KillAsync();
            await UntilAsync(a, nodes => Find(nodes, "b") is null, "b is gone");
            TestContext.Current.SendDiagnosticMessage("{0}: gone {1:F1} s after kill -9, with a session of {2} s", kind, clock.Elapsed.TotalSeconds, RegistryServer.SessionSeconds);
            clock.Elapsed.ShouldBeGreaterThan(TimeSpan.FromMilliseconds(500), "not by a closed connection, but by its session");
        }

        // Its place is free for the next process of that name.
        await using var again = await ServerProcess.StartAsync(folder.Path, settings: registry.Settings("b"));
        await UntilAsync(a, nodes => Find(nodes, "b") is { } node && Refused(node) is null, "b is there again");
    }

    [Theory]
    [InlineData("zookeeper")]
    [InlineData("redis")]
    public async Task While_the_registry_is_away_nodes_serve_with_what_they_knew_and_after_it_they_are_there_again(string kind)
    {
        Assert.SkipWhen(RegistryServer.Missing(kind).Length > 0, RegistryServer.Missing(kind));
        await using var registry = await RegistryServer.StartAsync(kind, Token);
        await using var a = await ChatServer.StartAsync(settings: registry.Settings("a"));
        await using var b = await ChatServer.StartAsync(settings: registry.Settings("b"));
        await UntilAsync(a, nodes => nodes.Count == 2, "a sees b");
        await UntilAsync(b, nodes => nodes.Count == 2, "b sees a");
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var flaps = Task.WhenAll(CountFlapsAsync(a, watching.Token), CountFlapsAsync(b, watching.Token));

        await registry.Kill9Async();
        await UntilReadyAsync(a, "as last known");
        await UntilReadyAsync(b, "as last known");
        await registry.StartAgainAsync(Token);
        await UntilReadyAsync(a, "2 nodes\"");
        await UntilReadyAsync(b, "2 nodes\"");
        // Longer than a session: whoever did not come back would be gone by now.
        await Task.Delay(TimeSpan.FromSeconds(RegistryServer.SessionSeconds + 2), TimeProvider.System, Token);
        await watching.CancelAsync();

        (await flaps).ShouldAllBe(count => count == 0, "a node was missing for a moment");
        (await NodesAsync(a)).Select(n => n.GetProperty("id").GetString()).ShouldBe(["a", "b"]);
    }

    [Theory]
    [InlineData("zookeeper")]
    [InlineData("redis")]
    public async Task Garbage_is_passed_over(string kind)
    {
        Assert.SkipWhen(RegistryServer.Missing(kind).Length > 0, RegistryServer.Missing(kind));
        await using var registry = await RegistryServer.StartAsync(kind, Token);
        using var folder = new TestFolder();
        await using var a = await ServerProcess.StartAsync(folder.Path, settings: registry.Settings("a"));
        await registry.PutGarbageAsync("trash", "<script>no node</script>", Token);
        await registry.PutGarbageAsync("big", new string('x', 100_000), Token);
        await using var b = await ChatServer.StartAsync(settings: registry.Settings("b"));

        await UntilAsync(b, nodes => nodes.Count == 2, "b sees a");
        (await NodesAsync(b)).Select(n => n.GetProperty("id").GetString()).ShouldBe(["a", "b"]);
        var clock = Stopwatch.StartNew();
        while (!a.Output.Contains("under big", StringComparison.Ordinal) || !a.Output.Contains("Node b is there", StringComparison.Ordinal))
        {
            clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(40), a.Output);
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Token);
        }
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, Token);
        a.Output.Split("under trash that is no node").Length.ShouldBe(2, "logged once");
        a.Output.ShouldNotContain("<script>");
    }

    [Theory]
    [InlineData("zookeeper")]
    [InlineData("redis")]
    public async Task A_second_process_with_the_same_id_does_not_start_and_says_why(string kind)
    {
        Assert.SkipWhen(RegistryServer.Missing(kind).Length > 0, RegistryServer.Missing(kind));
        await using var registry = await RegistryServer.StartAsync(kind, Token);
        // Long enough that the first one keeps its id on a machine too busy to renew it.
        string[] settings = [.. registry.Settings("a"), "Discovery:SessionSeconds=30"];
        await using var a = await ChatServer.StartAsync(settings: settings);

        var refused = await Should.ThrowAsync<StartupException>(() => ChatServer.StartAsync(settings: settings));

        refused.Message.ShouldContain("the node id 'a'");
        (await NodesAsync(a)).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("zookeeper")]
    [InlineData("redis")]
    public async Task A_node_starts_while_the_registry_is_away_and_comes_in_later(string kind)
    {
        Assert.SkipWhen(RegistryServer.Missing(kind).Length > 0, RegistryServer.Missing(kind));
        await using var registry = await RegistryServer.StartAsync(kind, Token);
        await registry.Kill9Async();
        await using var a = await ChatServer.StartAsync(settings: registry.Settings("a"));

        (await NodesAsync(a)).ShouldHaveSingleItem();
        await UntilReadyAsync(a, "as last known");
        await registry.StartAgainAsync(Token);
        await UntilReadyAsync(a, "1 node\"");
        await using var b = await ChatServer.StartAsync(settings: registry.Settings("b"));
        await UntilAsync(b, nodes => nodes.Count == 2, "b sees a");
    }

    private static async Task<List<JsonElement>> NodesAsync(ChatServer server)
    {
        var answer = await server.Anonymous.GetFromJsonAsync<JsonElement>("discovery/server?explain=true", Token);
        return [.. answer.GetProperty("explanation").GetProperty("candidates").EnumerateArray()];
    }

    private static JsonElement? Find(List<JsonElement> nodes, string id) =>
        nodes.FindIndex(n => n.GetProperty("id").GetString() == id) is >= 0 and var index ? nodes[index] : null;

    private static string? Refused(JsonElement node) => node.TryGetProperty("refused", out var reason) ? reason.GetString() : null;

    private static async Task UntilAsync(ChatServer server, Func<List<JsonElement>, bool> isSo, string what)
    {
        var clock = Stopwatch.StartNew();
        List<JsonElement> nodes;
        while (!isSo(nodes = await NodesAsync(server)))
        {
            clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(40), $"{what}: {string.Join('\n', nodes)}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Token);
        }
    }

    private static async Task UntilReadyAsync(ChatServer server, string detail)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            using var answer = await server.Anonymous.GetAsync("/health/ready", Token);
            var text = await answer.Content.ReadAsStringAsync(Token);
            answer.IsSuccessStatusCode.ShouldBeTrue(text);
            if (text.Contains(detail, StringComparison.Ordinal))
            {
                return;
            }
            clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(40), text);
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Token);
        }
    }

    /// <summary>How often a node of the two could not be seen.</summary>
    private static async Task<int> CountFlapsAsync(ChatServer server, CancellationToken token)
    {
        var count = 0;
        while (!token.IsCancellationRequested)
        {
            count += (await NodesAsync(server)).Count == 2 ? 0 : 1;
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        return count;
    }

    private static async Task<string> RegisterAsync(Uri url)
    {
        using var client = new HttpClient { BaseAddress = new Uri(url, "/api/v1/") };
        using var answer = await client.PostAsJsonAsync("register", new { name = "somebody", password = ChatUser.Password }, Token);
        var text = await answer.Content.ReadAsStringAsync(Token);
        answer.IsSuccessStatusCode.ShouldBeTrue(text);
        using var json = JsonDocument.Parse(text);
        return json.RootElement.GetProperty("session").GetProperty("token").GetString()!;
    }

    private sealed class TestFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("modularchat-test-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
