using ModularChat.Client;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Presence;

/// <summary>Presence through the .NET client.</summary>
public sealed class PresenceClientTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Transport.WebSocket)]
    [InlineData(Transport.LongPoll)]
    public async Task Who_is_watched_is_shown_and_the_watch_holds_over_a_break(Transport transport)
    {
        await using var server = await ChatServer.StartAsync(settings: ["Gateway:HeartbeatSeconds=1", "Gateway:OfflineAfterSeconds=3"]);
        var users = await server.RegisterAsync("anna", "ben");
        await using var anna = Make(server, users[0], transport);
        var shown = new Shown(anna, users[1].Id);
        anna.WatchPresence(new PresenceWatch(UserIds: [users[1].Id]));
        await anna.ConnectAsync(Token);
        await using var ben = Make(server, users[1], Transport.WebSocket);
        await ben.ConnectAsync(Token);
        await shown.BecomesAsync(PresenceState.Online);

        anna.Reconnect();
        (await ben.SetPresenceAsync(PresenceState.Dnd, new PresenceStatus("busy"), Token)).Chosen.ShouldBe(PresenceState.Dnd);
        await shown.BecomesAsync(PresenceState.Dnd);
        anna.FindPresence(users[1].Id)!.Status.ShouldBe(new PresenceStatus("busy"));

        await ben.GoodbyeAsync(Token);
        await shown.BecomesAsync(PresenceState.Offline);
        anna.FindPresence(users[1].Id)!.LastSeen.ShouldNotBeNull();
    }

    [Fact]
    public async Task Contacts_come_with_a_new_conversation()
    {
        await using var server = await ChatServer.StartAsync();
        var users = await server.RegisterAsync("anna", "ben");
        await using var anna = Make(server, users[0], Transport.WebSocket);
        await using var ben = Make(server, users[1], Transport.WebSocket);
        await anna.ConnectAsync(Token);
        await ben.ConnectAsync(Token);
        var (ofBen, own) = (new Shown(anna, users[1].Id), new Shown(anna, users[0].Id));
        anna.WatchPresence(new PresenceWatch(Contacts: true));
        await own.BecomesAsync(PresenceState.Online);
        anna.FindPresence(users[1].Id).ShouldBeNull();
        await ben.Api.OpenDirectAsync(users[0].Id, Token);
        await ofBen.BecomesAsync(PresenceState.Online);
    }

    [Fact]
    public async Task A_refused_watch_is_told()
    {
        await using var server = await ChatServer.StartAsync();
        var user = await server.RegisterAsync("anna");
        var refused = new TaskCompletionSource<ChatProblem>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var anna = new ChatClient(new ChatClientOptions { Url = server.Url, Token = user.Token, OnEvent = Note });
        await anna.ConnectAsync(Token);
        anna.WatchPresence(new PresenceWatch(ConversationIds: [ModularChat.Contracts.Ids.New()]));
        (await refused.Task.WaitAsync(Token)).Code.ShouldBe("not_found");

        void Note(ChatEvent what)
        {
            if (what is WatchRefused { Problem: var problem })
            {
                refused.TrySetResult(problem);
            }
        }
    }

    private static ChatClient Make(ChatServer server, ChatUser user, Transport transport) =>
        new(new ChatClientOptions { Url = server.Url, Token = user.Token, Transport = transport });

    /// <summary>Waits for what a client shows of a user.</summary>
    private sealed class Shown(ChatClient client, Guid user)
    {
        private readonly IAsyncEnumerator<ChatEvent> _events = client.EventsAsync(Token).GetAsyncEnumerator(Token);

        public async Task BecomesAsync(PresenceState state)
        {
            while (client.FindPresence(user)?.State != state)
            {
                (await _events.MoveNextAsync()).ShouldBeTrue();
            }
        }
    }
}
