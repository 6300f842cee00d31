using System.Globalization;
using ModularChat.Contracts.Messaging;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Faults;

/// <summary>The real process, killed with SIGKILL under load: what was acked is there, once.</summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(EmbeddedEngines.All), MemberType = typeof(EmbeddedEngines))]
    public async Task What_was_acked_survives_kill_9_under_load_once_and_in_order(string engine)
    {
        string[] settings = [Integrator.Settings, EmbeddedEngines.Setting(engine)];
        var rounds = int.Parse(Environment.GetEnvironmentVariable("MODULARCHAT_FAULT_ROUNDS") ?? "2", CultureInfo.InvariantCulture);
        var seed = Environment.TickCount;
        var random = new Random(seed);
        output.WriteLine($"{rounds} rounds, seed {seed}");
        var folder = Directory.CreateTempSubdirectory("modularchat-kill-").FullName;
        var server = await ServerProcess.StartAsync(folder, settings: settings);
        try
        {
            using var integrator = await Integrator.FromFolderAsync(server.Url, folder);
            var users = new List<ChatUser>();
            for (var i = 0; i < 12; i++)
            {
                users.Add(await integrator.MakeUserAsync($"u{i}"));
            }
            var groups = new List<(Guid Id, ChatUser[] Members)>();
            foreach (var members in users.Chunk(4))
            {
                groups.Add(((await members[0].CreateGroupAsync("Kill", members[1..])).Id, members));
            }
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
            var senders = groups.ToDictionary(g => g.Id, g => g.Members.Select(m => new StubbornSender(m, g.Id)).ToArray());
            var poller = new StubbornPoller(users[1]);
            using var allSaid = CancellationTokenSource.CreateLinkedTokenSource(Token);
            Task[] running = [.. senders.Values.SelectMany(s => s).Select(s => s.RunAsync(stop.Token, Token))];
            var polling = poller.RunAsync(allSaid.Token, Token);
            for (var round = 0; round < rounds; round++)
            {
                await Task.Delay(random.Next(1000, 2500), Token);
                await server.DisposeAsync();
                server = await ServerProcess.StartAsync(folder, server.Url.Port, settings);
            }
            await Task.Delay(1000, Token);
            await stop.CancelAsync();
            await Task.WhenAll(running);
            // Only now: a poll that brings nothing says that all is there when nothing is under way any more.
            await allSaid.CancelAsync();
            await polling;
            foreach (var (id, members) in groups)
            {
                var entries = await Ledger.ReadAllAsync(members[1], id);
                Ledger.ShouldHold(entries, senders[id]);
                output.WriteLine($"{entries.Count} entries, {senders[id].Sum(s => s.Acked.Count)} acked");
            }
            // One who only ever polled, with one cursor through all deaths, has the same.
            var first = groups[0];
            poller.Seqs(first.Id).ShouldBe((await Ledger.ReadAllAsync(first.Members[1], first.Id)).Select(e => e.Seq));
            poller.Resets.ShouldBe(0);
        }
        finally
        {
            await server.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Polls with one cursor, fills stated gaps from history, and asks again when nobody answers.</summary>
    private sealed class StubbornPoller(ChatUser user)
    {
        private readonly Dictionary<Guid, SortedSet<long>> _seqs = [];
        private string? _cursor;

        public int Resets { get; private set; }

        public SortedSet<long> Seqs(Guid conversation) => _seqs[conversation];

        public async Task RunAsync(CancellationToken stop, CancellationToken token)
        {
            while (!stop.IsCancellationRequested)
            {
                await TryPollAsync();
                await Task.Delay(20, token);
            }
            // Everything is acked now; the last polls bring what is left.
            while (!await TryPollAsync())
            {
                await Task.Delay(50, token);
            }
        }

        /// <summary>True when there was nothing new.</summary>
        private async Task<bool> TryPollAsync()
        {
            SyncPage page;
            try
            {
                page = await user.SyncAsync(_cursor);
                foreach (var conversation in page.Conversations)
                {
                    await TakeAsync(conversation);
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or ShouldAssertException)
            {
                return false;
            }
            Resets += page.Reset ? 1 : 0;
            _cursor = page.Cursor;
            return page is { More: false, Conversations: [] };
        }

        private async Task TakeAsync(ConversationSync conversation)
        {
            if (!_seqs.TryGetValue(conversation.State.Id, out var seqs))
            {
                _seqs[conversation.State.Id] = seqs = [];
            }
            for (var next = conversation.Gap?.From; next <= conversation.Gap?.To;)
            {
                var page = await user.HistoryAsync(conversation.State.Id, after: next - 1);
                seqs.UnionWith(page.Entries.Select(e => e.Seq));
                next = page.Entries[^1].Seq + 1;
            }
            seqs.UnionWith(conversation.Entries.Select(e => e.Seq));
        }
    }
}
