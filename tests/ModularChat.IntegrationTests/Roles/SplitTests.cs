using System.Net.Http.Json;
using System.Text.Json;
using ModularChat.Contracts;
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
        var alice = await ReadyAsync(api, "alice");
        var bob = await api.RegisterAsync("bob");

        var opened = await alice.Http.PutAsync($"conversations/direct/{bob.Id}", null, Cancel);
        opened.EnsureSuccessStatusCode();
        var conversation = (await opened.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("id").GetGuid();
        var sent = await alice.Http.PostAsJsonAsync($"conversations/{conversation}/messages", new { clientMessageId = Ids.New(), text = "héllo \u2713" }, Cancel);
        sent.EnsureSuccessStatusCode();

        var sync = await bob.Http.GetFromJsonAsync<JsonElement>("sync", Cancel);
        sync.GetRawText().ShouldContain("héllo ✓");
        var waiting = bob.Http.GetFromJsonAsync<JsonElement>($"sync?wait=20&cursor={sync.GetProperty("cursor").GetString()}", Cancel);
        await alice.Http.PostAsJsonAsync($"conversations/{conversation}/messages", new { clientMessageId = Ids.New(), text = "second" }, Cancel);
        (await waiting).GetRawText().ShouldContain("second");

        // Each has its own store, and no other.
        Directory.GetFiles(api.Folder, "*.db").Select(Path.GetFileName).ShouldBe(["identity.db"]);
        Directory.GetFiles(messaging.Folder, "*.db").Select(Path.GetFileName).ShouldBe(["messages.db"]);
        Directory.GetFiles(presence.Folder, "*.db").Select(Path.GetFileName).ShouldBe(["presence.db"]);
    }

    [Fact]
    public async Task A_refusal_of_another_node_is_the_same_problem()
    {
        await using var cluster = await SplitCluster.StartAsync();
        var api = await cluster.AddAsync("api", "api");
        await cluster.AddAsync("messaging", "messaging,presence");
        var alice = await ReadyAsync(api, "alice");
        var self = (await alice.Http.GetFromJsonAsync<JsonElement>("conversations", Cancel)).GetProperty("conversations")[0].GetProperty("id").GetGuid();

        await (await alice.Http.GetAsync($"conversations/{Ids.New()}", Cancel)).ShouldBeProblemAsync(ProblemCodes.NotFound);
        var tooLong = await alice.Http.PostAsJsonAsync($"conversations/{self}/messages", new { clientMessageId = Ids.New(), text = new string('x', 200_000) }, Cancel);
        var problem = await tooLong.ShouldBeProblemAsync(ProblemCodes.TooLong);
        problem.GetProperty("field").GetString().ShouldBe("text");
        problem.GetProperty("limit").GetInt64().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task No_node_that_has_the_module_is_a_problem_with_a_time_to_come_back()
    {
        await using var cluster = await SplitCluster.StartAsync();
        var api = await cluster.AddAsync("api", "api");
        var alice = await api.RegisterAsync("alice");

        var problem = await (await alice.Http.GetAsync("conversations", Cancel)).ShouldBeProblemAsync(ProblemCodes.Unavailable);

        problem.GetProperty("retryAfterMs").GetInt64().ShouldBe(1_000);
        problem.GetProperty("detail").GetString().ShouldBe("No node with Messaging can be asked now.");
    }

    /// <summary>Registers a user, and waits until every module can be asked.</summary>
    private static async Task<ChatUser> ReadyAsync(ChatServer api, string name)
    {
        var user = await api.RegisterAsync(name);
        foreach (var path in new[] { "conversations", $"presence?userIds={user.Id}" })
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            limit.CancelAfter(TimeSpan.FromSeconds(30));
            while (!(await user.Http.GetAsync(path, limit.Token)).IsSuccessStatusCode)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
            }
        }
        return user;
    }
}
