using ModularChat.Client;
using ModularChat.Client.Folding;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Client;

/// <summary>Whatever happens to live frames, a client folds to the server's state.</summary>
public sealed class LossyConnectionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Frames_lost_doubled_and_swapped_and_connections_broken_at_random_fold_to_the_servers_state(int seed)
    {
        var bug = new RandomBug(seed);
        await using var server = await ChatServer.StartAsync();
        await using var proxy = await TamperingProxy.StartAsync(server.Url, bug.Tamper);
        var users = await server.RegisterAsync("anna", "ben");
        await using var anna = new ChatClient(new ChatClientOptions { Url = server.Url, Token = users[0].Token });
        var entries = new List<Entry>();
        await using var ben = new ChatClient(new ChatClientOptions
        {
            Url = proxy.Url,
            Token = users[1].Token,
            Transport = Transport.WebSocket,
            KeepEntries = 10_000,
            OnEvent = what => Note(entries, what),
        });
        await anna.ConnectAsync(Token);
        await ben.ConnectAsync(Token);
        var direct = await anna.Api.OpenDirectAsync(users[1].Id, Token);

        var random = new Random(seed);
        var sent = new List<long>();
        var awayFor = 0;
        for (var i = 0; i < 300; i++)
        {
            sent.Add((await anna.SendAsync(direct.Id, $"message {i}", token: Token)).Seq);
            var target = sent[random.Next(sent.Count)];
            var other = random.Next(12) switch
            {
                0 => anna.EditAsync(direct.Id, target, $"edited {i}", Token),
                1 => anna.ReactAsync(direct.Id, target, "👍", remove: random.Next(3) == 0, Token),
                2 => anna.DeleteAsync(direct.Id, target, Token),
                _ => Task.CompletedTask,
            };
            // One cannot edit what is deleted; which it is, the dice say.
            await other.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (random.Next(60) == 0)
            {
                ben.Reconnect();
                awayFor = 6;
            }
            // Away for a few messages, not for all the rest: most must come as live frames.
            while (awayFor > 0 && --awayFor == 0 && ben.State != ConnectionState.Live)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
                awayFor = 1;
            }
        }
        bug.Stop();
        var last = (await anna.SendAsync(direct.Id, "last", token: Token)).Seq;
        while ((ben.Find(direct.Id)?.Have ?? 0) < last)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
        }

        bug.Count.ShouldBeGreaterThan(20);
        lock (entries)
        {
            entries.Where(entry => entry.ConversationId == direct.Id).Select(entry => entry.Seq).ShouldBe(Enumerable.Range(1, (int)last).Select(seq => (long)seq));
        }
        Show(ben.Find(direct.Id)!.Timeline).ShouldBe(Show(await FreshAsync(ben.Api, direct.Id, users[1].Id)));
    }

    /// <summary>The same conversation by somebody who was never connected.</summary>
    private static async Task<IReadOnlyList<Entry>> FreshAsync(ChatApi api, Guid conversation, Guid user)
    {
        var fold = new ConversationFold(user, 10_000);
        fold.ApplyState(await api.GetConversationAsync(conversation, Token));
        while (!fold.ApplyHistory(await api.GetHistoryAsync(conversation, after: fold.Have, limit: 200, token: Token), fold.State.Head))
        {
        }
        return fold.Timeline;
    }

    private static string[] Show(IEnumerable<Entry> timeline) =>
    [
        .. timeline.Select(entry =>
            $"{entry.Seq} {entry.Kind} {entry.Text} deleted {entry.IsDeleted} changed {entry.Changed} edited {entry.EditedAt} {string.Join(' ', (entry.Reactions ?? []).Select(group => group.Emoji + string.Join(',', group.UserIds)))}"),
    ];

    private static void Note(List<Entry> entries, ChatEvent what)
    {
        if (what is EntryReceived received)
        {
            lock (entries)
            {
                entries.Add(received.Entry);
            }
        }
    }

    private sealed class RandomBug(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly Lock _gate = new();
        private readonly Queue<string> _held = new();
        private bool _isOver;

        public int Count { get; private set; }

        public void Stop()
        {
            lock (_gate)
            {
                _isOver = true;
            }
        }

        public IEnumerable<string> Tamper(int connection, string frame)
        {
            lock (_gate)
            {
                if (!frame.StartsWith("{\"type\":\"entry\"", StringComparison.Ordinal))
                {
                    return [frame];
                }
                if (_isOver)
                {
                    return [frame, .. Release()];
                }
                Count++;
                switch (_random.Next(6))
                {
                    case 0:
                        return [];
                    case 1:
                        return [frame, frame];
                    case 2:
                        _held.Enqueue(frame);
                        return [];
                    default:
                        Count--;
                        return [frame, .. Release()];
                }
            }
        }

        private List<string> Release()
        {
            var held = _held.ToList();
            _held.Clear();
            return held;
        }
    }
}
