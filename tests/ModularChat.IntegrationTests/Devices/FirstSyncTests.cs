using System.Text.Json.Nodes;
using ModularChat.IntegrationTests.Gateway;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Devices;

/// <summary>A new device of an old account starts with a bounded sync that goes on where it was when the connection dies.</summary>
public sealed class FirstSyncTests
{
    private const int Groups = 30, Messages = 60;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_killed_in_the_middle_goes_on_where_it_was_and_brings_each_conversation_once(bool overEvents)
    {
        await using var server = await ChatServer.StartAsync();
        var users = await server.RegisterAsync("anna", "boris");
        for (var i = 0; i < Groups; i++)
        {
            var group = await users[0].CreateGroupAsync($"Group {i}", users[1]);
            await Task.WhenAll(Enumerable.Range(0, Messages).Select(n => users[0].SendAsync(group.Id, $"{n}")));
        }
        var device = await server.LoginAsync("boris");
        var seen = new Dictionary<Guid, int>();
        string? cursor = null;
        var connections = 0;
        for (var live = false; !live; connections++)
        {
            // Each connection dies after one page.
            (cursor, live) = overEvents ? await ByEventsAsync(device, cursor, seen) : await BySocketAsync(server, device, cursor, seen);
        }
        connections.ShouldBeGreaterThan(2);
        // Its own conversation too. The page that was not finished comes again, and nothing that a cursor was given for.
        seen.Count.ShouldBe(Groups + 1);
        seen.Values.ShouldAllBe(times => times == 1);
    }

    private static async Task<(string? Cursor, bool Live)> BySocketAsync(ChatServer server, ChatUser device, string? cursor, Dictionary<Guid, int> seen)
    {
        await using var socket = await RawSocket.OpenAsync(server.Url, Token);
        await socket.SendAsync(new JsonObject { ["type"] = "hello", ["token"] = device.Token, ["cursor"] = cursor }, Token);
        (await socket.ExpectAsync("hello", Token))["type"]!.GetValue<string>().ShouldBe("hello");
        var page = await socket.ExpectAsync("sync", Token);
        return (Take(page, seen), !page["more"]!.GetValue<bool>());
    }

    private static async Task<(string? Cursor, bool Live)> ByEventsAsync(ChatUser device, string? cursor, Dictionary<Guid, int> seen)
    {
        await using var stream = await EventStream.OpenAsync(device.Http, Token, cursor);
        var page = await stream.ExpectAsync("sync", Token);
        Take(page, seen);
        return (stream.LastId, !page["more"]!.GetValue<bool>());
    }

    private static string Take(JsonNode page, Dictionary<Guid, int> seen)
    {
        var entries = 0;
        foreach (var conversation in page["conversations"]!.AsArray())
        {
            var id = conversation!["state"]!["id"]!.GetValue<Guid>();
            seen[id] = seen.GetValueOrDefault(id) + 1;
            entries += conversation["entries"]!.AsArray().Count;
        }
        // A page ends after the conversation that passes its number of entries.
        entries.ShouldBeLessThan(500 + 200);
        return page["cursor"]!.GetValue<string>();
    }
}
