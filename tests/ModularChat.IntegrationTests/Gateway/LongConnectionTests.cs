using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using ModularChat.IntegrationTests.Servers;
using ModularChat.Shared;

namespace ModularChat.IntegrationTests.Gateway;

/// <summary>What a connection that lasts for days does to its session, and the end of the session to it.</summary>
public sealed class LongConnectionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Heartbeats_prolong_the_session()
    {
        var time = new ManualTime();
        await using var server = await ChatServer.StartAsync(time, settings: ["Identity:SessionDays=1", "Gateway:OfflineAfterSeconds=900"]);
        var user = await server.RegisterAsync("anna");
        var idle = await server.LoginAsync("anna");
        var (socket, _) = await RawSocket.LiveAsync(server.Url, user.Token, Token);
        await using (socket)
        {
            var end = time.GetUtcNow().AddHours(30);
            while (time.GetUtcNow() < end)
            {
                time.Advance(TimeSpan.FromMinutes(13));
                await BeatAsync(socket);
                await socket.ExpectAsync("heartbeat", Token);
            }
            (await user.RequestAsync(HttpMethod.Get, "me")).StatusCode.ShouldBe(System.Net.HttpStatusCode.OK);
            (await idle.RequestAsync(HttpMethod.Get, "me")).StatusCode.ShouldBe(System.Net.HttpStatusCode.Unauthorized);
        }
    }

    [Fact]
    public async Task A_connection_ends_at_the_next_heartbeat_when_the_end_of_its_session_was_not_told()
    {
        var time = new ManualTime();
        await using var server = await ChatServer.StartAsync(time, settings: ["Gateway:OfflineAfterSeconds=900"]);
        var user = await server.RegisterAsync("anna");
        var (socket, _) = await RawSocket.LiveAsync(server.Url, user.Token, Token);
        await using (socket)
        {
            await BeatAsync(socket);
            await socket.ExpectAsync("heartbeat", Token);
            // As another process would do it: no event comes.
            await using (var database = new SqliteConnection($"Data Source={Path.Combine(server.Folder, "identity.db")};Pooling=False"))
            {
                await database.OpenAsync(Token);
                await using var command = database.CreateCommand();
                command.CommandText = "DELETE FROM identity_sessions";
                (await command.ExecuteNonQueryAsync(Token)).ShouldBe(1);
            }
            // What is known of a session is kept for so long at most.
            time.Advance(TimeSpan.FromSeconds(30));
            await BeatAsync(socket);
            (await socket.ClosedAsync(Token)).ShouldBe(4100);
        }
    }

    [Fact]
    public async Task A_client_that_never_beats_is_looked_at_all_the_same()
    {
        var time = new ManualTime();
        await using var server = await ChatServer.StartAsync(time);
        var user = await server.RegisterAsync("anna");
        var self = Contracts.Ids.Self(user.Id);
        var made = await user.AskAsync<JsonObject>(HttpMethod.Post, "admin/applications", new { name = "shop", scopes = Contracts.Identity.ApplicationScopes.All });
        await using var socket = await RawSocket.OpenAsync(server.Url, Token);
        await socket.SendAsync(new JsonObject { ["type"] = "hello", ["token"] = made["key"]!.GetValue<string>(), ["actAs"] = user.Id }, Token);
        await socket.ExpectAsync("live", Token);
        await socket.SendAsync(Mark(), Token);
        await socket.ExpectAsync("ok", Token);

        // No event tells connections that a key was revoked.
        (await user.RequestAsync(HttpMethod.Delete, $"admin/applications/{made["id"]}")).EnsureSuccessStatusCode();
        time.Advance(TimeSpan.FromSeconds(10));
        await socket.SendAsync(Mark(), Token);
        using var soon = CancellationTokenSource.CreateLinkedTokenSource(Token);
        soon.CancelAfter(TimeSpan.FromSeconds(20));
        (await socket.ClosedAsync(soon.Token)).ShouldBe(4100);

        JsonObject Mark() => new() { ["type"] = "mark", ["id"] = 1, ["conversationId"] = self, ["read"] = 0 };
    }

    private static Task BeatAsync(RawSocket socket) => socket.SendAsync(new JsonObject { ["type"] = "heartbeat" }, Token);
}
