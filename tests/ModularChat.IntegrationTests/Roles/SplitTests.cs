using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using ModularChat.Contracts;
using ModularChat.IntegrationTests.Gateway;
using ModularChat.IntegrationTests.Logs;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Roles;

/// <summary>Requests that are answered by another node.</summary>
public sealed class SplitTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_without_messaging_has_another_one_send_and_sync()
    {
        await using var cluster = await SplitCluster.StartAsync();
        var api = await cluster.AddAsync("api", "api");
        var messaging = await cluster.AddAsync("messaging", "messaging");
        var presence = await cluster.AddAsync("presence", "presence");
        var alice = await SplitCluster.ReadyAsync(api, "alice");
        var bob = await api.RegisterAsync("bob");

        var opened = await alice.Http.PutAsync($"conversations/direct/{bob.Id}", null, Cancel);
        opened.EnsureSuccessStatusCode();
        var conversation = (await opened.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("id").GetGuid();
        var sent = await alice.Http.PostAsJsonAsync($"conversations/{conversation}/messages", new { clientMessageId = Ids.New(), text = "héllo \u2713" }, Cancel);
        sent.EnsureSuccessStatusCode();

        var sync = await bob.Http.GetFromJsonAsync<JsonElement>("sync", Cancel);
        sync.GetRawText().ShouldContain("héllo ✓");
        var waiting = UntilAsync(bob, sync.GetProperty("cursor").GetString()!, "second");
        await alice.Http.PostAsJsonAsync($"conversations/{conversation}/messages", new { clientMessageId = Ids.New(), text = "second" }, Cancel);
        await waiting;

        // Each has its own store, and no other.
        Directory.GetFiles(api.Folder, "*.db").Select(Path.GetFileName).ShouldBe(["identity.db"]);
        Directory.GetFiles(messaging.Folder, "*.db").Select(Path.GetFileName).ShouldBe(["messages.db"]);
        Directory.GetFiles(presence.Folder, "*.db").Select(Path.GetFileName).ShouldBe(["presence.db"]);
    }

    /// <summary>Polls on: the first answer may be that one's own delivered mark has moved, by presenting the cursor.</summary>
    private static async Task UntilAsync(ChatUser user, string cursor, string text)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromMinutes(2));
        for (var told = ""; !told.Contains(text, StringComparison.Ordinal);)
        {
            var page = await user.Http.GetFromJsonAsync<JsonElement>($"sync?wait=20&cursor={cursor}", limit.Token);
            (told, cursor) = (page.GetRawText(), page.GetProperty("cursor").GetString()!);
        }
    }

    [Fact]
    public async Task A_refusal_of_another_node_is_the_same_problem()
    {
        await using var cluster = await SplitCluster.StartAsync();
        var api = await cluster.AddAsync("api", "api");
        await cluster.AddAsync("messaging", "messaging,presence");
        var alice = await SplitCluster.ReadyAsync(api, "alice");
        var self = (await alice.Http.GetFromJsonAsync<JsonElement>("conversations", Cancel)).GetProperty("conversations")[0].GetProperty("id").GetGuid();

        await (await alice.Http.GetAsync($"conversations/{Ids.New()}", Cancel)).ShouldBeProblemAsync(ProblemCodes.NotFound);
        var tooLong = await alice.Http.PostAsJsonAsync($"conversations/{self}/messages", new { clientMessageId = Ids.New(), text = new string('x', 200_000) }, Cancel);
        var problem = await tooLong.ShouldBeProblemAsync(ProblemCodes.TooLong);
        problem.GetProperty("field").GetString().ShouldBe("text");
        problem.GetProperty("limit").GetInt64().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task No_node_that_has_the_module_is_a_problem_with_a_time_to_come_back_and_stands_in_readiness()
    {
        await using var cluster = await SplitCluster.StartAsync();
        var api = await cluster.AddAsync("api", "api");
        var alice = await api.RegisterAsync("alice");

        var problem = await (await alice.Http.GetAsync("conversations", Cancel)).ShouldBeProblemAsync(ProblemCodes.Unavailable);

        problem.GetProperty("retryAfterMs").GetInt64().ShouldBe(1_000);
        problem.GetProperty("detail").GetString().ShouldBe("No node with Messaging can be asked now.");

        // Readiness names what is missing, stays green, and says so no more when it has come.
        (await ReadinessAsync()).ShouldContain("no node has Messaging, Presence, Notifications, Calls");
        await cluster.AddAsync("messaging", "messaging,presence,calls,notifications");
        await SplitCluster.ReadyAsync(api, "bob");
        (await ReadinessAsync()).ShouldContain("\"elsewhere\":\"healthy\"");

        async Task<string> ReadinessAsync()
        {
            using var ready = await api.Anonymous.GetAsync(new Uri(api.Url, "/health/ready"), Cancel);
            ready.EnsureSuccessStatusCode();
            return await ready.Content.ReadAsStringAsync(Cancel);
        }
    }

    [Fact]
    public async Task A_gateway_without_messaging_sends_and_gets_messages_once_and_in_order()
    {
        await using var cluster = await SplitCluster.StartAsync();
        var api = await cluster.AddAsync("api", "api");
        var gateway = await cluster.AddAsync("gateway", "gateway", "Cluster:MessagingBesideGateway=false");
        var messaging = await cluster.AddAsync("messaging", "messaging,presence");
        var alice = await SplitCluster.ReadyAsync(api, "alice");
        var bob = await api.RegisterAsync("bob");
        var conversation = (await alice.OpenDirectAsync(bob)).Id;
        await using var sender = await LiveAsync(gateway, alice);
        await using var receiver = await LiveAsync(gateway, bob);

        for (var i = 1; i <= 20; i++)
        {
            await sender.SendAsync(new JsonObject { ["type"] = "send", ["id"] = $"{i}", ["conversationId"] = conversation, ["clientMessageId"] = Ids.New(), ["text"] = $"m{i}" }, Cancel);
            (await sender.ExpectAsync("ack", Cancel))["seq"]!.GetValue<long>().ShouldBe(i + 1);
        }
        for (var i = 1; i <= 20; i++)
        {
            var entry = await receiver.ExpectAsync("entry", Cancel);
            entry.ToJsonString().ShouldContain($"\"m{i}\"");
        }
        // The cursor that is stated is one that the other node understands.
        var cursor = (await receiver.ExpectAsync("cursor", Cancel))["cursor"]!.GetValue<string>();
        (await bob.Http.GetFromJsonAsync<JsonElement>($"sync?cursor={cursor}", Cancel)).GetProperty("conversations").GetArrayLength().ShouldBe(0);
        Directory.GetFiles(gateway.Folder, "*.db").ShouldBeEmpty();
        Directory.GetFiles(messaging.Folder, "*.db").Length.ShouldBe(2);
    }

    [Fact]
    public async Task What_runs_once_in_the_cluster_runs_where_its_module_is()
    {
        await using var cluster = await SplitCluster.StartAsync();
        var api = await cluster.AddAsync("api", "api");
        await cluster.AddAsync("messaging", "messaging,presence");
        var alice = await SplitCluster.ReadyAsync(api, "alice");
        var before = await alice.Http.GetFromJsonAsync<JsonElement>("sync", Cancel);

        (await alice.Http.PatchAsJsonAsync("me", new { displayName = "Alice A." }, Cancel)).EnsureSuccessStatusCode();

        var after = await alice.Http.GetFromJsonAsync<JsonElement>($"sync?wait=20&cursor={before.GetProperty("cursor").GetString()}", Cancel);
        after.GetRawText().ShouldContain("\"signal\"");
        after.GetProperty("versions").GetProperty("profile").GetInt64().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_node_that_is_in_the_registry_and_does_not_answer_is_passed_over()
    {
        await using var cluster = await SplitCluster.StartAsync();
        var log = new CapturedLog();
        var instance = Ids.New();
        await cluster.PutGarbageAsync("ghost", $$"""
            {{instance:D}}
            {"id":"ghost","instance":"{{instance:D}}","roles":["messaging"],"url":"","region":null,"latitude":null,"longitude":null,"capacity":1,"load":{"connections":0,"cpu":0,"queue":0},"version":"1","state":"Up","startedAt":"2026-01-01T00:00:00Z","internalUrl":"http://127.0.0.1:1"}
            """.ReplaceLineEndings("\n"));
        await cluster.PutGarbageAsync("rubbish", instance.ToString("D") + "\n{\"internalUrl\":\"file:///etc/passwd\"}");
        var api = await cluster.AddAsync("api", "api", log, time: null);
        await cluster.AddAsync("messaging", "messaging,presence");
        var alice = await SplitCluster.ReadyAsync(api, "alice");

        for (var i = 0; i < 20; i++)
        {
            (await alice.Http.GetAsync("conversations", Cancel)).EnsureSuccessStatusCode();
        }

        log.LinesFrom(LogLevel.Warning).ShouldContain(l => l.Contains("Node ghost at http://127.0.0.1:1 is not asked for a while: nobody listens there.", StringComparison.Ordinal));
        log.LinesFrom(LogLevel.Warning).ShouldContain(l => l.Contains("rubbish", StringComparison.Ordinal) && l.Contains("passed over", StringComparison.Ordinal));
    }

    /// <summary>A gateway opens connections once it reaches messages and accounts.</summary>
    private static async Task<RawSocket> LiveAsync(ChatServer gateway, ChatUser user)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            try
            {
                return (await RawSocket.LiveAsync(gateway.Url, user.Token, limit.Token)).Socket;
            }
            catch (InvalidOperationException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, limit.Token);
            }
        }
    }
}
