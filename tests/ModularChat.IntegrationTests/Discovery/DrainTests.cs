using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ModularChat.IntegrationTests.Gateway;
using ModularChat.IntegrationTests.Hub;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Discovery;

public sealed class DrainTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_administrator_drains_a_node_of_a_cluster_and_it_sends_its_clients_away_and_ends_with_0()
    {
        Assert.SkipWhen(RegistryServer.Missing("redis").Length > 0, RegistryServer.Missing("redis"));
        await using var registry = await RegistryServer.StartAsync("redis", Token);
        await using var a = await ChatServer.StartAsync(settings: registry.Settings("a"));
        var administrator = await a.RegisterAsync("owner");
        var folder = Directory.CreateTempSubdirectory("modularchat-test-").FullName;
        try
        {
            await using var b = await ServerProcess.StartAsync(folder, settings: [.. registry.Settings("b"), "Identity:SetupCode=setup-code-of-tests"]);
            var (socket, _) = await RawSocket.LiveAsync(b.Url, await RegisterAsync(b.Url), Token);
            await using (socket)
            {
                await UntilAsync(() => StateOfAsync(administrator, "b"), "up");

                using var answer = await administrator.Http.PostAsync("admin/nodes/b/drain", null, Token);

                answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
                await UntilAsync(() => ReadinessOfAsync(b.Url), "ServiceUnavailable");
                (await socket.ClosedAsync(Token)).ShouldBe(4010);
            }
            (await b.ExitAsync(Token)).ShouldBe(0, b.Output);
            await UntilAsync(() => StateOfAsync(administrator, "b"), "gone");
            (await administrator.Http.PostAsync("admin/nodes/b/drain", null, Token)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_signal_ends_a_server_that_stands_alone_politely()
    {
        var folder = Directory.CreateTempSubdirectory("modularchat-test-").FullName;
        try
        {
            await using var server = await ServerProcess.StartAsync(folder, settings: ["Identity:SetupCode=setup-code-of-tests"]);
            var session = await RegisterAsync(server.Url);
            var (socket, _) = await RawSocket.LiveAsync(server.Url, session, Token);
            var (hub, _) = await HubClient.LiveAsync(server.Url, session, Token);
            await using (socket)
            await using (hub)
            {
                using var kill = Process.Start("kill", ["-TERM", server.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);

                (await socket.ClosedAsync(Token)).ShouldBe(1001);
                (await hub.ExpectAsync("close", Token))["code"]!.GetValue<int>().ShouldBe(1001);
            }
            (await server.ExitAsync(Token)).ShouldBe(0, server.Output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_long_poll_that_waits_is_answered_when_its_server_ends()
    {
        var folder = Directory.CreateTempSubdirectory("modularchat-test-").FullName;
        try
        {
            await using var server = await ServerProcess.StartAsync(folder, settings: ["Identity:SetupCode=setup-code-of-tests", "Host:ShutdownSeconds=5"]);
            using var http = new HttpClient { BaseAddress = new Uri(server.Url, "/api/v1/") };
            http.DefaultRequestHeaders.Authorization = new("Bearer", await RegisterAsync(server.Url));
            var cursor = (await http.GetFromJsonAsync<JsonElement>("sync", Token)).GetProperty("cursor").GetString()!;
            // Twice as it asks: the first may still wake for what the log-in has written.
            cursor = (await http.GetFromJsonAsync<JsonElement>($"sync?wait=1&cursor={Uri.EscapeDataString(cursor)}", Token)).GetProperty("cursor").GetString()!;
            var waiting = http.GetAsync($"sync?wait=60&cursor={Uri.EscapeDataString(cursor)}", Token);
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, Token);
            waiting.IsCompleted.ShouldBeFalse();
            using var kill = Process.Start("kill", ["-TERM", server.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);

            using var answer = await waiting;

            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            (await server.ExitAsync(Token)).ShouldBe(0, server.Output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> ReadinessOfAsync(Uri url)
    {
        using var client = new HttpClient { BaseAddress = url };
        using var answer = await client.GetAsync("health/ready", Token);
        return answer.StatusCode.ToString();
    }

    private static async Task<string> StateOfAsync(ChatUser administrator, string id)
    {
        var answer = await administrator.Http.GetFromJsonAsync<JsonElement>("admin/nodes", Token);
        foreach (var node in answer.GetProperty("nodes").EnumerateArray())
        {
            if (node.GetProperty("id").GetString() == id)
            {
                return node.GetProperty("state").GetString()!;
            }
        }
        return "gone";
    }

    private static async Task UntilAsync(Func<Task<string>> state, string wanted)
    {
        var clock = Stopwatch.StartNew();
        string now;
        while ((now = await state()) != wanted)
        {
            clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(40), $"{now}, not {wanted}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Token);
        }
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
}
