using ModularChat.Client;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Client;

public sealed class ChatClientTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Transport.WebSocket)]
    [InlineData(Transport.LongPoll)]
    public async Task What_one_sends_the_other_gets(Transport transport)
    {
        await using var server = await ChatServer.StartAsync();
        var users = await server.RegisterAsync("anna", "ben");
        await using var anna = Connect(server.Url, users[0], transport);
        await using var ben = Connect(server.Url, users[1], transport);
        var entries = ben.EntriesAsync(Token);
        await anna.ConnectAsync(Token);
        await ben.ConnectAsync(Token);
        var direct = await anna.Api.OpenDirectAsync(users[1].Id, Token);

        var first = await anna.SendAsync(direct.Id, "hello", token: Token);
        var second = await anna.SendAsync(direct.Id, "there", replyTo: first.Seq, token: Token);
        await anna.EditAsync(direct.Id, second.Seq, "here", Token);
        await anna.ReactAsync(direct.Id, first.Seq, "👍", token: Token);
        var deleted = await anna.DeleteAsync(direct.Id, first.Seq, Token);

        await foreach (var entry in entries)
        {
            if (entry.ConversationId == direct.Id && entry.Seq == deleted.Seq)
            {
                break;
            }
        }
        var seen = ben.Find(direct.Id).ShouldNotBeNull();
        seen.Timeline.Where(entry => entry.Kind == EntryKind.Message).Select(entry => (entry.Text, entry.IsDeleted)).ShouldBe([(null, true), ("here", null)]);
        seen.State.Me.Unread.ShouldBe(2);
    }

    [Fact]
    public async Task Where_no_WebSocket_gets_through_long_polling_does()
    {
        await using var server = await ChatServer.StartAsync();
        await using var proxy = await TamperingProxy.StartAsync(server.Url, tamper: null);
        var user = await server.RegisterAsync("anna");
        await using var anna = Connect(proxy.Url, user, Transport.Auto);
        await anna.ConnectAsync(Token);
        var ben = await server.RegisterAsync("ben");
        var direct = await anna.Api.OpenDirectAsync(ben.Id, Token);
        (await anna.SendAsync(direct.Id, "hello", token: Token)).Seq.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Sends_survive_broken_connections_each_once_and_in_order()
    {
        await using var server = await ChatServer.StartAsync();
        var users = await server.RegisterAsync("anna", "ben");
        await using var anna = Connect(server.Url, users[0], Transport.WebSocket);
        await anna.ConnectAsync(Token);
        var direct = await anna.Api.OpenDirectAsync(users[1].Id, Token);
        var sends = new List<Task<Stored>>();
        for (var i = 0; i < 100; i++)
        {
            sends.Add(anna.SendAsync(direct.Id, $"message {i}", token: Token));
            if (i % 20 == 10)
            {
                anna.Reconnect();
            }
        }
        var seqs = (await Task.WhenAll(sends)).Select(stored => stored.Seq).ToArray();
        seqs.ShouldBe(seqs.Order());
        seqs.Distinct().Count().ShouldBe(100);
        var page = await anna.Api.GetHistoryAsync(direct.Id, limit: 200, token: Token);
        page.Entries.Where(entry => entry.Kind == EntryKind.Message).Select(entry => entry.Text).ShouldBe(Enumerable.Range(0, 100).Select(i => $"message {i}"));
        anna.PendingCount.ShouldBe(0);
    }

    [Theory]
    [InlineData(Transport.WebSocket)]
    [InlineData(Transport.LongPoll)]
    public async Task A_wrong_token_is_told_and_not_tried_again(Transport transport)
    {
        await using var server = await ChatServer.StartAsync();
        await using var client = new ChatClient(new ChatClientOptions { Url = server.Url, Token = "mcs_wrong", Transport = transport });
        var refused = await Should.ThrowAsync<ChatProblemException>(() => client.ConnectAsync(Token));
        refused.Problem.Code.ShouldBe("unauthorized");
        client.State.ShouldBe(ConnectionState.Refused);
    }

    [Fact]
    public async Task A_refused_send_fails_and_the_next_goes_through()
    {
        await using var server = await ChatServer.StartAsync();
        var users = await server.RegisterAsync("anna", "ben");
        await using var anna = Connect(server.Url, users[0], Transport.WebSocket);
        await anna.ConnectAsync(Token);
        var direct = await anna.Api.OpenDirectAsync(users[1].Id, Token);
        var refused = await Should.ThrowAsync<ChatProblemException>(() => anna.SendAsync(direct.Id, "bell \a", token: Token));
        refused.Problem.Code.ShouldBe("invalid_text");
        (await anna.SendAsync(direct.Id, "bell", token: Token)).Seq.ShouldBeGreaterThan(0);
    }

    private static ChatClient Connect(Uri url, ChatUser user, Transport transport) =>
        new(new ChatClientOptions { Url = url, Token = user.Token, Transport = transport });
}
