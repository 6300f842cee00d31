using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.IntegrationTests.Gateway;
using ModularChat.IntegrationTests.Servers;
using ModularChat.Notifications.Sending;
using ModularChat.Notifications.Storage;
using ModularChat.Shared;

namespace ModularChat.IntegrationTests.Description;

/// <summary>Every documented operation, called with success; <see cref="DescribedHandler"/> holds each answer against the document.</summary>
public sealed class WalkTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_documented_operation_succeeds_as_documented()
    {
        await using var server = await ChatServer.StartAsync();
        using var handler = new DescribedHandler(new SocketsHttpHandler { UseProxy = false, UseCookies = false });
        using var http = new HttpClient(handler) { BaseAddress = new Uri(server.Url, "/api/v1/") };
        var walk = new Walk(http);

        await walk.AskAsync(null, "GET", "limits");
        await walk.AskAsync(null, "GET", "server");
        await walk.AskAsync(null, "GET", "discovery/server?explain=true");
        var alice = await walk.EnterAsync("register", "alice");
        var bo = await walk.EnterAsync("register", "bo-b");
        var carl = await walk.EnterAsync("register", "carl");
        await PeopleAsync(walk, alice, bo, carl);
        await CallsAsync(walk, alice, carl);
        await ConversationsAsync(walk, alice, bo, carl);
        await PushAsync(server, walk, alice, bo);
        await AdministrationAsync(walk, alice, bo, carl);
        // Last: the server then ends.
        var nodes = await walk.AskAsync(alice, "GET", "admin/nodes");
        await walk.AskAsync(alice, "POST", $"admin/nodes/{nodes.GetProperty("nodes")[0].GetProperty("id").GetString()}/drain");

        handler.Called.Keys.ShouldBe(ApiDescription.Committed.OperationIds, ignoreOrder: true);
    }

    private static async Task PeopleAsync(Walk walk, Person alice, Person bo, Person carl)
    {
        await walk.AskAsync(bo, "GET", "me");
        await walk.AskAsync(bo, "PATCH", "me", new { displayName = "Bo", statusText = "here", timeZone = "Europe/Berlin" });
        var settings = await walk.AskAsync(bo, "GET", "me/settings");
        await walk.AskAsync(carl, "PUT", "me/settings", new { version = settings.GetProperty("version").GetInt64(), settings = new { groupAdditions = "friends", client = new { a = 1 } } });
        await walk.AskAsync(bo, "PUT", $"me/drafts/{Ids.New()}", new { text = "dear al", replyTo = 1, clientMessageId = Ids.New() });
        await walk.AskAsync(bo, "GET", "me/drafts");
        await walk.AskAsync(bo, "DELETE", $"me/drafts/{Ids.New()}?clientMessageId={Ids.New()}");
        await walk.AskAsync(bo, "PUT", "me/presence", new { state = "dnd", status = new { text = "busy", expiresAt = "2100-01-01T00:00:00Z" } });
        await walk.AskAsync(bo, "GET", "me/presence");
        await walk.AskAsync(bo, "GET", $"presence?userIds={alice.Id},{carl.Id}");
        var (socket, connection) = await walk.ConnectAsync(bo);
        await walk.AskAsync(bo, "PUT", $"connections/{connection}/watch", new { contacts = true, userIds = new[] { carl.Id } });
        await walk.AskAsync(bo, "POST", $"connections/{connection}/heartbeat", new { active = true });
        await socket.DisposeAsync();
        using var device = new PushDevice();
        await walk.AskAsync(bo, "GET", "push/keys");
        var subscription = await walk.AskAsync(bo, "POST", "me/push/subscriptions", new { endpoint = "https://push.example.org/1", keys = new { p256dh = device.P256dh, auth = device.Auth }, name = "browser" });
        await walk.AskAsync(bo, "GET", "me/push/subscriptions");
        await walk.AskAsync(bo, "DELETE", $"me/push/subscriptions/{subscription.GetProperty("id").GetGuid()}");
        await walk.AskAsync(bo, "POST", "me/push/test");
        await walk.AskAsync(bo, "PUT", "me/push/settings", new { level = "mentions", content = "sender", quietHours = new { from = "22:30", to = "07:00", timeZone = "Europe/Berlin" } });
        await walk.AskAsync(bo, "GET", "users?prefix=al&limit=5");
        await walk.AskAsync(bo, "GET", $"users/{alice.Id}");
        await walk.AskAsync(alice, "PUT", $"friends/{bo.Id}");
        await walk.AskAsync(bo, "GET", "friends");
        await walk.AskAsync(bo, "DELETE", $"friends/{alice.Id}");
        await walk.AskAsync(bo, "PUT", $"blocks/{carl.Id}");
        await walk.AskAsync(bo, "GET", "blocks");
        await walk.AskAsync(bo, "DELETE", $"blocks/{carl.Id}");
    }

    private static async Task CallsAsync(Walk walk, Person alice, Person carl)
    {
        var direct = (await walk.AskAsync(alice, "PUT", $"conversations/direct/{carl.Id}")).GetProperty("id").GetGuid();
        var (caller, callee) = (Ids.New(), Ids.New());
        var call = $"calls/{Ids.New()}";
        await walk.AskAsync(alice, "POST", $"conversations/{direct}/calls", new { callId = Guid.Parse(call[6..]), legId = caller });
        await walk.AskAsync(carl, "GET", "calls");
        await walk.AskAsync(carl, "POST", $"{call}/accept", new { legId = callee });
        await walk.AskAsync(alice, "POST", $"{call}/signal", new { legId = caller, signal = new { kind = "offer", sdp = "v=0\r\ns=-\r\n" } });
        await walk.AskAsync(alice, "POST", $"{call}/signal", new { legId = caller, signal = new { kind = "candidates", candidates = new[] { new { candidate = "candidate:1", sdpMid = "0", sdpMLineIndex = 0 } } } });
        await walk.AskAsync(carl, "GET", $"{call}?after=0");
        await walk.AskAsync(carl, "POST", $"{call}/renew", new { legId = callee });
        await walk.AskAsync(alice, "GET", $"{call}/ice");
        await walk.AskAsync(alice, "POST", $"{call}/hangup", new { legId = caller });
        await walk.AskAsync(carl, "POST", $"{call}/decline");
        var group = $"conversations/{Ids.New()}";
        await walk.AskAsync(alice, "PUT", group, new { title = "Talk", userIds = new[] { carl.Id } });
        // Who takes additions from friends only is invited.
        await walk.AskAsync(carl, "POST", $"{group}/join");
        await walk.AskAsync(alice, "POST", $"{group}/room/join", new { legId = caller });
        await walk.AskAsync(carl, "POST", $"{group}/room/join", new { legId = callee, muted = true });
        await walk.AskAsync(carl, "POST", $"{group}/room/signal", new { legId = callee, to = caller, epoch = 1, signal = new { kind = "offer", sdp = "v=0\r\ns=-\r\n" } });
        await walk.AskAsync(alice, "GET", $"{group}/room?legId={caller}&after=0");
        await walk.AskAsync(alice, "POST", $"{group}/room/renew", new { legId = caller, speaking = true });
        await walk.AskAsync(alice, "POST", $"{group}/room/silence", new { userId = carl.Id, silenced = true });
        await walk.AskAsync(carl, "GET", $"{group}/room/ice");
        await walk.AskAsync(carl, "GET", "rooms");
        await walk.AskAsync(carl, "POST", $"{group}/room/leave", new { legId = callee });
        // The entries that it left.
        await walk.AskAsync(carl, "GET", $"conversations/{direct}/messages");
    }

    private static async Task ConversationsAsync(Walk walk, Person alice, Person bo, Person carl)
    {
        await walk.AskAsync(alice, "PUT", $"conversations/direct/{bo.Id}");
        var group = $"conversations/{Ids.New()}";
        await walk.AskAsync(alice, "PUT", group, new { title = "Team", userIds = new[] { bo.Id }, history = "joined" });
        await walk.AskAsync(alice, "POST", $"{group}/members", new { userIds = new[] { carl.Id } });
        await walk.AskAsync(carl, "POST", $"{group}/join");
        await walk.AskAsync(alice, "PATCH", $"{group}/members/{bo.Id}", new { role = "administrator" });
        await walk.AskAsync(alice, "PATCH", group, new { title = "The team", keep = new { days = 365, count = 1_000_000 } });
        await walk.AskAsync(alice, "GET", $"{group}/members?limit=10");
        await walk.AskAsync(bo, "PUT", $"{group}/preferences", new { pinned = true, mutedUntil = "2100-01-01T00:00:00Z" });
        await walk.AskAsync(bo, "PUT", $"{group}/push", new { level = "nothing" });
        await walk.AskAsync(bo, "GET", "me/push/settings");
        await walk.AskAsync(alice, "GET", "conversations?limit=10");
        await walk.AskAsync(alice, "GET", group);

        var send = new { clientMessageId = Ids.New(), text = "hi @bo-b @all" };
        var sent = await walk.AskAsync(alice, "POST", $"{group}/messages", send);
        (await walk.AskAsync(alice, "POST", $"{group}/messages", send)).GetProperty("duplicate").GetBoolean().ShouldBeTrue();
        var message = $"{group}/messages/{sent.GetProperty("seq")}";
        await walk.AskAsync(alice, "PATCH", message, new { text = "hello" });
        await walk.AskAsync(bo, "PUT", $"{message}/reactions/{Uri.EscapeDataString("👍")}");
        await walk.AskAsync(alice, "PUT", $"{message}/pin");
        await walk.AskAsync(bo, "POST", $"{group}/marks", new { read = sent.GetProperty("seq").GetInt64() });
        await walk.AskAsync(bo, "POST", $"{group}/typing");
        // Entries of all kinds, and a message in all its states.
        await walk.AskAsync(alice, "GET", $"{group}/messages?limit=100");
        await walk.AskAsync(bo, "DELETE", $"{message}/reactions/{Uri.EscapeDataString("👍")}");
        await walk.AskAsync(alice, "DELETE", $"{message}/pin");
        await walk.AskAsync(alice, "DELETE", message);
        await walk.AskAsync(carl, "DELETE", $"{group}/members/{carl.Id}");
        await walk.AskAsync(bo, "GET", "sync");
        await walk.OpenAsync(bo, "events");
    }

    private static async Task PushAsync(ChatServer server, Walk walk, Person alice, Person bo)
    {
        await walk.AskAsync(bo, "GET", $"me/push/trace?messageId={Ids.New()}:1");
        var shown = Ids.New();
        await walk.AskAsync(null, "POST", "push/shown", new { id = shown, receipt = await server.Services.GetRequiredService<Composer>().ReceiptAsync(shown, Cancel) });
        var dead = await server.Services.GetRequiredService<PushStore>().WriteAsync(
            db =>
            {
                var row = new QueueRow { Id = Ids.New(), UserId = bo.Id, Subject = PushSubject.Test, Provider = "push.example.org", State = QueueState.Dead, LastAnswer = "400" };
                db.Queue.Add(row);
                return Task.FromResult(row.Id);
            },
            Cancel);
        await walk.AskAsync(alice, "GET", "admin/push/dead?limit=10");
        await walk.AskAsync(alice, "POST", $"admin/push/dead/{dead}/resend");
    }

    private static async Task AdministrationAsync(Walk walk, Person alice, Person bo, Person carl)
    {
        await walk.AskAsync(alice, "POST", "admin/invites");
        var reset = await walk.AskAsync(alice, "POST", $"admin/users/{carl.Id}/reset");
        await walk.AskAsync(null, "POST", "password/reset", new { code = reset.GetProperty("code").GetString(), @new = ChatUser.Password });

        var key = await walk.AskAsync(alice, "POST", "admin/applications", new { name = "shop", scopes = ApplicationScopes.All });
        var application = new Person(Guid.Empty, Guid.Empty, key.GetProperty("key").GetString()!);
        await walk.AskAsync(application, "PUT", "applications/users/customer-1", new { name = "customer" });
        await walk.AskAsync(application, "POST", "applications/users/customer-1/sessions");
        await walk.AskAsync(application, "DELETE", "applications/users/customer-1/sessions");
        await walk.AskAsync(alice, "GET", "admin/applications");
        await walk.AskAsync(alice, "DELETE", $"admin/applications/{key.GetProperty("id").GetGuid()}");
        await walk.AskAsync(alice, "GET", "admin/applications");

        var second = await walk.EnterAsync("login", "bo-b");
        await walk.AskAsync(bo, "GET", "devices");
        await walk.AskAsync(bo, "DELETE", $"devices/{second.DeviceId}");
        await walk.AskAsync(bo, "POST", "password", new { current = ChatUser.Password, @new = ChatUser.Password + "!" });
        await walk.AskAsync(bo, "POST", "logout");
    }

    private sealed record Person(Guid Id, Guid DeviceId, string Token);

    private sealed class Walk(HttpClient http)
    {
        public async Task<Person> EnterAsync(string how, string name)
        {
            var answer = await AskAsync(null, "POST", how, new { name, password = ChatUser.Password, device = new { name = "walk" } });
            var session = answer.GetProperty("session");
            return new Person(answer.GetProperty("user").GetProperty("id").GetGuid(), session.GetProperty("deviceId").GetGuid(), session.GetProperty("token").GetString()!);
        }

        /// <summary>A live connection and its id.</summary>
        public async Task<(RawSocket Socket, Guid Id)> ConnectAsync(Person person)
        {
            var socket = await RawSocket.OpenAsync(new Uri(http.BaseAddress!, "/"), Cancel);
            await socket.SendAsync(new JsonObject { ["type"] = "hello", ["token"] = person.Token }, Cancel);
            return (socket, (await socket.ExpectAsync("hello", Cancel))["connectionId"]!.GetValue<Guid>());
        }

        /// <summary>Opens a stream and leaves it.</summary>
        public async Task OpenAsync(Person person, string path)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Authorization = new("Bearer", person.Token);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
            response.EnsureSuccessStatusCode();
        }

        public async Task<JsonElement> AskAsync(Person? person, string method, string path, object? body = null)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body is null ? null : JsonContent.Create(body) };
            if (person is not null)
            {
                request.Headers.Authorization = new("Bearer", person.Token);
            }
            using var response = await http.SendAsync(request, Cancel);
            var text = await response.Content.ReadAsStringAsync(Cancel);
            response.IsSuccessStatusCode.ShouldBeTrue($"{method} {path}: {(int)response.StatusCode} {text}");
            return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
        }
    }
}
