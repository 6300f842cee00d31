using System.Net;
using System.Text.Json;
using ModularChat.Client;
using ModularChat.Contracts;
using ModularChat.IntegrationTests.Gateway;
using ModularChat.IntegrationTests.Hub;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Devices;

/// <summary>What is begun on one device goes on on another.</summary>
public sealed class DraftTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_draft_reaches_the_other_devices_live_and_after_absence()
    {
        await using var server = await ChatServer.StartAsync();
        var phone = await server.RegisterAsync("anna");
        var desk = await server.LoginAsync("anna");
        var other = await server.RegisterAsync("boris");
        var conversation = (await phone.OpenDirectAsync(other)).Id;
        var (socket, _) = await RawSocket.LiveAsync(server.Url, desk.Token, Token);
        await using var closingSocket = socket;
        var (hub, _) = await HubClient.LiveAsync(server.Url, desk.Token, Token);
        await using var closingHub = hub;
        await using var stream = await EventStream.OpenAsync(desk.Http, Token);
        while ((await stream.ReadAsync(Token))!.Type != "live")
        {
        }
        var polled = await desk.SyncAllAsync();
        var waiting = PollUntilDraftsAsync(desk, polled.Cursor);
        // A stranger's connection must hear nothing of it.
        var (stranger, _) = await RawSocket.LiveAsync(server.Url, other.Token, Token);
        await using var closingStranger = stranger;

        var message = Ids.New();
        var put = await phone.AskAsync<JsonElement>(HttpMethod.Put, $"me/drafts/{conversation}", new { text = "dear boris,\n\tI", replyTo = 1, clientMessageId = message });
        var version = put.GetProperty("version").GetInt64();

        (await socket.ExpectAsync("versions", Token))["versions"]!["drafts"]!.GetValue<long>().ShouldBe(version);
        (await hub.ExpectAsync("versions", Token))["versions"]!["drafts"]!.GetValue<long>().ShouldBe(version);
        (await stream.ExpectAsync("versions", Token))["versions"]!["drafts"]!.GetValue<long>().ShouldBe(version);
        (await waiting).ShouldBe(version);
        var list = await desk.AskAsync<JsonElement>(HttpMethod.Get, "me/drafts");
        list.GetProperty("version").GetInt64().ShouldBe(version);
        var draft = list.GetProperty("drafts").EnumerateArray().Single();
        draft.GetProperty("text").GetString().ShouldBe("dear boris,\n\tI");
        draft.GetProperty("replyTo").GetInt64().ShouldBe(1);
        draft.GetProperty("clientMessageId").GetGuid().ShouldBe(message);
        draft.GetProperty("conversationId").GetGuid().ShouldBe(conversation);

        // Sent: whoever sees the message of this id takes the draft away. Not one that was begun since.
        (await phone.RequestAsync(HttpMethod.Delete, $"me/drafts/{conversation}?clientMessageId={Ids.New()}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await desk.AskAsync<JsonElement>(HttpMethod.Get, "me/drafts")).GetProperty("drafts").GetArrayLength().ShouldBe(1);
        await phone.SendAsync(conversation, "dear boris,\n\tI", message);
        (await phone.RequestAsync(HttpMethod.Delete, $"me/drafts/{conversation}?clientMessageId={message}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await desk.AskAsync<JsonElement>(HttpMethod.Get, "me/drafts")).GetProperty("drafts").GetArrayLength().ShouldBe(0);
        (await socket.ExpectAsync("versions", Token))["versions"]!["drafts"]!.GetValue<long>().ShouldBeGreaterThan(version);

        (await stranger.ExpectAsync("entry", Token))["entry"]!["body"]!["text"]!.GetValue<string>().ShouldStartWith("dear");
        (await other.AskAsync<JsonElement>(HttpMethod.Get, "me/drafts")).GetProperty("drafts").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Drafts_leave_no_entries_and_the_same_one_twice_changes_nothing()
    {
        await using var server = await ChatServer.StartAsync();
        var anna = await server.RegisterAsync("anna");
        var self = Ids.Self(anna.Id);
        var head = (await anna.GetConversationAsync(self)).Head;
        long last = 0;
        for (var i = 0; i < 20; i++)
        {
            last = (await anna.AskAsync<JsonElement>(HttpMethod.Put, $"me/drafts/{self}", new { text = $"note {i / 2}" })).GetProperty("version").GetInt64();
        }
        last.ShouldBe(10);
        (await anna.GetConversationAsync(self)).Head.ShouldBe(head);
    }

    [Fact]
    public async Task The_client_keeps_and_lists_drafts_and_devices()
    {
        await using var server = await ChatServer.StartAsync();
        var anna = await server.RegisterAsync("anna");
        var desk = await server.LoginAsync("anna");
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        var api = new ChatApi(http, server.Url, new ChatCredentials(anna.Token));
        var (conversation, message) = (Ids.Self(anna.Id), Ids.New());
        var version = await api.PutDraftAsync(conversation, "to do", replyTo: 3, message, Token);
        var drafts = await api.GetDraftsAsync(Token);
        drafts.Version.ShouldBe(version);
        drafts.Items.Single().ShouldBe(new StoredDraft(conversation, "to do", drafts.Items[0].At, 3, message));
        await api.DeleteDraftAsync(conversation, message, Token);
        (await api.GetDraftsAsync(Token)).Items.ShouldBeEmpty();
        (await api.ListDevicesAsync(Token)).Select(device => device.Id).ShouldBe([anna.DeviceId, desk.DeviceId], ignoreOrder: true);
        await api.SignOutDeviceAsync(desk.DeviceId, Token);
        (await api.ListDevicesAsync(Token)).Single().IsCurrent.ShouldBeTrue();
    }

    [Theory]
    [InlineData("", "invalid_request")]
    [InlineData("a\u0000b", "invalid_text")]
    [InlineData("12345678901", "too_long")]
    public async Task What_is_no_draft_is_refused(string text, string code)
    {
        await using var server = await ChatServer.StartAsync(settings: "Identity:MaxDraftLength=10");
        var anna = await server.RegisterAsync("anna");
        using var refused = await anna.RequestAsync(HttpMethod.Put, $"me/drafts/{Ids.New()}", new { text });
        JsonDocument.Parse(await refused.Content.ReadAsStringAsync(Token)).RootElement.GetProperty("code").GetString().ShouldBe(code);
    }

    [Fact]
    public async Task Above_the_limit_nothing_is_dropped_in_silence()
    {
        await using var server = await ChatServer.StartAsync(settings: "Identity:MaxDrafts=2");
        var anna = await server.RegisterAsync("anna");
        var first = Ids.New();
        await anna.AskAsync<JsonElement>(HttpMethod.Put, $"me/drafts/{first}", new { text = "1" });
        await anna.AskAsync<JsonElement>(HttpMethod.Put, $"me/drafts/{Ids.New()}", new { text = "2" });
        await (await anna.RequestAsync(HttpMethod.Put, $"me/drafts/{Ids.New()}", new { text = "3" })).ShouldBeProblemAsync(ProblemCodes.LimitReached);
        await anna.AskAsync<JsonElement>(HttpMethod.Put, $"me/drafts/{first}", new { text = "1 and more" });
    }

    /// <summary>Long polls, one after another as entries come, until one says the version of the drafts.</summary>
    private static async Task<long> PollUntilDraftsAsync(ChatUser user, string cursor)
    {
        while (true)
        {
            // None are there yet.
            var page = await user.AskAsync<JsonElement>(HttpMethod.Get, $"sync?wait=60&drafts=0&cursor={Uri.EscapeDataString(cursor)}");
            if (page.TryGetProperty("versions", out var versions) && versions.TryGetProperty("drafts", out var version))
            {
                return version.GetInt64();
            }
            cursor = page.GetProperty("cursor").GetString()!;
        }
    }
}
