using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.IntegrationTests.Gateway;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Backplane;

/// <summary>Two real servers, real engines, a real Redis between them.</summary>
public sealed class BackplaneTests(ITestOutputHelper output)
{
    private const int Minute = 60_000;

    /// <summary>Twice what a node reads at most before it begins anew, so that one look in between, which comes once a minute, does not save it from that.</summary>
    private const int Far = 10_100;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("postgresql")]
    [InlineData("redis")]
    public async Task What_happens_on_one_node_reaches_the_devices_of_another_at_once_and_what_one_has_missed_for_long_by_a_sync(string engine)
    {
        await using var nodes = await TwoNodes.StartAsync(engine, Minute, Token);
        var anna = await nodes.A.RegisterAsync("anna");
        var ben = await nodes.A.RegisterAsync("ben");
        var benAtB = ben with { Http = nodes.B.NewClient(ben.Token) };
        var group = await anna.CreateGroupAsync("Two nodes", ben);
        var (socket, _) = await RawSocket.LiveAsync(nodes.B.Url, ben.Token, Token);
        await using var closing = socket;
        var cursor = (await benAtB.SyncAllAsync()).Cursor;
        var polled = PolledAsync(benAtB, cursor, group.Id);

        await anna.SendAsync(group.Id, "across");

        TextOf((await socket.ExpectAsync("entry", Token))["entry"]!["body"]).ShouldBe("across");
        (await polled.WaitAsync(TimeSpan.FromMilliseconds(Minute / 2), TimeProvider.System, Token)).ShouldBe(1);

        using var typing = await anna.RequestAsync(HttpMethod.Post, $"conversations/{group.Id}/typing");
        typing.IsSuccessStatusCode.ShouldBeTrue();
        (await socket.ExpectAsync("typing", Token))["userId"]!.GetValue<Guid>().ShouldBe(anna.Id);

        using var ended = await ben.RequestAsync(HttpMethod.Post, "logout");
        ended.IsSuccessStatusCode.ShouldBeTrue();
        (await socket.ClosedAsync(Token)).ShouldBe(4100);
        using var refused = await benAtB.RequestAsync(HttpMethod.Get, "sync");
        ((int)refused.StatusCode).ShouldBe(401, "the other node's memory of the session is gone too");

        await FallFarBehindAsync(nodes, anna, group.Id);
    }

    [Theory]
    [InlineData("postgresql")]
    [InlineData("redis")]
    public async Task Without_the_backplane_messages_come_by_the_store_and_with_it_again_at_once(string engine)
    {
        await using var nodes = await TwoNodes.StartAsync(engine, followMilliseconds: 300, Token);
        var anna = await nodes.A.RegisterAsync("anna");
        var ben = await nodes.A.RegisterAsync("ben");
        var group = await anna.CreateGroupAsync("Two nodes", ben);
        var (socket, _) = await RawSocket.LiveAsync(nodes.B.Url, ben.Token, Token);
        await using var closing = socket;
        await SendAndSeeAsync("with");

        await nodes.Redis.Kill9Async();
        await SendAndSeeAsync("without, at once");
        await nodes.UntilBackplaneAsync("redis does not answer", Token);
        await SendAndSeeAsync("without, known");
        await nodes.Redis.StartAsync(Token);
        await nodes.UntilBackplaneAsync("\"backplane\":\"redis\"", Token);
        await SendAndSeeAsync("with again");

        using var typing = await anna.RequestAsync(HttpMethod.Post, $"conversations/{group.Id}/typing");
        await socket.ExpectAsync("typing", Token);

        async Task SendAndSeeAsync(string text)
        {
            var began = TimeProvider.System.GetTimestamp();
            await anna.SendAsync(group.Id, text);
            TextOf((await socket.ExpectAsync("entry", Token))["entry"]!["body"]).ShouldBe(text);
            output.WriteLine($"{engine}, {text}: {TimeProvider.System.GetElapsedTime(began).TotalMilliseconds:F0} ms");
        }
    }

    [Fact]
    public async Task A_wrong_address_stops_the_start_with_one_sentence()
    {
        var (exit, _, error) = await ServerProcess.RunAsync(["--Host:Url=http://127.0.0.1:0", "--Storage:Directory=" + Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()),
            "--Backplane:Engine=redis", "--Backplane:ConnectionString=127.0.0.1:1,password=only-for-tests"]);

        exit.ShouldBe(1);
        error.Trim().ShouldBe("Backplane:ConnectionString: no Redis answers at 127.0.0.1:1, or it refuses.");
    }

    /// <summary>A node that has missed too much does not read it all: its connections sync again, and have everything afterwards.</summary>
    private async Task FallFarBehindAsync(TwoNodes nodes, ChatUser anna, Guid group)
    {
        var ben = await nodes.A.LoginAsync("ben");
        var benAtB = ben with { Http = nodes.B.NewClient(ben.Token) };
        var (socket, _) = await RawSocket.LiveAsync(nodes.B.Url, ben.Token, Token);
        await using var closing = socket;
        var (cursor, _) = await benAtB.SyncAllAsync();
        await nodes.Redis.Kill9Async();
        var caller = new Caller(anna.Id);
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Far), new ParallelOptions { MaxDegreeOfParallelism = 200, CancellationToken = Token },
            async (i, _) => await nodes.A.AskModulesAsync(new SendMessage(caller, group, Ids.New(), $"far {i}")));

        await nodes.Redis.StartAsync(Token);
        var began = TimeProvider.System.GetTimestamp();
        (await socket.ClosedAsync(Token).WaitAsync(TimeSpan.FromMilliseconds(Minute), TimeProvider.System, Token)).ShouldBe(4009, "sync again");
        output.WriteLine($"{Far} behind: told to sync {TimeProvider.System.GetElapsedTime(began).TotalSeconds:F1} s after the backplane was back");

        // It was told where it was then; what came after that comes as always.
        HashSet<string> texts = new(StringComparer.Ordinal);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(Minute);
        while (texts.Count < Far)
        {
            (cursor, var missed) = await benAtB.SyncAllAsync(cursor);
            foreach (var conversation in missed.Where(c => c.State.Id == group))
            {
                Take(conversation.Entries);
                for (var after = conversation.Gap?.From - 1; after < conversation.Gap?.To;)
                {
                    var page = await benAtB.HistoryAsync(group, after: after);
                    Take(page.Entries);
                    after = page.Entries.Max(e => e.Seq);
                }
            }
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, limit.Token);
        }

        void Take(Entry[] entries) => texts.UnionWith(entries.Where(e => e.Kind == EntryKind.Message).Select(e => e.Body!.ToString()).Where(t => t.Contains("\"far ", StringComparison.Ordinal)));
    }

    /// <summary>Messages that long polls have brought, up to the first answer with one: a mark that moved answers a poll too.</summary>
    private static async Task<int> PolledAsync(ChatUser user, string cursor, Guid conversation)
    {
        while (true)
        {
            var page = await user.SyncAsync(cursor, wait: 60);
            if (page.Conversations.SelectMany(c => c.Entries).Count(e => e.Kind == EntryKind.Message && e.ConversationId == conversation) is > 0 and var messages)
            {
                return messages;
            }
            cursor = page.Cursor;
        }
    }

    private static string? TextOf(System.Text.Json.Nodes.JsonNode? body) => body?["text"]?.GetValue<string>();
}
