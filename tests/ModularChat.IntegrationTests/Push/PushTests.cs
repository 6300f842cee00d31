using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModularChat.IntegrationTests.Gateway;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Push;

public sealed class PushTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_reaches_a_device_that_is_not_connected_and_says_what_was_written()
    {
        await using var push = await PushServer.StartAsync();
        await using var server = await ChatServer.StartAsync(settings: PushServer.Settings);
        var (alice, bob) = (await server.RegisterAsync("alice"), await server.RegisterAsync("bob"));
        var group = await alice.CreateGroupAsync("Team", bob);
        var device = await push.SubscribeAsync(bob, "bob");

        var sent = await alice.SendAsync(group.Id, "hi @bob, how is it going?");

        var said = (await device.WaitAsync(1)).ShouldHaveSingleItem();
        said.GetProperty("kind").GetString().ShouldBe("message");
        said.GetProperty("conversationId").GetGuid().ShouldBe(group.Id);
        said.GetProperty("seq").GetInt64().ShouldBe(sent.Seq);
        said.GetProperty("unread").GetInt64().ShouldBe(1);
        said.GetProperty("title").GetString().ShouldBe("Team");
        said.GetProperty("sender").GetProperty("name").GetString().ShouldBe("alice");
        said.GetProperty("text").GetString().ShouldBe("hi @bob, how is it going?");
        said.GetProperty("mention").GetBoolean().ShouldBeTrue();
        var headers = push.Taken[0].Headers;
        headers["Urgency"].ShouldBe("high");
        await CheckSignatureAsync(bob, push, headers["Authorization"]);
    }

    [Fact]
    public async Task Nobody_is_told_what_they_do_not_want_or_may_not_see()
    {
        await using var push = await PushServer.StartAsync();
        await using var server = await ChatServer.StartAsync(settings: PushServer.Settings);
        var users = await server.RegisterAsync("alice", "muted", "mentions", "nothing", "blocked", "busy", "left", "wants");
        var alice = users[0];
        var group = await alice.CreateGroupAsync("Team", users[1..]);
        var devices = new Dictionary<string, Subscriber>(StringComparer.Ordinal);
        foreach (var user in users)
        {
            devices[user.Name] = await push.SubscribeAsync(user, user.Name, user.Name == "wants" ? "unifiedpush" : "webpush");
        }
        await users[1].AskAsync<JsonElement>(HttpMethod.Put, $"conversations/{group.Id}/preferences", new { mutedUntil = "2100-01-01T00:00:00Z" });
        await users[2].AskAsync<JsonElement>(HttpMethod.Put, "me/push/settings", new { level = "mentions" });
        await users[3].AskAsync<JsonElement>(HttpMethod.Put, $"conversations/{group.Id}/push", new { level = "nothing" });
        await users[4].BlockAsync(alice);
        await users[5].AskAsync<JsonElement>(HttpMethod.Put, "me/presence", new { state = "dnd" });
        await users[6].RemoveAsync(group.Id, users[6]);

        await alice.SendAsync(group.Id, "one");
        await devices["wants"].WaitAsync(1);
        await alice.SendAsync(group.Id, "two for @mentions");
        await devices["mentions"].WaitAsync(1);
        await devices["wants"].WaitAsync(2);

        devices.Where(pair => pair.Value.Pushes.Length > 0).Select(pair => pair.Key).ShouldBe(["mentions", "wants"], ignoreOrder: true);
        devices["mentions"].Pushes[0].GetProperty("text").GetString().ShouldBe("two for @mentions");
    }

    [Fact]
    public async Task What_was_read_or_deleted_before_it_could_be_sent_is_not_sent()
    {
        await using var push = await PushServer.StartAsync();
        await using var server = await ChatServer.StartAsync(settings: PushServer.Settings);
        var (alice, bob) = (await server.RegisterAsync("alice"), await server.RegisterAsync("bob"));
        var (read, deleted, kept) = (await alice.CreateGroupAsync("read", bob), await alice.CreateGroupAsync("deleted", bob), await alice.CreateGroupAsync("kept", bob));
        var device = await push.SubscribeAsync(bob, "bob");
        // The service fails at first: what is due waits, as references.
        var fails = true;
        push.Reply = _ => Volatile.Read(ref fails) ? new PushReply(503, "2") : new PushReply();
        var first = await alice.SendAsync(read.Id, "a text that is read");
        var second = await alice.SendAsync(deleted.Id, "a text that is deleted");
        await alice.SendAsync(kept.Id, "a text that is kept");
        while (push.All.Length == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancel);
        }
        await bob.MarkAsync(read.Id, read: first.Seq);
        await alice.DeleteAsync(deleted.Id, second.Seq);
        Volatile.Write(ref fails, false);

        (await device.WaitAsync(1)).ShouldHaveSingleItem().GetProperty("conversationId").GetGuid().ShouldBe(kept.Id);
        await SuppressedAsync(server, "read");
        await SuppressedAsync(server, "deleted");
        device.Pushes.ShouldHaveSingleItem();
        // No text was ever in the queue's files.
        foreach (var file in Directory.GetFiles(server.Folder, "notifications.db*"))
        {
            Encoding.UTF8.GetString(await ReadAsync(file)).ShouldNotContain("a text that");
        }
    }

    [Theory]
    [InlineData(100)]
    [InlineData(2)]
    public async Task An_active_device_that_takes_it_keeps_the_push_back_and_another_one_does_not(int receiptLimit)
    {
        await using var push = await PushServer.StartAsync();
        await using var server = await ChatServer.StartAsync(settings: [.. PushServer.Settings, "Notifications:PushGraceSeconds=3", $"Messaging:ReceiptLimit={receiptLimit}"]);
        var (alice, bob) = (await server.RegisterAsync("alice"), await server.RegisterAsync("bob"));
        var group = await alice.CreateGroupAsync("Team", bob, await server.RegisterAsync("carol"));
        var tab = await server.LoginAsync("bob");
        var device = await push.SubscribeAsync(bob, "bob");
        await using var socket = await RawSocket.OpenAsync(server.Url, Cancel);
        await socket.SendAsync(new JsonObject { ["type"] = "hello", ["token"] = bob.Token }, Cancel);
        await socket.ExpectAsync("live", Cancel);

        var idle = await alice.SendAsync(group.Id, "to an idle tab");
        (await device.WaitAsync(1))[0].GetProperty("seq").GetInt64().ShouldBe(idle.Seq);

        await socket.SendAsync(new JsonObject { ["type"] = "heartbeat", ["active"] = true }, Cancel);
        await socket.ExpectAsync("heartbeat", Cancel);
        // The activity is told to Presence about once a second.
        while (!await IsActiveAsync(server, bob))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancel);
        }
        var seen = await alice.SendAsync(group.Id, "to one who looks");
        await bob.MarkAsync(group.Id, delivered: seen.Seq);
        await SuppressedAsync(server, "delivered");
        device.Pushes.Length.ShouldBe(1);

        // Active, but it does not come through: after the grace it is pushed, whatever a tab elsewhere has got.
        await socket.SendAsync(new JsonObject { ["type"] = "heartbeat", ["active"] = true }, Cancel);
        var lost = await alice.SendAsync(group.Id, "to one who does not get it");
        await tab.MarkAsync(group.Id, delivered: lost.Seq);
        (await device.WaitAsync(2))[1].GetProperty("seq").GetInt64().ShouldBe(lost.Seq);
    }

    [Theory]
    [InlineData("sender")]
    [InlineData("id")]
    public async Task A_push_says_no_more_than_the_user_and_the_server_allow(string content)
    {
        await using var push = await PushServer.StartAsync();
        await using var server = await ChatServer.StartAsync(settings: [.. PushServer.Settings, "Notifications:Content=sender"]);
        var (alice, bob) = (await server.RegisterAsync("alice"), await server.RegisterAsync("bob"));
        var direct = await alice.OpenDirectAsync(bob);
        var device = await push.SubscribeAsync(bob, "bob");
        // The server lets nobody have the text, whatever they want.
        await bob.AskAsync<JsonElement>(HttpMethod.Put, "me/push/settings", new { content = content == "sender" ? "full" : "id" });

        await alice.SendAsync(direct.Id, "secret");

        var said = (await device.WaitAsync(1))[0];
        said.TryGetProperty("text", out _).ShouldBeFalse();
        said.TryGetProperty("sender", out _).ShouldBe(content == "sender");
        said.GetProperty("unread").GetInt64().ShouldBe(1);
        said.ToString().ShouldNotContain("secret");
    }

    [Fact]
    public async Task A_device_that_is_gone_is_forgotten_and_a_busy_service_is_left_alone_as_long_as_it_asks()
    {
        await using var push = await PushServer.StartAsync();
        await using var server = await ChatServer.StartAsync(settings: PushServer.Settings);
        var (alice, bob) = (await server.RegisterAsync("alice"), await server.RegisterAsync("bob"));
        var group = await alice.CreateGroupAsync("Team", bob);
        var (gone, busy) = (await push.SubscribeAsync(bob, "gone"), await push.SubscribeAsync(bob, "busy"));
        var asked = new List<long>();
        push.Reply = received =>
        {
            if (received.Path == gone.Path)
            {
                return new PushReply(410);
            }
            lock (asked)
            {
                asked.Add(TimeProvider.System.GetTimestamp());
                return asked.Count == 1 ? new PushReply(429, "3") : new PushReply();
            }
        };

        await alice.SendAsync(group.Id, "hello");

        await busy.WaitAsync(1);
        TimeProvider.System.GetElapsedTime(asked[0], asked[1]).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(3));
        asked.Count.ShouldBe(2);
        (await bob.AskAsync<JsonElement>(HttpMethod.Get, "me/push/subscriptions")).GetProperty("subscriptions").EnumerateArray()
            .Select(s => s.GetProperty("endpoint").GetString()).ShouldBe([new Uri(push.Url, busy.Path).ToString()]);
        push.All.Count(received => received.Path == gone.Path).ShouldBe(1);
    }

    [Fact]
    public async Task An_address_that_came_to_lead_inside_is_not_connected_to()
    {
        await using var push = await PushServer.StartAsync();
        var folder = Directory.CreateTempSubdirectory("modularchat-test-");
        try
        {
            await using (var before = await ChatServer.StartAsync(folder: folder.FullName, settings: PushServer.Settings))
            {
                await push.SubscribeAsync(await before.RegisterAsync("bob"), "bob");
            }
            // As if the name had changed its address since: what was right at registration is judged again at each connection.
            await using var server = await ChatServer.StartAsync(folder: folder.FullName, settings: "Notifications:AllowHttpEndpoints=true");
            var (bob, alice) = (await server.LoginAsync("bob"), await server.RegisterAsync("alice"));
            var direct = await alice.OpenDirectAsync(bob);
            await alice.SendAsync(direct.Id, "hello");
            await CountAsync(server, "SELECT count(*) FROM push_queue WHERE State = 2");

            push.All.ShouldBeEmpty();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Task SuppressedAsync(ChatServer server, string reason) => CountAsync(server, $"SELECT count(*) FROM push_trace WHERE Step = 0 AND Detail = '{reason}'");

    /// <summary>Waits until the server's tables have what is counted.</summary>
    private static async Task CountAsync(ChatServer server, string sql)
    {
        await using var database = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(server.Folder, "notifications.db")};Pooling=False");
        await database.OpenAsync(Cancel);
        await using var command = database.CreateCommand();
#pragma warning disable CA2100 // The texts are the test's own.
        command.CommandText = sql;
#pragma warning restore CA2100
        while (await command.ExecuteScalarAsync(Cancel) is 0L)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancel);
        }
    }

    private static async Task<bool> IsActiveAsync(ChatServer server, ChatUser user) =>
        (await server.AskModulesAsync(new Contracts.Presence.GetAttention([user.Id], 60)))[0].IsActive;

    private static async Task<byte[]> ReadAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy, Cancel);
        return copy.ToArray();
    }

    private static async Task CheckSignatureAsync(ChatUser user, PushServer push, string authorization)
    {
        var key = (await user.AskAsync<JsonElement>(HttpMethod.Get, "push/keys")).GetProperty("webPushKey").GetString()!;
        authorization.ShouldEndWith($", k={key}");
        var jwt = authorization["vapid t=".Length..authorization.IndexOf(',', StringComparison.Ordinal)].Split('.');
        var point = Base64Url.DecodeFromChars(key);
        using var verify = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = point[1..33], Y = point[33..] } });
        verify.VerifyData(Encoding.ASCII.GetBytes($"{jwt[0]}.{jwt[1]}"), Base64Url.DecodeFromChars(jwt[2]), HashAlgorithmName.SHA256).ShouldBeTrue();
        var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(jwt[1])).RootElement;
        claims.GetProperty("aud").GetString().ShouldBe(push.Url.GetLeftPart(UriPartial.Authority));
        claims.GetProperty("sub").GetString().ShouldStartWith("mailto:");
        DateTimeOffset.FromUnixTimeSeconds(claims.GetProperty("exp").GetInt64()).ShouldBeInRange(TimeProvider.System.GetUtcNow(), TimeProvider.System.GetUtcNow().AddHours(24));
    }
}
