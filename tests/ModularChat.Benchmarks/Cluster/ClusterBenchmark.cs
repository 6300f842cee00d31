using System.Diagnostics;
using System.Globalization;
using ModularChat.Shared.Servers;

namespace ModularChat.Benchmarks.Cluster;

/// <summary>
/// What being a cluster costs: the same work on one, two and three nodes, delivery between them, and the return of all clients of a node that dies.
/// <c>dotnet run -c Release --project tests/ModularChat.Benchmarks -- cluster &lt;ModularChat.Host.dll&gt; [postgresql|redis] [seconds] [pairs] [clients] [messages a second] [most nodes] [fewest nodes]</c>.
/// </summary>
internal static class ClusterBenchmark
{
    private const int DevicesOfUser = 10;

    public static async Task<int> RunAsync(string host, string[] args)
    {
        var engine = args.Length > 0 ? args[0] : "postgresql";
        int Number(int at, int otherwise) => args.Length > at ? int.Parse(args[at], CultureInfo.InvariantCulture) : otherwise;
        var (seconds, pairs, clients, rate) = (Number(1, 10), Number(2, 100), Number(3, 10_000), Number(4, 0));
        await using var postgres = await PostgresServer.StartAsync(CancellationToken.None, "shared_buffers=256MB", "max_wal_size=4GB", "max_connections=400", "shared_preload_libraries=pg_stat_statements");
        await using var backplane = await RedisServer.StartAsync(CancellationToken.None, "--appendonly", "no");
        await using var redisLog = engine == "redis" ? await RedisServer.StartAsync(CancellationToken.None) : null;
        var counts = new EngineCounts(postgres, backplane);
        double? alone = null;
        for (var nodes = Number(6, 1); nodes <= Number(5, 3); nodes++)
        {
            await using var cluster = await BenchCluster.StartAsync(
                host, nodes, await postgres.CreateDatabaseAsync($"accounts{nodes}", CancellationToken.None), engine,
                redisLog is null ? await postgres.CreateDatabaseAsync($"log{nodes}", CancellationToken.None) : $"{redisLog.Address},prefix=n{nodes}", backplane);
            if (seconds > 0)
            {
                alone = await PairsAsync(cluster, counts, pairs, seconds, rate, alone);
            }
            if (nodes == 3 && clients > 0)
            {
                await StormAsync(cluster, clients);
            }
        }
        return 0;
    }

    /// <summary>Pairs of which each has one message in flight from either side, or sends at a pace; with several nodes every second pair is divided between two of them.</summary>
    private static async Task<double> PairsAsync(BenchCluster cluster, EngineCounts counts, int pairs, int seconds, int rate, double? alone)
    {
        using var stop = new CancellationTokenSource();
        var devices = new List<(BenchDevice Device, Uri Url, Guid Conversation, bool IsAcross)>();
        for (var i = 0; i < pairs; i++)
        {
            var (one, other) = (await cluster.UserAsync($"one-{i}", 1), await cluster.UserAsync($"other-{i}", 1));
            var conversation = await cluster.GroupAsync(one.Id, [other.Id]);
            var isAcross = i % 2 == 1 && cluster.Nodes.Count > 1;
            var node = i / 2 % cluster.Nodes.Count;
            foreach (var (session, at) in new[] { (one.Sessions[0], node), (other.Sessions[0], isAcross ? (node + 1) % cluster.Nodes.Count : node) })
            {
                var pace = rate == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(2.0 * pairs / rate);
                devices.Add((new BenchDevice(session, devices.Count) { Pace = pace }, cluster.Nodes[at].Url, conversation, isAcross));
            }
        }
        foreach (var (device, url, _, _) in devices)
        {
            await device.ConnectAsync(url, stop.Token);
            await device.Live;
        }
        await Task.WhenAll(devices.Select(d => d.Device.BeginAsync(d.Conversation, stop.Token)));
        // Until the code that runs is the compiled code that an hour-old server runs.
        await Task.Delay(TimeSpan.FromSeconds(Math.Max(10, seconds)));
        await counts.BeginAsync();
        devices.ForEach(d => d.Device.Delays = new List<double>(10_000));
        var (cpu, clock) = (cluster.Cpu, Stopwatch.StartNew());
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        var (used, took) = (cluster.Cpu - cpu, clock.Elapsed);
        var delays = devices.ConvertAll(d => (d.Device.Delays!.ToArray(), d.IsAcross));
        var asked = await counts.EndAsync(delays.Sum(d => d.Item1.Length));
        await stop.CancelAsync();
        await Task.WhenAll(devices.Select(d => d.Device.EndAsync()));
        devices.ForEach(d => d.Device.Dispose());

        var messages = delays.Sum(d => d.Item1.Length);
        var each = used.TotalMicroseconds / messages;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{cluster.Nodes.Count} nodes: {messages / took.TotalSeconds:F0} messages/s, {each:F1} us of server CPU a message{(alone is { } one0 ? $", {each / one0:F2} times one node's" : "")}; delivered on the same node {Times(delays, isAcross: false)}, across {Times(delays, isAcross: true)}"));
        Console.WriteLine(asked);
        return alone ?? each;
    }

    /// <summary>All clients hang on the last node, which is killed; each comes back at once, to one of the others, with its cursor, and must get what was said meanwhile.</summary>
    private static async Task StormAsync(BenchCluster cluster, int clients)
    {
        var groups = new (Guid Owner, Guid Id)[clients / DevicesOfUser];
        var devices = new List<(BenchDevice Device, Guid Conversation)>();
        await Parallel.ForAsync(0, groups.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            var user = await cluster.UserAsync($"storm-{i}", DevicesOfUser);
            var group = await cluster.GroupAsync(user.Id, []);
            groups[i] = (user.Id, group);
            lock (devices)
            {
                devices.AddRange(user.Sessions.Select(session => (new BenchDevice(session, -1), group)));
            }
        });
        Console.WriteLine($"{devices.Count} devices of {groups.Length} users");
        foreach (var chunk in devices.Chunk(200))
        {
            await Task.WhenAll(chunk.Select(async d =>
            {
                await d.Device.ConnectAsync(cluster.Nodes[^1].Url, CancellationToken.None);
                await d.Device.Live;
            }));
        }
        Console.WriteLine("all are live on one node, which is killed");
        var seen = devices.ConvertAll(d => d.Device.Seen);
        cluster.Nodes[^1].Process.Kill();
        await Task.WhenAll(devices.Select(d => d.Device.EndAsync()));
        foreach (var (owner, id) in groups)
        {
            await cluster.SendAsync(owner, id, "said meanwhile");
        }
        var (cpu, clock, refused) = (cluster.Cpu, Stopwatch.StartNew(), 0);
        var times = await Task.WhenAll(devices.Select(async (d, i) =>
        {
            for (var attempt = 0; ; attempt++)
            {
                try
                {
                    await d.Device.ConnectAsync(cluster.Nodes[(i + attempt) % (cluster.Nodes.Count - 1)].Url, CancellationToken.None);
                    await d.Device.Live;
                    return clock.Elapsed.TotalSeconds;
                }
                catch (Exception e) when (attempt < 100 && e is System.Net.WebSockets.WebSocketException or InvalidOperationException)
                {
                    Interlocked.Increment(ref refused);
                    await Task.Delay(Random.Shared.Next(50, 500));
                }
            }
        }));
        var missing = devices.Where((d, i) => d.Device.Seen <= seen[i]).Count();
        Array.Sort(times);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{clients} clients of a killed node, all at once to the two others: live and synced after {times[clients / 2]:F1} s (half), {times[clients * 99 / 100]:F1} s (99 %), {times[^1]:F1} s (all); refused {refused} times, {missing} without what was said meanwhile, {(cluster.Cpu - cpu).TotalMicroseconds / clients:F0} us of server CPU each"));
        devices.ForEach(d => d.Device.Dispose());
    }

    private static string Times(List<(double[] Delays, bool IsAcross)> delays, bool isAcross)
    {
        double[] sorted = [.. delays.Where(d => d.IsAcross == isAcross).SelectMany(d => d.Delays).Order()];
        return sorted.Length == 0 ? "-" : string.Create(CultureInfo.InvariantCulture, $"{sorted[sorted.Length / 2]:F1} / {sorted[sorted.Length * 99 / 100]:F1} ms (p50 / p99)");
    }
}
