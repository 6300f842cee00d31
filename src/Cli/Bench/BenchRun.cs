using ModularChat.Client;

namespace ModularChat.Cli.Bench;

/// <summary>One measurement.</summary>
internal sealed record BenchFigures(string Name, string Server, double MessagesPerSecond, double DeliveriesPerSecond, double P50, double P99, double? CpuPerMessage, double? CpuPerDelivery, double? BytesPerConnection = null);

/// <summary>Measures a running server, and a bare relay beside it in the same way.</summary>
internal sealed class BenchRun(Uri url, string key, int? pid, int seconds, int warmUp, TimeProvider time)
{
    private const int Senders = 8;
    private const int ConnectionsPerUser = 100;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(5), Heartbeat = TimeSpan.FromSeconds(10);
    private static readonly string Text = new('x', 60);

    public async Task<List<BenchFigures>> RunAsync(int pairs, int fanOut, int idle, CancellationToken token)
    {
        var figures = new List<BenchFigures>();
        await using var relay = await RelayProcess.StartAsync(token);
        if (idle > 0)
        {
            // First, while neither server holds anything of the other measurements.
            figures.Add(await IdleAsync("chat", pid, i => ConnectIdleAsync(i, token), idle, token));
            figures.Add(await IdleAsync("relay", relay.Pid, async i => [.. (await ConnectAsync(relay.Url, 1, Math.Min(ConnectionsPerUser, idle - i), 0, token)).Users], idle, token));
        }
        if (pairs > 0)
        {
            var conversations = await PairsAsync(pairs, token);
            figures.Add(await MeasureAsync("pairs", "chat", await ConnectAsync(conversations, int.MaxValue, token), pid, token));
            figures.Add(await MeasureAsync("pairs", "relay", await ConnectAsync(relay.Url, pairs, 2, int.MaxValue, token), relay.Pid, token));
        }
        if (fanOut > 0)
        {
            var group = await GroupAsync(fanOut, token);
            figures.Add(await MeasureAsync("fan-out", "chat", await ConnectAsync(group, Senders, token), pid, token));
            figures.Add(await MeasureAsync("fan-out", "relay", await ConnectAsync(relay.Url, 1, fanOut, Senders, token), relay.Pid, token));
        }
        return figures;
    }

    private async Task<BenchFigures> MeasureAsync(string name, string server, Crowd crowd, int? process, CancellationToken token)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        var running = crowd.Users.Select(user => user.RunAsync(stop.Token)).ToArray();
        var accounting = ServerProcess.Find(process);
        try
        {
            foreach (var user in crowd.Users)
            {
                await user.LiveAsync(token);
            }
            await Task.WhenAll(crowd.Users.Select(user => user.BeginAsync(token)));
            // Until the code that runs is the compiled code that an hour-old server runs.
            await HoldAsync(crowd, warmUp, token);
            var (cpu, at) = (accounting?.CpuSeconds, time.GetTimestamp());
            crowd.Counters.Open();
            await HoldAsync(crowd, seconds, token);
            crowd.Counters.Close();
            var (used, took) = (accounting?.CpuSeconds - cpu, time.GetElapsedTime(at).TotalSeconds);
            var latencies = crowd.Counters.Latencies();
            var deliveries = crowd.Counters.Deliveries;
            return new BenchFigures(
                name, server, latencies.Length / took, deliveries / took, Percentile(latencies, 0.5), Percentile(latencies, 0.99),
                used / Math.Max(1, latencies.Length) * 1e6, used / Math.Max(1, deliveries) * 1e6);
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var user in crowd.Users)
            {
                user.Dispose();
            }
        }
    }

    private async Task HoldAsync(Crowd crowd, int length, CancellationToken token)
    {
        for (var left = TimeSpan.FromSeconds(length); left > TimeSpan.Zero; left -= Heartbeat)
        {
            await Task.Delay(left < Heartbeat ? left : Heartbeat, time, token);
            await Task.WhenAll(crowd.Users.Select(user => user.HeartbeatAsync(token)));
        }
    }

    /// <summary>Resident memory that connections which do nothing add to a server, a hundred of a user.</summary>
    private async Task<BenchFigures> IdleAsync(string server, int? process, Func<int, Task<LoadUser[]>> connect, int count, CancellationToken token)
    {
        var accounting = ServerProcess.Find(process);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        // The first hundred bring in what is there once, however many come.
        var users = new List<LoadUser>(await connect(0));
        var running = users.ConvertAll(user => user.RunAsync(stop.Token));
        await Task.Delay(Settle, time, token);
        var before = accounting?.ResidentBytes;
        for (var i = ConnectionsPerUser; i < count; i += ConnectionsPerUser)
        {
            var more = await connect(i);
            users.AddRange(more);
            running.AddRange(more.Select(user => user.RunAsync(stop.Token)));
            await Task.WhenAll(more.Select(user => user.LiveAsync(token)));
        }
        await Task.Delay(Settle, time, token);
        var bytes = (accounting?.ResidentBytes - before) / Math.Max(1, users.Count - ConnectionsPerUser);
        await stop.CancelAsync();
        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        users.ForEach(user => user.Dispose());
        return new BenchFigures("idle", server, 0, 0, 0, 0, null, null, bytes);
    }

    private async Task<LoadUser[]> ConnectIdleAsync(int from, CancellationToken token)
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        var (_, session) = await UserAsync(new ChatApi(http, url, new ChatCredentials(key)), from / ConnectionsPerUser, token);
        var users = new LoadUser[ConnectionsPerUser];
        for (var i = 0; i < users.Length; i++)
        {
            users[i] = new LoadUser(new BenchCounters(), time);
            await users[i].ConnectAsync(url, session, token);
        }
        return users;
    }

    private async Task<List<(Guid Conversation, string[] Tokens)>> PairsAsync(int pairs, CancellationToken token)
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        var application = new ChatApi(http, url, new ChatCredentials(key));
        var result = new List<(Guid, string[])>();
        for (var i = 0; i < pairs; i++)
        {
            var (one, other) = (await UserAsync(application, 2 * i, token), await UserAsync(application, (2 * i) + 1, token));
            var direct = await application.As(new ChatCredentials(key, one.Id)).OpenDirectAsync(other.Id, token);
            result.Add((direct.Id, [one.Token, other.Token]));
        }
        return result;
    }

    private async Task<List<(Guid Conversation, string[] Tokens)>> GroupAsync(int members, CancellationToken token)
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        var application = new ChatApi(http, url, new ChatCredentials(key));
        var users = new List<(Guid Id, string Token)>();
        for (var i = 0; i < members; i++)
        {
            users.Add(await UserAsync(application, i, token));
        }
        var owner = application.As(new ChatCredentials(key, users[0].Id));
        var id = ClientIds.New();
        await owner.CreateGroupAsync(id, "Bench", [.. users.Skip(1).Take(99).Select(user => user.Id)], token: token);
        for (var i = 100; i < members; i += 100)
        {
            await owner.AddMembersAsync(id, [.. users.Skip(i).Take(100).Select(user => user.Id)], token: token);
        }
        return [(id, [.. users.Select(user => user.Token)])];
    }

    private static async Task<(Guid Id, string Token)> UserAsync(ChatApi application, int number, CancellationToken token)
    {
        var external = $"bench-{number}";
        var user = await application.PutApplicationUserAsync(external, displayName: external, token: token);
        var session = await application.CreateApplicationSessionAsync(external, new DeviceDescription("bench", "bench"), token);
        return (user.Id, session.Token);
    }

    private async Task<Crowd> ConnectAsync(List<(Guid Conversation, string[] Tokens)> conversations, int senders, CancellationToken token)
    {
        var crowd = new Crowd();
        foreach (var (conversation, tokens) in conversations)
        {
            for (var i = 0; i < tokens.Length; i++)
            {
                var user = new LoadUser(crowd.Counters, time);
                crowd.Users.Add(user);
                await user.ConnectAsync(url, tokens[i], token);
                if (i < senders)
                {
                    user.Aim(conversation, Text);
                }
            }
        }
        return crowd;
    }

    private async Task<Crowd> ConnectAsync(Uri relay, int rooms, int size, int senders, CancellationToken token)
    {
        var crowd = new Crowd();
        for (var i = 0; i < rooms * size; i++)
        {
            var user = new LoadUser(crowd.Counters, time);
            crowd.Users.Add(user);
            await user.ConnectAsync(relay, $"{size}-{i / size}", i, token);
            if (i % size < senders)
            {
                user.Aim(Guid.Empty, Text);
            }
        }
        return crowd;
    }

    private static double Percentile(double[] sorted, double share) => sorted.Length == 0 ? 0 : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))];

    private sealed class Crowd
    {
        public BenchCounters Counters { get; } = new();
        public List<LoadUser> Users { get; } = [];
    }
}
