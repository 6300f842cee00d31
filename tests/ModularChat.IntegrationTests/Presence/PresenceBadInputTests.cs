using System.Diagnostics;
using System.Text.Json.Nodes;
using ModularChat.Contracts;
using ModularChat.IntegrationTests.Gateway;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Presence;

/// <summary>What nobody should send, and what it must not tell.</summary>
public sealed class PresenceBadInputTests(ITestOutputHelper output)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_wrong_is_said_and_changes_nothing()
    {
        await using var server = await ChatServer.StartAsync();
        var users = await server.RegisterAsync("anna", "ben");
        var anna = users[0];
        await CheckAsync("PUT", "me/presence", new { state = "asleep" }, "malformed_json");
        await CheckAsync("PUT", "me/presence", new { state = "offline" }, "invalid_request");
        await CheckAsync("PUT", "me/presence", new { state = 17 }, "invalid_request");
        await CheckAsync("PUT", "me/presence", new { status = "text" }, "malformed_json");
        await CheckAsync("PUT", "me/presence", new { status = new { } }, "invalid_request");
        await CheckAsync("PUT", "me/presence", new { status = new { text = new string('x', 141) } }, "too_long");
        await CheckAsync("PUT", "me/presence", new { status = new { text = "a\u0000b" } }, "invalid_text");
        await CheckAsync("PUT", "me/presence", new { status = new { text = "x", expiresAt = "2020-01-01T00:00:00Z" } }, "invalid_request");
        await CheckAsync("PUT", "me/presence", new { status = new { text = "x", expiresAt = "yesterday" } }, "malformed_json");
        await CheckAsync("GET", "presence?userIds=anna", null, "invalid_request");
        await CheckAsync("GET", "presence?userIds=,", null, "invalid_request");
        await CheckAsync("GET", "presence?userIds=" + string.Join(',', Enumerable.Range(0, 201).Select(_ => Ids.New())), null, "too_long");
        await CheckAsync("PUT", $"connections/{Ids.New()}/watch", new { userIds = Enumerable.Range(0, 201).Select(_ => Ids.New()) }, "too_long");
        await CheckAsync("PUT", $"connections/{Ids.New()}/watch", new { userIds = "all" }, "malformed_json");
        await CheckAsync("POST", $"connections/{Ids.New()}/heartbeat", new { }, "invalid_request");
        var own = await anna.AskAsync<JsonNode>(HttpMethod.Get, "me/presence");
        (own["chosen"]!.GetValue<string>(), own["status"]).ShouldBe(("online", null));

        async Task CheckAsync(string method, string path, object? body, string code)
        {
            using var response = await anna.RequestAsync(new HttpMethod(method), path, body);
            var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync(Token))!;
            problem["code"]!.GetValue<string>().ShouldBe(code, $"{method} {path}");
        }
    }

    [Fact]
    public async Task A_watch_of_everybody_is_refused_and_one_that_is_no_frame_any_more_ends_the_connection()
    {
        await using var server = await ChatServer.StartAsync();
        var users = await server.RegisterAsync("anna", "ben");
        var (socket, _) = await RawSocket.LiveAsync(server.Url, users[0].Token, Token);
        await using (socket)
        {
            await WatchAsync(20_000);
            (await socket.ExpectAsync("problem", Token))["problem"]!["code"]!.GetValue<string>().ShouldBe("too_long");
            await WatchAsync(100_000);
            (await socket.ClosedAsync(Token)).ShouldBe(1009);
        }
        (await users[1].AskAsync<JsonNode>(HttpMethod.Get, "me/presence")).ShouldNotBeNull();

        Task WatchAsync(int count) =>
            socket.SendTextAsync($$"""{"type":"watch","userIds":[{{string.Join(',', Enumerable.Range(0, count).Select(_ => $"\"{Ids.New()}\""))}}]}""", Token);
    }

    [Fact]
    public async Task A_thousand_heartbeats_are_answered_and_hold_nobody_up()
    {
        await using var server = await ChatServer.StartAsync();
        var users = await server.RegisterAsync("anna", "ben");
        var (rude, _) = await RawSocket.LiveAsync(server.Url, users[0].Token, Token);
        var (calm, _) = await RawSocket.LiveAsync(server.Url, users[1].Token, Token);
        await using (rude)
        await using (calm)
        {
            var watch = Stopwatch.StartNew();
            var slowest = TimeSpan.Zero;
            var sending = SendAsync();
            for (var i = 0; i < 1000; i++)
            {
                await rude.ExpectAsync("heartbeat", Token);
                if (i % 100 == 0)
                {
                    var before = watch.Elapsed;
                    await calm.SendTextAsync("""{"type":"heartbeat"}""", Token);
                    await calm.ExpectAsync("heartbeat", Token);
                    slowest = watch.Elapsed - before > slowest ? watch.Elapsed - before : slowest;
                }
            }
            await sending;
            output.WriteLine($"1,000 heartbeats in {watch.Elapsed.TotalSeconds:0.00} s; another's took at most {slowest.TotalMilliseconds:0} ms meanwhile");
        }

        async Task SendAsync()
        {
            for (var i = 0; i < 1000; i++)
            {
                await rude.SendTextAsync(i % 2 == 0 ? """{"type":"heartbeat","active":true}""" : """{ "type": "heartbeat", "id": 1 }""", Token);
            }
        }
    }

    [Fact]
    public async Task Nobody_beats_or_watches_for_anothers_connection()
    {
        await using var server = await ChatServer.StartAsync();
        var users = await server.RegisterAsync("anna", "ben");
        var socket = await RawSocket.OpenAsync(server.Url, Token);
        await using (socket)
        {
            await socket.SendAsync(new JsonObject { ["type"] = "hello", ["token"] = users[1].Token }, Token);
            var bens = (await socket.ExpectAsync("hello", Token))["connectionId"]!.GetValue<Guid>();
            string? first = null;
            foreach (var id in new[] { bens, Ids.New() })
            {
                using var beat = await users[0].RequestAsync(HttpMethod.Post, $"connections/{id}/heartbeat", new { active = true });
                using var watch = await users[0].RequestAsync(HttpMethod.Put, $"connections/{id}/watch", new { contacts = true });
                var said = await beat.Content.ReadAsStringAsync(Token) + await watch.Content.ReadAsStringAsync(Token);
                said.ShouldContain("not_found");
                said.ShouldBe(first ??= said, "Another's and nobody's are the same.");
            }
        }
    }

    [Fact]
    public async Task Of_who_hides_who_blocks_and_who_is_not_there_one_hears_the_same()
    {
        await using var server = await ChatServer.StartAsync(settings: ["Gateway:HeartbeatSeconds=1", "Gateway:OfflineAfterSeconds=2"]);
        var users = await server.RegisterAsync("anna", "hider", "blocker", "blocked");
        var (anna, hider, blocker, blocked) = (users[0], users[1], users[2], users[3]);
        await hider.AskAsync<JsonNode>(HttpMethod.Put, "me/settings", new { version = 0, settings = new { presence = "nobody" } });
        await blocker.BlockAsync(anna);
        await anna.BlockAsync(blocked);
        foreach (var user in users)
        {
            await user.AskAsync<JsonNode>(HttpMethod.Put, "me/presence", new { status = new { text = "here" } });
        }
        await Task.Delay(2500, Token);
        var sockets = new List<RawSocket>();
        foreach (var user in users[1..])
        {
            sockets.Add((await RawSocket.LiveAsync(server.Url, user.Token, Token)).Socket);
        }
        Guid[] ids = [hider.Id, blocker.Id, blocked.Id, Ids.New()];
        // The tick after connections have said how long they count: from then on the server knows who is offline.
        await Task.Delay(1500, Token);
        var asked = await anna.AskAsync<JsonNode>(HttpMethod.Get, $"presence?userIds={string.Join(',', ids)}");
        Check(asked["users"]!.AsArray());
        var (socket, _) = await RawSocket.LiveAsync(server.Url, anna.Token, Token);
        await using (socket)
        {
            await socket.SendAsync(new JsonObject { ["type"] = "watch", ["userIds"] = new JsonArray([.. ids.Select(id => JsonValue.Create(id))]) }, Token);
            Check((await socket.ExpectAsync("presence", Token))["users"]!.AsArray());
            foreach (var user in users[1..])
            {
                await user.AskAsync<JsonNode>(HttpMethod.Put, "me/presence", new { state = "dnd" });
            }
            // Two ticks and more; the connection lives on by its heartbeats.
            for (var i = 0; i < 6; i++)
            {
                await Task.Delay(500, Token);
                await socket.SendTextAsync("""{"type":"heartbeat"}""", Token);
                (await socket.ReceiveAsync(Token))!["type"]!.GetValue<string>().ShouldNotBe("presence", "and nothing ever after");
            }
        }
        sockets.ForEach(one => _ = one.DisposeAsync().AsTask());

        void Check(JsonArray told)
        {
            told.Select(user => user!["userId"]!.GetValue<Guid>()).ShouldBe(ids);
            string[] rest = [.. told.Select(user => user!.AsObject().Remove("userId") ? user.ToJsonString() : "").Distinct()];
            rest.ShouldHaveSingleItem().ShouldMatch("""^\{"state":"offline","asOf":"[^"]*"\}$""");
        }
    }
}
