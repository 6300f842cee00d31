using System.Globalization;
using ModularChat.Client;

namespace ModularChat.Cli.Bench;

/// <summary>
/// <c>chat bench --presence</c>: what a heartbeat costs, what a change costs with people who watch, and whether people who flap leave anything
/// behind. Each beside the bare relay where that can do something like it.
/// </summary>
internal sealed class BenchPresence(Uri url, string key, int pid, int seconds, int warmUp, TimeProvider time)
{
    private const int Beating = 200, Pacing = 1_000, Watchers = 200, Changing = 100, Flapping = 1_000, FlapSeconds = 60, FlapWorkers = 64;
    private const string Heartbeat = """{"type":"heartbeat"}""";

    // Choosing goes 20 times a minute for each user.
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(3.2);

    public async Task RunAsync(CancellationToken token)
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        var users = await UsersAsync(new ChatApi(http, url, new ChatCredentials(key)), token);
        await using var relay = await RelayProcess.StartAsync(token);
        await HeartbeatsAsync(users, relay, token);
        await PacedHeartbeatsAsync(users, relay, token);
        await ChangesAsync(users, relay, http, token);
        await FlapAsync(users, token);
    }

    private async Task HeartbeatsAsync(List<(Guid Id, string Token)> users, RelayProcess relay, CancellationToken token)
    {
        var chat = await BeatAsync(pid, i => BenchSocket.ChatAsync(url, users[i].Token, token), token);
        var bare = await BeatAsync(relay.Pid, i => BenchSocket.RelayAsync(relay.Url, $"beat-{i.ToString(CultureInfo.InvariantCulture)}", token), token);
        Say($"heartbeat: {chat.Rate:F0}/s at {chat.Cost:F2} us of server CPU; answered by the relay: {bare.Rate:F0}/s at {bare.Cost:F2} us; ratio {chat.Cost / bare.Cost:F2}");
    }

    /// <summary>Connections that each send a heartbeat a second, as clients do: with the look at the session, when the server's HeartbeatSeconds is 1.</summary>
    private async Task PacedHeartbeatsAsync(List<(Guid Id, string Token)> users, RelayProcess relay, CancellationToken token)
    {
        var chat = await PaceAsync(pid, i => BenchSocket.ChatAsync(url, users[i].Token, token), token);
        var bare = await PaceAsync(relay.Pid, i => BenchSocket.RelayAsync(relay.Url, $"pace-{i.ToString(CultureInfo.InvariantCulture)}", token), token);
        Say($"heartbeat, one a second on each of {Pacing} connections: {chat:F2} us of server CPU; answered by the relay: {bare:F2} us; ratio {chat / bare:F2}");
    }

    private async Task<double> PaceAsync(int process, Func<int, Task<BenchSocket>> connect, CancellationToken token)
    {
        var accounting = ServerProcess.Find(process);
        var sockets = await ConnectAsync(Pacing, connect);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        var running = sockets.ConvertAll(socket => socket.ReadAsync(null, stop.Token));
        var (sent, cpu, begun) = (0, 0.0, time.GetTimestamp());
        for (var i = 0; i < (warmUp + seconds) * Pacing; i++)
        {
            if (i == warmUp * Pacing)
            {
                cpu = accounting?.CpuSeconds ?? 0;
            }
            sent += i >= warmUp * Pacing ? 1 : 0;
            await sockets[i % Pacing].SendAsync(Heartbeat, token);
            // Late ones are made up for: a timer is not that fine.
            var ahead = TimeSpan.FromSeconds(i / (double)Pacing) - time.GetElapsedTime(begun);
            if (ahead > TimeSpan.FromMilliseconds(5))
            {
                await Task.Delay(ahead, time, token);
            }
        }
        var cost = ((accounting?.CpuSeconds ?? 0) - cpu) / sent * 1e6;
        await stop.CancelAsync();
        await Task.WhenAll(running);
        sockets.ForEach(socket => socket.Dispose());
        return cost;
    }

    /// <summary>Connections that each send a heartbeat as soon as the one before is answered.</summary>
    private async Task<(double Rate, double Cost)> BeatAsync(int process, Func<int, Task<BenchSocket>> connect, CancellationToken token)
    {
        var accounting = ServerProcess.Find(process);
        var sockets = await ConnectAsync(Beating, connect);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        var running = sockets.ConvertAll(socket => socket.PingPongAsync(Heartbeat, stop.Token));
        await Task.Delay(TimeSpan.FromSeconds(warmUp), time, token);
        var (count, cpu, at) = (sockets.Sum(socket => socket.Received), accounting?.CpuSeconds, time.GetTimestamp());
        await Task.Delay(TimeSpan.FromSeconds(seconds), time, token);
        var (beats, used, took) = (sockets.Sum(socket => socket.Received) - count, accounting?.CpuSeconds - cpu, time.GetElapsedTime(at).TotalSeconds);
        await stop.CancelAsync();
        await Task.WhenAll(running);
        sockets.ForEach(socket => socket.Dispose());
        return (beats / took, (used ?? 0) / beats * 1e6);
    }

    private async Task ChangesAsync(List<(Guid Id, string Token)> users, RelayProcess relay, HttpMessageInvoker http, CancellationToken token)
    {
        var targets = users[..Changing];
        var present = await ConnectAsync(Changing, i => BenchSocket.ChatAsync(url, targets[i].Token, token));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        List<Task> running = [.. present.Select(socket => socket.ReadAsync(Heartbeat, stop.Token))];
        var watchers = await ConnectAsync(Watchers, i => BenchSocket.ChatAsync(url, users[Changing + i].Token, token));
        var watch = $$"""{"type":"watch","userIds":[{{string.Join(',', targets.Select(user => $"\"{user.Id}\""))}}]}""";
        foreach (var watcher in watchers)
        {
            await watcher.SendAsync(watch, token);
        }
        running.AddRange(watchers.Select(socket => socket.ReadAsync(Heartbeat, stop.Token)));
        var watched = await ChangeAsync(targets, http, watchers, token);
        await stop.CancelAsync();
        await Task.WhenAll(running);
        present.ForEach(socket => socket.Dispose());
        watchers.ForEach(socket => socket.Dispose());

        var bare = await FanOutAsync(relay, watched.Changes / watched.Seconds, token);
        var own = watched.Cpu / watched.Deliveries * 1e6;
        Say($"change with {Watchers} who watch: {watched.Changes / watched.Seconds:F0} changes/s, {watched.Deliveries / watched.Seconds:F0} told/s at {own:F2} us of server CPU each, the request that changes included; fan-out of as many frames by the relay: {bare:F2} us each; ratio {own / bare:F2}");
    }

    private async Task<(double Changes, double Deliveries, double Cpu, double Seconds)> ChangeAsync(
        List<(Guid Id, string Token)> targets, HttpMessageInvoker http, List<BenchSocket> watchers, CancellationToken token)
    {
        var accounting = ServerProcess.Find(pid);
        var rounds = Math.Max(2, (int)(TimeSpan.FromSeconds(seconds) / Pace));
        var (changes, before, cpu, at) = (0, 0L, accounting?.CpuSeconds ?? 0, time.GetTimestamp());
        for (var round = -1; round < rounds; round++)
        {
            if (round == 0)
            {
                // The first was to warm up.
                (before, cpu, at) = (watchers.Sum(socket => socket.Received), accounting?.CpuSeconds ?? 0, time.GetTimestamp());
            }
            foreach (var target in targets)
            {
                var state = round % 2 == 0 ? PresenceState.Dnd : PresenceState.Away;
                await new ChatApi(http, url, new ChatCredentials(target.Token)).SetPresenceAsync(state, token: token);
                changes += round < 0 ? 0 : 1;
                await Task.Delay(Pace / targets.Count, time, token);
            }
        }
        await Task.Delay(TimeSpan.FromSeconds(1.5), time, token);
        return (changes, watchers.Sum(socket => socket.Received) - before, (accounting?.CpuSeconds ?? 0) - cpu, time.GetElapsedTime(at).TotalSeconds);
    }

    /// <summary>Frames as long as a presence frame to as many, as often.</summary>
    private async Task<double> FanOutAsync(RelayProcess relay, double perSecond, CancellationToken token)
    {
        var accounting = ServerProcess.Find(relay.Pid);
        var sockets = await ConnectAsync(Watchers + 1, _ => BenchSocket.RelayAsync(relay.Url, "watch", token));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        var running = sockets.ConvertAll(socket => socket.ReadAsync(null, stop.Token));
        var frame = $$"""{"type":"presence","users":[{"userId":"{{Guid.Empty}}","state":"away","asOf":"2026-11-22T14:00:00.000+00:00"}]}""";
        var count = (int)(perSecond * seconds);
        var (before, cpu) = (0L, 0.0);
        for (var i = -(count / 2); i < count; i++)
        {
            if (i == 0)
            {
                (before, cpu) = (sockets.Sum(socket => socket.Received), accounting?.CpuSeconds ?? 0);
            }
            await sockets[0].SendAsync(frame, token);
            await Task.Delay(TimeSpan.FromSeconds(1) / perSecond, time, token);
        }
        var cost = ((accounting?.CpuSeconds ?? 0) - cpu) / (sockets.Sum(socket => socket.Received) - before) * 1e6;
        await stop.CancelAsync();
        await Task.WhenAll(running);
        sockets.ForEach(socket => socket.Dispose());
        return cost;
    }

    /// <summary>Users who connect, come as far as live and break off, as many a second as asked for or as this machine can.</summary>
    private async Task FlapAsync(List<(Guid Id, string Token)> users, CancellationToken token)
    {
        var accounting = ServerProcess.Find(pid);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        using var watcher = await BenchSocket.ChatAsync(url, users[0].Token, token);
        var watching = watcher.ReadAsync(Heartbeat, stop.Token);
        await watcher.SendAsync($$"""{"type":"watch","userIds":[{{string.Join(',', users[1..200].Select(user => $"\"{user.Id}\""))}}]}""", token);
        var (next, done) = (0, 0);
        var begun = time.GetTimestamp();
        var workers = Enumerable.Range(0, FlapWorkers).Select(_ => Task.Run(WorkAsync, token)).ToArray();
        for (var part = 0; part <= FlapSeconds / 10; part++)
        {
            Say($"flapping: after {time.GetElapsedTime(begun).TotalSeconds:F0} s {Volatile.Read(ref done)} times, {accounting?.ResidentBytes / 1048576:F0} MB resident, the watcher was told {watcher.Received} frames");
            await Task.Delay(TimeSpan.FromSeconds(part < FlapSeconds / 10 ? 10 : 0), time, token);
        }
        await stop.CancelAsync();
        await Task.WhenAll(workers);
        await watching;

        async Task WorkAsync()
        {
            while (!stop.IsCancellationRequested)
            {
                var number = Interlocked.Increment(ref next);
                var due = TimeSpan.FromSeconds(number / (double)Flapping) - time.GetElapsedTime(begun);
                if (due > TimeSpan.Zero)
                {
                    await Task.Delay(due, time, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
                using var socket = await BenchSocket.ChatAsync(url, users[1 + (number % (Flapping - 1))].Token, token);
                Interlocked.Increment(ref done);
            }
        }
    }

    private static async Task<List<(Guid Id, string Token)>> UsersAsync(ChatApi application, CancellationToken token)
    {
        var users = new List<(Guid, string)>();
        for (var i = 0; i < Flapping; i++)
        {
            var external = $"presence-{i.ToString(CultureInfo.InvariantCulture)}";
            var user = await application.PutApplicationUserAsync(external, displayName: external, token: token);
            users.Add((user.Id, (await application.CreateApplicationSessionAsync(external, new DeviceDescription("bench", "bench"), token)).Token));
        }
        return users;
    }

    private static async Task<List<BenchSocket>> ConnectAsync(int count, Func<int, Task<BenchSocket>> connect)
    {
        var sockets = new List<BenchSocket>(count);
        for (var i = 0; i < count; i++)
        {
            sockets.Add(await connect(i));
        }
        return sockets;
    }

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
