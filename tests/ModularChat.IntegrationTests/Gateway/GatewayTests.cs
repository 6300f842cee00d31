using System.Text.Json.Nodes;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Gateway;

/// <summary>The WebSocket as docs/protocol.md section 9 describes it.</summary>
public sealed class GatewayTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_is_acked_and_reaches_every_device_of_every_member_once()
    {
        await using var server = await ChatServer.StartAsync();
        var users = await server.RegisterAsync("anna", "boris");
        var second = await server.LoginAsync("boris");
        var group = await users[0].CreateGroupAsync("Team", users[1]);
        var (anna, _) = await RawSocket.LiveAsync(server.Url, users[0].Token, Token);
        var (boris, _) = await RawSocket.LiveAsync(server.Url, users[1].Token, Token);
        var (tablet, _) = await RawSocket.LiveAsync(server.Url, second.Token, Token);
        await using (anna)
        await using (boris)
        await using (tablet)
        {
            var id = Ids.New();
            await anna.SendAsync(Send(group.Id, id, "hello", frameId: 7), Token);
            var ack = await anna.ExpectAsync("ack", Token);
            ack["id"]!.GetValue<int>().ShouldBe(7);
            var seq = ack["seq"]!.GetValue<long>();
            foreach (var socket in new[] { boris, tablet })
            {
                var entry = (await socket.ExpectAsync("entry", Token))["entry"]!;
                entry["seq"]!.GetValue<long>().ShouldBe(seq);
                entry["body"]!["text"]!.GetValue<string>().ShouldBe("hello");
                entry["clientMessageId"].ShouldBeNull();
            }
        }
    }

    [Fact]
    public async Task The_senders_own_copy_carries_the_clientMessageId()
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        var group = await user.CreateGroupAsync("Notes");
        var (socket, _) = await RawSocket.LiveAsync(server.Url, user.Token, Token);
        await using (socket)
        {
            var id = Ids.New();
            await user.SendAsync(group.Id, "by REST", id);
            (await socket.ExpectAsync("entry", Token))["entry"]!["clientMessageId"]!.GetValue<Guid>().ShouldBe(id);
        }
    }

    [Fact]
    public async Task A_cursor_frame_covers_what_was_delivered_and_serves_the_next_opening()
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        var group = await user.CreateGroupAsync("Notes");
        var (socket, _) = await RawSocket.LiveAsync(server.Url, user.Token, Token);
        string cursor;
        await using (socket)
        {
            await user.SendAsync(group.Id, "one");
            await socket.ExpectAsync("entry", Token);
            cursor = (await socket.ExpectAsync("cursor", Token))["cursor"]!.GetValue<string>();
        }
        await user.SendAsync(group.Id, "two");
        var (again, pages) = await RawSocket.LiveAsync(server.Url, user.Token, Token, cursor);
        await using (again)
        {
            var entries = pages.SelectMany(p => p["conversations"]!.AsArray()).SelectMany(c => c!["entries"]!.AsArray()).ToArray();
            entries.Length.ShouldBe(1);
            entries[0]!["body"]!["text"]!.GetValue<string>().ShouldBe("two");
        }
    }

    [Fact]
    public async Task There_is_no_hole_between_sync_and_live()
    {
        await using var server = await ChatServer.StartAsync();
        var users = await server.RegisterAsync("anna", "boris");
        var group = await users[0].CreateGroupAsync("Busy", users[1]);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var writing = Task.Run(
            async () =>
            {
                var sent = 0;
                for (; !stop.IsCancellationRequested && sent < 5000; sent++)
                {
                    await users[0].SendAsync(group.Id, $"{sent}");
                }
                return sent;
            },
            Token);
        for (var round = 0; round < 15; round++)
        {
            var (socket, pages) = await RawSocket.LiveAsync(server.Url, users[1].Token, Token);
            await using (socket)
            {
                var last = pages.SelectMany(p => p["conversations"]!.AsArray()).SelectMany(c => c!["entries"]!.AsArray())
                    .Where(e => e!["conversationId"]!.GetValue<Guid>() == group.Id).Max(e => e!["seq"]!.GetValue<long>());
                for (var i = 0; i < 20;)
                {
                    var entry = (await socket.ExpectAsync("entry", Token))["entry"]!;
                    if (entry["conversationId"]!.GetValue<Guid>() == group.Id)
                    {
                        entry["seq"]!.GetValue<long>().ShouldBe(++last);
                        i++;
                    }
                }
            }
        }
        await stop.CancelAsync();
        (await writing).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Sends_of_one_connection_are_stored_in_the_order_in_which_they_came()
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        var group = await user.CreateGroupAsync("Notes");
        var (socket, _) = await RawSocket.LiveAsync(server.Url, user.Token, Token);
        await using (socket)
        {
            for (var i = 0; i < 200; i++)
            {
                await socket.SendAsync(Send(group.Id, Ids.New(), $"{i}", i), Token);
            }
            var seqs = new long[200];
            for (var i = 0; i < 200; i++)
            {
                var ack = await socket.ExpectAsync("ack", Token);
                seqs[ack["id"]!.GetValue<int>()] = ack["seq"]!.GetValue<long>();
            }
            seqs.ShouldBeInOrder();
        }
    }

    [Fact]
    public async Task Somebody_added_gets_the_conversation_and_then_its_entries()
    {
        await using var server = await ChatServer.StartAsync();
        var users = await server.RegisterAsync("anna", "boris");
        var (boris, _) = await RawSocket.LiveAsync(server.Url, users[1].Token, Token);
        await using (boris)
        {
            var group = await users[0].CreateGroupAsync("Team", users[1]);
            var state = (await boris.ExpectAsync("conversation", Token))["state"]!;
            state["id"]!.GetValue<Guid>().ShouldBe(group.Id);
            state["me"]!["role"]!.GetValue<string>().ShouldBe("member");
            (await boris.ExpectAsync("entry", Token))["entry"]!["kind"]!.GetValue<string>().ShouldBe("created");
        }
    }

    [Fact]
    public async Task Somebody_invited_is_told_of_a_new_title_and_new_members_though_of_no_entry()
    {
        await using var server = await ChatServer.StartAsync();
        var users = await server.RegisterAsync("anna", "boris", "chen");
        await users[1].SetGroupAdditionsAsync("friends");
        var group = await users[0].CreateGroupAsync("Team", users[1]);
        var (socket, _) = await RawSocket.LiveAsync(server.Url, users[1].Token, Token);
        await using var closing = socket;
        await users[0].AskAsync<Stored>(HttpMethod.Patch, $"conversations/{group.Id}", new { clientMessageId = Ids.New(), title = "Club" });
        (await socket.ExpectAsync("conversation", Token))["state"]!["title"]!.GetValue<string>().ShouldBe("Club");
        await users[0].AddAsync(group.Id, users[2]);
        (await socket.ExpectAsync("conversation", Token))["state"]!["members"]!.AsArray().Count.ShouldBe(3);
    }

    [Fact]
    public async Task Somebody_invited_with_the_creation_is_told_of_it()
    {
        await using var server = await ChatServer.StartAsync();
        var users = await server.RegisterAsync("anna", "boris");
        await users[1].SetGroupAdditionsAsync("friends");
        var (boris, _) = await RawSocket.LiveAsync(server.Url, users[1].Token, Token);
        await using (boris)
        {
            var group = await users[0].CreateGroupAsync("Team", users[1]);
            var state = (await boris.ExpectAsync("conversation", Token))["state"]!;
            state["id"]!.GetValue<Guid>().ShouldBe(group.Id);
            state["me"]!["role"]!.GetValue<string>().ShouldBe("invited");
        }
    }

    [Fact]
    public async Task Marks_and_typing_reach_the_others_and_ones_own_devices()
    {
        await using var server = await ChatServer.StartAsync();
        var users = await server.RegisterAsync("anna", "boris");
        var phone = await server.LoginAsync("boris");
        var direct = await users[0].OpenDirectAsync(users[1]);
        var stored = await users[0].SendAsync(direct.Id, "read me");
        var (anna, _) = await RawSocket.LiveAsync(server.Url, users[0].Token, Token);
        var (boris, _) = await RawSocket.LiveAsync(server.Url, users[1].Token, Token);
        var (second, _) = await RawSocket.LiveAsync(server.Url, phone.Token, Token);
        await using (anna)
        await using (boris)
        await using (second)
        {
            await boris.SendAsync(new JsonObject { ["type"] = "mark", ["id"] = 1, ["conversationId"] = direct.Id, ["read"] = stored.Seq }, Token);
            await boris.ExpectAsync("ok", Token);
            JsonNode? marks;
            do
            {
                marks = (await anna.ExpectAsync("marks", Token))["marks"]!.AsArray().SingleOrDefault(m => m!["userId"]!.GetValue<Guid>() == users[1].Id);
            }
            while (marks?["read"]?.GetValue<long>() != stored.Seq);
            JsonNode me;
            do
            {
                me = (await second.ExpectAsync("me", Token))["state"]!;
            }
            while (me["read"]!.GetValue<long>() != stored.Seq);
            me["unread"]!.GetValue<long>().ShouldBe(0);
            await boris.SendAsync(new JsonObject { ["type"] = "typing", ["conversationId"] = direct.Id }, Token);
            (await anna.ExpectAsync("typing", Token))["userId"]!.GetValue<Guid>().ShouldBe(users[1].Id);
        }
    }

    [Fact]
    public async Task A_device_that_is_signed_out_loses_its_connection_for_good()
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        var phone = await server.LoginAsync("anna");
        var (socket, _) = await RawSocket.LiveAsync(server.Url, phone.Token, Token);
        await using (socket)
        {
            (await user.RequestAsync(HttpMethod.Delete, $"devices/{phone.DeviceId}")).EnsureSuccessStatusCode();
            (await socket.ClosedAsync(Token)).ShouldBe(4100);
        }
    }

    private static JsonObject Send(Guid conversation, Guid id, string text, int frameId) => new()
    {
        ["type"] = "send",
        ["id"] = frameId,
        ["conversationId"] = conversation,
        ["clientMessageId"] = id,
        ["text"] = text,
    };
}
