using ModularChat.Client;

namespace ModularChat.Cli.Replay;

/// <summary>
/// Replays real logs through a server over real connections and checks every device: each member has every message once, in the order
/// that the server confirmed, and each author's lines are in the order in which they were sent.
/// </summary>
internal sealed class ReplayRun(ReplayOptions options, ReplayProgress progress, TimeProvider time) : IAsyncDisposable
{
    private const int ParallelConnects = 64;
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 64, UseProxy = false });
    private readonly HttpMessageInvoker _sockets = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false });
    private readonly Faulty _faulty = new();
    private ChatClient[] _clients = [];
    private DeviceCheck[] _checks = [];
    private long _outOfOrder, _refused, _confirmed;

    public async Task<ReplayResult> RunAsync(CancellationToken token)
    {
        var began = time.GetTimestamp();
        var plan = ReplayPlan.Read(options.Path, options.LimitFiles);
        if (plan.Messages == 0)
        {
            // A run that checks nothing must not look like one that found nothing.
            throw new InvalidOperationException($"{options.Path} holds no messages.");
        }
        var server = ServerProcess.Find(options.ServerPid);
        var stage = new Stage(plan, new ChatApi(_http, options.Url, new ChatCredentials(options.Key)), options.Key, _http, options.Url, progress, time);
        await stage.MakeUsersAsync(token);
        await stage.MakeGroupsAsync(token);
        var first = await stage.LogInAsync("live", token);
        var second = await stage.LogInAsync("away", token);
        var ledger = new Ledger(plan);
        await ConnectAsync(plan, ledger, first, token);

        var cpu = server?.CpuSeconds;
        var sending = time.GetTimestamp();
        await SendAsync(plan, ledger, token);
        await SettleAsync(plan, token);
        var sendSeconds = time.GetElapsedTime(sending).TotalSeconds;
        cpu = server?.CpuSeconds - cpu;
        var different = await CatchUpAsync(stage, plan, ledger, second, token);

        var skipped = _checks.Sum(check => (long)check.Missing);
        return new ReplayResult(
            plan.Messages, plan.People.Count, plan.Groups.Count, _faulty.Delivered - Math.Min(skipped, _faulty.Delivered), plan.Deliveries,
            Math.Max(0, plan.Deliveries - _faulty.Delivered) + skipped + _faulty.Skipped, _faulty.Duplicated, _faulty.Reordered + _outOfOrder,
            _faulty.Different + ledger.CountDifferent(), plan.Messages - _confirmed + _refused, plan.People.Count, different, progress.Drops, options.Seed,
            sendSeconds, time.GetElapsedTime(began).TotalSeconds, plan.Deliveries / sendSeconds,
            cpu, server?.PeakMegabytes, Environment.WorkingSet / 1048576.0);
    }

    public async ValueTask DisposeAsync()
    {
        await Parallel.ForEachAsync(_clients.Where(client => client is not null), async (client, _) => await client.DisposeAsync());
        _http.Dispose();
        _sockets.Dispose();
    }

    private async Task ConnectAsync(ReplayPlan plan, Ledger ledger, string[] tokens, CancellationToken token)
    {
        progress.Begin("connections", plan.People.Count);
        _checks = [.. plan.People.Select(person => new DeviceCheck(person.Groups, ledger, _faulty))];
        _clients = [.. plan.People.Select(person => new ChatClient(new ChatClientOptions
        {
            Url = options.Url,
            Token = tokens[person.Index],
            Transport = Transport.WebSocket,
            KeepEntries = 0,
            MaxGapFill = long.MaxValue,
            InFlight = options.InFlight,
            OnEvent = _checks[person.Index].OnEvent,
            OnRawEntry = _checks[person.Index].OnRawEntry,
            Http = _http,
            WebSocketHttp = _sockets,
            Time = time,
        }))];
        await Parallel.ForEachAsync(_clients, new ParallelOptions { MaxDegreeOfParallelism = ParallelConnects, CancellationToken = token }, async (client, token) =>
        {
            await client.ConnectAsync(token);
            progress.Step();
        });
    }

    private async Task SendAsync(ReplayPlan plan, Ledger ledger, CancellationToken token)
    {
        progress.Begin("messages", plan.Messages);
        using var sent = CancellationTokenSource.CreateLinkedTokenSource(token);
        var faults = options.Faults ? DropAsync(sent.Token) : Task.CompletedTask;
        using var total = new SemaphoreSlim(options.TotalInFlight);
        await Task.WhenAll(plan.People.Select(person => SpeakAsync(plan, ledger, person, total, token)));
        await sent.CancelAsync();
        await faults;
    }

    /// <summary>One author: lines in order, so many under way, and the confirmed seqs must rise in the same order.</summary>
    private async Task SpeakAsync(ReplayPlan plan, Ledger ledger, Person person, SemaphoreSlim total, CancellationToken token)
    {
        await Task.Yield();
        using var own = new SemaphoreSlim(options.InFlight);
        var last = new long[plan.Groups.Count];
        var underWay = new List<Task<(int Group, long Seq)>>(person.Lines.Count);
        foreach (var line in person.Lines)
        {
            await own.WaitAsync(token);
            await total.WaitAsync(token);
            underWay.Add(SayAsync(plan, ledger, person, line, own, total, token));
        }
        foreach (var said in underWay)
        {
            var (group, seq) = await said;
            if (seq != 0 && seq <= last[group])
            {
                Interlocked.Increment(ref _outOfOrder);
            }
            last[group] = Math.Max(last[group], seq);
        }
    }

    private async Task<(int Group, long Seq)> SayAsync(
        ReplayPlan plan, Ledger ledger, Person person, PlannedLine line, SemaphoreSlim own, SemaphoreSlim total, CancellationToken token)
    {
        try
        {
            var stored = await _clients[person.Index].SendAsync(plan.Groups[line.Group].Id, line.Text, token: token);
            if (!ledger.Acked(line.Group, stored.Seq, Ledger.Fingerprint(EntryKind.Message, person.UserId, line.Text)))
            {
                Faulty.Add(ref _faulty.Different);
            }
            Interlocked.Increment(ref _confirmed);
            return (line.Group, stored.Seq);
        }
        catch (ChatProblemException)
        {
            Interlocked.Increment(ref _refused);
            return (line.Group, 0);
        }
        finally
        {
            own.Release();
            total.Release();
            progress.Step();
        }
    }

    /// <summary>Breaks connections at random while messages are under way.</summary>
    private async Task DropAsync(CancellationToken token)
    {
        var random = new Random(options.Seed);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / Math.Max(1, options.FaultsPerSecond)), time);
        while (await WaitAsync(timer, token))
        {
            _clients[random.Next(_clients.Length)].Reconnect();
            progress.Dropped();
        }
    }

    /// <summary>Waits until every device has everything; gives up when nothing moves any more.</summary>
    private async Task SettleAsync(ReplayPlan plan, CancellationToken token)
    {
        progress.Begin("deliveries", plan.Deliveries);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(0.2), time);
        var (before, since) = (-1L, time.GetTimestamp());
        while (!Array.TrueForAll(_checks, check => check.HasAll))
        {
            var delivered = Volatile.Read(ref _faulty.Delivered);
            progress.Reach(delivered);
            if (delivered != before)
            {
                (before, since) = (delivered, time.GetTimestamp());
            }
            else if (time.GetElapsedTime(since) > options.Patience)
            {
                return;
            }
            await timer.WaitForNextTickAsync(token);
        }
        progress.Reach(_faulty.Delivered);
    }

    /// <summary>How many second devices come to something else than the live ones.</summary>
    private async Task<int> CatchUpAsync(Stage stage, ReplayPlan plan, Ledger ledger, string[] tokens, CancellationToken token)
    {
        progress.Begin("second devices", plan.People.Count);
        var different = 0;
        await stage.ForEachAsync(plan.People, async (person, token) =>
        {
            var api = new ChatApi(_http, options.Url, new ChatCredentials(tokens[person.Index]));
            var folded = await SecondDevice.CatchUpAsync(
                api, person.UserId, ledger, request => stage.RetryAsync(request, token), request => stage.RetryAsync(request, token), token);
            var same = _checks[person.Index].Folded.All(live => folded.TryGetValue(live.Group, out var away) && away == (live.Have, live.Hash));
            if (!same)
            {
                Interlocked.Increment(ref different);
            }
        }, token);
        return different;
    }

    private static async Task<bool> WaitAsync(PeriodicTimer timer, CancellationToken token)
    {
        try
        {
            return await timer.WaitForNextTickAsync(token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
