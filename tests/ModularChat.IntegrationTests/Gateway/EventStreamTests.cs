using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using ModularChat.Contracts.Identity;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Gateway;

/// <summary>Server-sent events as docs/protocol.md section 13 describes them.</summary>
public sealed class EventStreamTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_stream_opens_like_a_WebSocket_and_then_brings_entries()
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        var group = await user.CreateGroupAsync("Notes");
        await user.SendAsync(group.Id, "before");
        await using var stream = await EventStream.OpenAsync(user.Http, Token);
        stream.Response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        stream.Response.Headers.GetValues("X-Accel-Buffering").ShouldBe(["no"]);
        stream.Response.Headers.CacheControl!.NoCache.ShouldBeTrue();

        (await stream.ReadAsync(Token))!.Type.ShouldBe("hello");
        var sync = (await stream.ReadAsync(Token))!;
        sync.Type.ShouldBe("sync");
        sync.Id.ShouldBe(sync.Data["cursor"]!.GetValue<string>());
        Texts(sync.Data).ShouldContain("before");
        await stream.ExpectAsync("live", Token);
        await user.SendAsync(group.Id, "after\nin two lines");
        (await stream.ExpectAsync("entry", Token))["entry"]!["body"]!["text"]!.GetValue<string>().ShouldBe("after\nin two lines");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_last_event_id_is_where_the_next_stream_begins(bool inHeader)
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        var group = await user.CreateGroupAsync("Notes");
        string last;
        await using (var stream = await EventStream.OpenAsync(user.Http, Token))
        {
            await stream.ExpectAsync("live", Token);
            await user.SendAsync(group.Id, "one");
            await stream.ExpectAsync("entry", Token);
            var cursor = (await stream.ExpectAsync("cursor", Token))["cursor"]!.GetValue<string>();
            last = stream.LastId!;
            last.ShouldBe(cursor);
        }
        await user.SendAsync(group.Id, "two");
        await using var again = inHeader
            ? await EventStream.OpenAsync(user.Http, Token, last, "?cursor=not-looked-at")
            : await EventStream.OpenAsync(user.Http, Token, query: $"?cursor={Uri.EscapeDataString(last)}");
        Texts(await again.ExpectAsync("sync", Token)).ShouldBe(["two"]);
    }

    [Fact]
    public async Task A_cursor_that_is_none_ends_the_stream_with_the_WebSockets_number()
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        await using var stream = await EventStream.OpenAsync(user.Http, Token, "nonsense");
        (await stream.ExpectAsync("problem", Token))["problem"]!["code"]!.GetValue<string>().ShouldBe("invalid_cursor");
        (await stream.ExpectAsync("close", Token))["code"]!.GetValue<int>().ShouldBe(4103);
        (await stream.ReadAsync(Token)).ShouldBeNull();
    }

    [Fact]
    public async Task A_device_that_is_signed_out_loses_its_stream_for_good()
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        var phone = await server.LoginAsync("anna");
        await using var stream = await EventStream.OpenAsync(phone.Http, Token);
        await stream.ExpectAsync("live", Token);
        (await user.RequestAsync(HttpMethod.Delete, $"devices/{phone.DeviceId}")).EnsureSuccessStatusCode();
        var close = await stream.ExpectAsync("close", Token);
        close["code"]!.GetValue<int>().ShouldBe(4100);
        close["reason"]!.GetValue<string>().ShouldBe("unauthorized");
        (await stream.ReadAsync(Token)).ShouldBeNull();
    }

    [Fact]
    public async Task A_token_is_taken_from_the_header_only()
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        using var answer = await server.Anonymous.GetAsync($"events?access_token={user.Token}", Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
    }

    [Fact]
    public async Task A_key_without_the_scope_is_refused_before_the_stream_begins()
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        foreach (var (scope, status) in new[] { (ApplicationScopes.Users, HttpStatusCode.Forbidden), (ApplicationScopes.Messages, HttpStatusCode.OK) })
        {
            var made = await user.AskAsync<JsonObject>(HttpMethod.Post, "admin/applications", new { name = "shop", scopes = new[] { scope } });
            using var request = new HttpRequestMessage(HttpMethod.Get, "events");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", made["key"]!.GetValue<string>());
            request.Headers.Add("Act-As", user.Id.ToString());
            using var answer = await server.Anonymous.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
            answer.StatusCode.ShouldBe(status);
        }
    }

    [Fact]
    public async Task One_stream_too_many_is_told_by_its_last_event()
    {
        await using var server = await ChatServer.StartAsync(settings: ["Gateway:ConnectionsPerUser=1"]);
        var user = await server.RegisterAsync("anna");
        await using var one = await EventStream.OpenAsync(user.Http, Token);
        await one.ExpectAsync("live", Token);
        await using var two = await EventStream.OpenAsync(user.Http, Token);
        (await two.ExpectAsync("close", Token))["code"]!.GetValue<int>().ShouldBe(4102);
        (await two.ReadAsync(Token)).ShouldBeNull();
    }

    [Fact]
    public async Task A_silent_stream_carries_comments_and_stays_open()
    {
        await using var server = await ChatServer.StartAsync(settings: ["Gateway:HeartbeatSeconds=1", "Gateway:OfflineAfterSeconds=2"]);
        var user = await server.RegisterAsync("anna");
        var group = await user.CreateGroupAsync("Notes");
        await using var stream = await EventStream.OpenAsync(user.Http, Token);
        await stream.ExpectAsync("live", Token);
        var next = stream.ExpectAsync("entry", Token);
        while (stream.Comments < 4)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Token);
            next.IsCompleted.ShouldBeFalse();
        }
        await user.SendAsync(group.Id, "still there");
        (await next)["entry"]!["body"]!["text"]!.GetValue<string>().ShouldBe("still there");
    }

    [Fact]
    public async Task A_server_that_stops_says_so()
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        await using var stream = await EventStream.OpenAsync(user.Http, Token);
        await stream.ExpectAsync("live", Token);
        var stopping = server.StopAsync();
        (await stream.ExpectAsync("close", Token))["code"]!.GetValue<int>().ShouldBe(1001);
        await stopping;
    }

    [Fact]
    public async Task A_reader_that_does_not_read_is_cut_and_the_others_get_everything()
    {
        await using var server = await ChatServer.StartAsync(settings: ["Gateway:OutboundFrames=64", "Gateway:OutboundBytes=65536"]);
        var users = await server.RegisterAsync("anna", "boris");
        var group = await users[0].CreateGroupAsync("Team", users[1]);
        await using var stuck = await EventStream.OpenAsync(users[1].Http, Token);
        await stuck.ExpectAsync("live", Token);
        await using var reading = await EventStream.OpenAsync(users[0].Http, Token);
        await reading.ExpectAsync("live", Token);
        var text = new string('x', 60_000);
        for (var i = 0; i < 200; i++)
        {
            await users[0].SendAsync(group.Id, text);
            await reading.ExpectAsync("entry", Token);
        }
        // Either the last event still got through, or the connection was cut under it.
        var got = 0;
        string? end = null;
        try
        {
            while (await stuck.ReadAsync(Token) is { } next)
            {
                got += next.Type == "entry" ? 1 : 0;
                end = next.Type;
            }
            end.ShouldBe("close");
        }
        catch (IOException)
        {
            end.ShouldNotBe("close");
        }
        got.ShouldBeLessThan(200);
    }

    private static IEnumerable<string> Texts(JsonNode page) =>
        page["conversations"]!.AsArray().SelectMany(c => c!["entries"]!.AsArray()).Select(e => e!["body"]?["text"]?.GetValue<string>()).OfType<string>();
}
