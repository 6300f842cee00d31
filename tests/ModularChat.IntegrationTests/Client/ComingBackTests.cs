using ModularChat.Client;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Client;

/// <summary>The client comes back to a server that is not what it was.</summary>
public sealed class ComingBackTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("modularchat-test-"), _copy = Directory.CreateTempSubdirectory("modularchat-test-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        _copy.Delete(recursive: true);
    }

    [Fact]
    public async Task After_an_older_copy_was_restored_local_entries_go_and_what_waits_is_sent()
    {
        var store = new KeepingStore();
        ChatUser[] users;
        Guid conversation;
        await using (var server = await ChatServer.StartAsync(folder: _folder.FullName))
        {
            users = await server.RegisterAsync("anna", "ben");
            await using var anna = Make(server, users[0], store);
            await anna.ConnectAsync(Token);
            conversation = (await anna.Api.OpenDirectAsync(users[1].Id, Token)).Id;
            await anna.SendAsync(conversation, "kept", token: Token);
        }
        Copy(_folder, _copy);
        await using (var server = await ChatServer.StartAsync(folder: _folder.FullName))
        {
            await using var anna = Make(server, users[0], store);
            await anna.ConnectAsync(Token);
            await anna.SendAsync(conversation, "lost with the disk", token: Token);
            await WaitAsync(() => Texts(anna, conversation) is ["kept", "lost with the disk"]);
            await server.StopAsync();
            // Written while the server is away.
            _ = anna.SendAsync(conversation, "waits", token: Token).ContinueWith(static _ => { }, Token, TaskContinuationOptions.None, TaskScheduler.Default);
            await WaitAsync(() => store.Outbox.Length == 1);
        }
        var events = new List<ChatEvent>();
        await using var restored = await ChatServer.StartAsync(folder: _copy.FullName);
        await using var again = Make(restored, users[0], store, events.Add);
        await again.ConnectAsync(Token);
        await WaitAsync(() => again.PendingCount == 0 && Texts(again, conversation).Length == 2);

        events.OfType<HistoryReset>().ShouldHaveSingleItem();
        Texts(again, conversation).ShouldBe(["kept", "waits"]);
        await WaitAsync(() => store.Outbox.Length == 0);
    }

    [Theory]
    [InlineData(Transport.WebSocket)]
    [InlineData(Transport.LongPoll)]
    public async Task A_cursor_that_the_server_did_not_make_is_dropped_and_all_comes_anew(Transport transport)
    {
        await using var server = await ChatServer.StartAsync(folder: _folder.FullName);
        var users = await server.RegisterAsync("anna", "ben");
        var store = new KeepingStore { Cursor = "from-somewhere-else" };
        await using var anna = new ChatClient(new ChatClientOptions { Url = server.Url, Token = users[0].Token, Transport = transport, Store = store });
        await anna.ConnectAsync(Token);

        var direct = await anna.Api.OpenDirectAsync(users[1].Id, Token);
        (await anna.SendAsync(direct.Id, "hello", token: Token)).Seq.ShouldBeGreaterThan(0);
        store.Cursor.ShouldNotBe("from-somewhere-else");
    }

    [Fact]
    public async Task A_device_that_is_signed_out_stops_and_says_so()
    {
        await using var server = await ChatServer.StartAsync(folder: _folder.FullName);
        var anna = await server.RegisterAsync("anna");
        var phone = await server.LoginAsync("anna");
        await using var client = Make(server, phone, new KeepingStore());
        await client.ConnectAsync(Token);

        (await anna.RequestAsync(HttpMethod.Delete, $"devices/{phone.DeviceId}")).EnsureSuccessStatusCode();

        await WaitAsync(() => client.State == ConnectionState.Refused);
        client.LastProblem?.Code.ShouldBe("unauthorized");
    }

    private static ChatClient Make(ChatServer server, ChatUser user, KeepingStore store, Action<ChatEvent>? onEvent = null) =>
        new(new ChatClientOptions { Url = server.Url, Token = user.Token, Transport = Transport.WebSocket, Store = store, OnEvent = onEvent });

    private static string?[] Texts(ChatClient client, Guid conversation) =>
        [.. client.Find(conversation)?.Timeline.Where(entry => entry.Kind == EntryKind.Message).Select(entry => entry.Text) ?? []];

    private static async Task WaitAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Token);
        }
    }

    private static void Copy(DirectoryInfo from, DirectoryInfo to)
    {
        foreach (var file in from.GetFiles("*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to.FullName, Path.GetRelativePath(from.FullName, file.FullName));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            file.CopyTo(target);
        }
    }
}
