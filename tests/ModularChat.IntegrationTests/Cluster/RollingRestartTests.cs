using System.Globalization;
using ModularChat.Cli.Prove;
using ModularChat.Client;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Cluster;

/// <summary>Three nodes are replaced one after another while 200 people talk with the .NET client, some of them by long polling.</summary>
public sealed class RollingRestartTests(ITestOutputHelper output)
{
    private const int People = 200, GroupSize = 10, LongPollers = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(4), Patience = TimeSpan.FromSeconds(60);
    private readonly Proof _proof = new();
    private readonly Timings _timings = new(TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_rolling_restart_under_load_loses_nothing_and_no_send_fails()
    {
        Assert.SkipWhen(LocalCluster.Missing.Length > 0, LocalCluster.Missing);
        await using var cluster = await LocalCluster.StartAsync(3, "--set", "Identity:LogInsPerMinute=0");
        using var integrator = await cluster.IntegratorAsync();
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false, UseCookies = false });
        var users = await MakeUsersAsync(integrator);
        var talkers = new List<Talker>();
        foreach (var members in users.Chunk(GroupSize))
        {
            var group = (await members[0].CreateGroupAsync("Team", members[1..])).Id;
            talkers.AddRange(members.Select(member => new Talker(member, group, cluster.Url("nginx"), http, talkers.Count < LongPollers, this)));
        }
        await Task.WhenAll(talkers.Select(talker => talker.Client.ConnectAsync(Token)));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task[] talking = [.. talkers.Select(talker => Task.Run(() => talker.TalkAsync(stop.Token), Token))];
        try
        {
            foreach (var node in (string[])["node-1", "node-2", "node-3"])
            {
                await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, Token);
                _proof.Step = "drain:" + node;
                // Fails when it does not end by itself and with 0.
                await cluster.StopAsync(node);
                await cluster.StartPartAsync(node);
            }
            await stop.CancelAsync();
            await Task.WhenAll(talking).WaitAsync(Patience, Token);
            var heads = _proof.Heads();
            using var limit = new CancellationTokenSource(Patience);
            while (!limit.IsCancellationRequested && !talkers.TrueForAll(talker => talker.Copy.Has(heads)))
            {
                await Task.Delay(100, Token);
            }
            talkers.ForEach(talker => talker.Copy.Check());
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(talkers.Select(talker => talker.Client.DisposeAsync().AsTask()));
        }
        output.WriteLine($"{_proof.Acked} confirmed, {_timings}");
        _proof.IsClean.ShouldBeTrue(string.Join('\n', _proof.Stories));
        _proof.Acked.ShouldBeGreaterThan(People);
        talkers.Sum(talker => talker.CameBack).ShouldBeGreaterThanOrEqualTo(People - LongPollers, "each was on a node that ended");
    }

    private static async Task<ChatUser[]> MakeUsersAsync(Integrator integrator)
    {
        var users = new ChatUser[People];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, People), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Token },
            async (i, _) => users[i] = await integrator.MakeUserAsync(string.Create(CultureInfo.InvariantCulture, $"p{i}")));
        return users;
    }

    /// <summary>One person: a client of the SDK, what it was told, and what it says.</summary>
    private sealed class Talker
    {
        private readonly ChatUser _user;
        private readonly Guid _group;
        private readonly RollingRestartTests _test;

        public Talker(ChatUser user, Guid group, Uri url, HttpMessageInvoker http, bool polls, RollingRestartTests test)
        {
            (_user, _group, _test) = (user, group, test);
            Copy = new DeviceCopy(user.Name, [group], test._proof) { Came = test._timings.Came };
            Client = new ChatClient(new ChatClientOptions
            {
                Url = url,
                Token = user.Token,
                Http = http,
                KeepEntries = 0,
                MaxGapFill = long.MaxValue,
                Transport = polls ? Transport.LongPoll : Transport.Auto,
                OnEvent = OnEvent,
            });
        }

        public ChatClient Client { get; }

        public DeviceCopy Copy { get; }

        /// <summary>Connections that broke.</summary>
        public int CameBack { get; private set; }

        public async Task TalkAsync(CancellationToken stop)
        {
            await Task.Delay(Random.Shared.Next((int)Pause.TotalMilliseconds), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            for (var number = 1; !stop.IsCancellationRequested; number++)
            {
                var text = string.Create(CultureInfo.InvariantCulture, $"{_user.Name} {number}");
                _test._timings.Sent(text);
                try
                {
                    var stored = await Client.SendAsync(_group, text, token: Token);
                    _test._proof.Ack(_group, stored.Seq, text);
                }
                catch (ChatProblemException refused)
                {
                    _test._proof.Blame(Wrong.Refused, $"'{text}': {refused.Message}");
                }
                await Task.Delay(Pause, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        private void OnEvent(ChatEvent what)
        {
            switch (what)
            {
                case EntryReceived { Entry: var entry }:
                    Copy.Take(entry);
                    break;
                case ConnectionChanged { State: ConnectionState.Waiting }:
                    CameBack++;
                    break;
            }
        }
    }
}
