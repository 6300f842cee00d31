using System.Net;
using System.Net.Http.Json;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests;

public sealed class SendingOverHttpTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_goes_from_one_to_another_by_polling()
    {
        await using var server = await ChatServer.StartAsync();
        var alice = await server.RegisterAsync("alice");
        var bob = await server.RegisterAsync("bob");
        var group = await alice.CreateGroupAsync("Team", bob);
        var (cursor, _) = await bob.SyncAllAsync();

        var stored = await alice.SendAsync(group.Id, "hi bob");

        var page = await bob.SyncAsync(cursor);
        var entry = page.Conversations.ShouldHaveSingleItem().Entries.ShouldHaveSingleItem();
        (entry.Seq, entry.SenderId, entry.Kind).ShouldBe((stored.Seq, alice.Id, EntryKind.Message));
        entry.Body!.ToString().ShouldBe("""{"text":"hi bob"}""");
        (await bob.HistoryAsync(group.Id)).Entries[^1].Seq.ShouldBe(stored.Seq);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Sends_share_one_connection(string version)
    {
        await using var server = await ChatServer.StartAsync();
        var alice = await server.RegisterAsync("alice");
        var group = await alice.CreateGroupAsync("Notes");
        var connections = 0;
        var http2 = version == "2.0";
        using var handler = new SocketsHttpHandler { UseProxy = false };
        handler.ConnectCallback = async (context, token) =>
        {
            Interlocked.Increment(ref connections);
            var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(context.DnsEndPoint, token);
            return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
        };
        using var client = new HttpClient(handler)
        {
            BaseAddress = new Uri(http2 ? server.Http2Url : server.Url, "/api/v1/"),
            DefaultRequestVersion = Version.Parse(version),
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        client.DefaultRequestHeaders.Authorization = new("Bearer", alice.Token);

        for (var i = 0; i < 20; i++)
        {
            using var response = await PostAsync(client, group.Id, i);
            response.StatusCode.ShouldBe(HttpStatusCode.Created);
            response.Version.ShouldBe(Version.Parse(version));
        }
        if (http2)
        {
            // Side by side over the one connection too.
            foreach (var response in await Task.WhenAll(Enumerable.Range(20, 20).Select(i => PostAsync(client, group.Id, i))))
            {
                response.StatusCode.ShouldBe(HttpStatusCode.Created);
                response.Dispose();
            }
        }

        connections.ShouldBe(1);
        var texts = (await alice.HistoryAsync(group.Id)).Entries.Where(e => e.Kind == EntryKind.Message).Select(e => e.Body!.ToString()).ToList();
        texts.Count.ShouldBe(http2 ? 40 : 20);
        texts.Distinct(StringComparer.Ordinal).Count().ShouldBe(texts.Count);
    }

    [Fact]
    public async Task A_retry_gets_the_first_result()
    {
        await using var server = await ChatServer.StartAsync();
        var alice = await server.RegisterAsync("alice");
        var group = await alice.CreateGroupAsync("Notes");
        var id = Ids.New();

        var first = await alice.SendAsync(group.Id, "once", id);
        using var retry = await alice.RequestAsync(HttpMethod.Post, $"conversations/{group.Id}/messages", new { clientMessageId = id, text = "once" });
        using var other = await alice.RequestAsync(HttpMethod.Post, $"conversations/{group.Id}/messages", new { clientMessageId = id, text = "another" });

        retry.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await retry.Content.ReadFromJsonAsync<Stored>(ChatUser.Json, Cancel)).ShouldBe(first with { Duplicate = true });
        await other.ShouldBeProblemAsync(ProblemCodes.IdReused);
    }

    [Fact]
    public async Task What_was_stored_is_there_after_a_restart()
    {
        var folder = Directory.CreateTempSubdirectory("modularchat-test-");
        try
        {
            Guid group;
            Stored stored;
            await using (var server = await ChatServer.StartAsync(folder: folder.FullName))
            {
                var alice = await server.RegisterAsync("alice");
                group = (await alice.CreateGroupAsync("Notes")).Id;
                stored = await alice.SendAsync(group, "kept");
            }
            await using var next = await ChatServer.StartAsync(folder: folder.FullName);
            var again = await next.LoginAsync("alice");

            (await again.HistoryAsync(group)).Entries[^1].Seq.ShouldBe(stored.Seq);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, Guid conversation, int i) =>
        client.PostAsJsonAsync($"conversations/{conversation}/messages", new { clientMessageId = Ids.New(), text = $"text {i}" }, Cancel);
}
