using System.Globalization;
using ModularChat.Client;

namespace ModularChat.Cli.Bench;

/// <summary><c>chat bench --calls N</c>: what so many calls at once cost the server, which has nothing to do with their sound; beside the same connections without calls.</summary>
internal sealed class BenchCalls(Uri url, string key, int pid, int seconds, TimeProvider time)
{
    private const int AtOnce = 32, CandidateFrames = 3;
    private const string Heartbeat = """{"type":"heartbeat"}""";

    // About as long as what a browser says for one microphone.
    private static readonly string Sdp = "v=0\\r\\no=- 1 2 IN IP4 127.0.0.1\\r\\ns=-\\r\\nt=0 0\\r\\n" + string.Concat(Enumerable.Repeat("a=rtpmap:111 opus/48000/2\\r\\n", 80));

    public async Task RunAsync(int calls, CancellationToken token)
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        var server = ServerProcess.Find(pid) ?? throw new InvalidOperationException($"There is no process {pid.ToString(CultureInfo.InvariantCulture)}.");
        var application = new ChatApi(http, url, new ChatCredentials(key));
        var people = new (Guid Id, string Token)[calls * 2];
        await ParallelAsync(people.Length, async i =>
        {
            var who = string.Create(CultureInfo.InvariantCulture, $"bench-call-{i}");
            var user = await application.PutApplicationUserAsync(who, token: token);
            people[i] = (user.Id, (await application.CreateApplicationSessionAsync(who, new DeviceDescription(who, "bench"), token)).Token);
        });
        var ends = new BenchSocket[people.Length];
        await ParallelAsync(ends.Length, async i => ends[i] = await BenchSocket.ChatAsync(url, people[i].Token, token));

        using var idling = CancellationTokenSource.CreateLinkedTokenSource(token);
        var idle = Array.ConvertAll(ends, end => end.ReadAsync(Heartbeat, idling.Token));
        var without = await MeasureAsync(server, token);
        await idling.CancelAsync();
        await Task.WhenAll(idle);
        foreach (var end in ends)
        {
            end.Dispose();
        }

        await ParallelAsync(ends.Length, async i => ends[i] = await BenchSocket.ChatAsync(url, people[i].Token, token));
        using var talking = CancellationTokenSource.CreateLinkedTokenSource(token);
        var running = new Task[ends.Length];
        var (cpu, begun) = (Cpu(server), time.GetTimestamp());
        await ParallelAsync(calls, async i =>
        {
            var (caller, callee, call) = (i * 2, (i * 2) + 1, ClientIds.New());
            var (one, other) = (ClientIds.New(), ClientIds.New());
            var api = new ChatApi(http, url, new ChatCredentials(people[caller].Token));
            var conversation = (await api.OpenDirectAsync(people[callee].Id, token)).Id;
            await api.StartCallAsync(conversation, call, one, token);
            await new ChatApi(http, url, new ChatCredentials(people[callee].Token)).AcceptCallAsync(call, other, token);
            foreach (var (end, leg, kind) in new[] { (caller, one, "offer"), (callee, other, "answer") })
            {
                running[end] = ends[end].ReadAsync(Frame("renew", call, leg, ""), talking.Token);
                await ends[end].SendAsync(Frame("signal", call, leg, $$""","signal":{"kind":"{{kind}}","sdp":"{{Sdp}}"}"""), token);
                for (var n = 0; n < CandidateFrames; n++)
                {
                    await ends[end].SendAsync(Frame("signal", call, leg, ""","signal":{"kind":"candidates","candidates":[{"candidate":"candidate:1 1 udp 41885439 203.0.113.7 49152 typ relay","sdpMid":"0"}]}"""), token);
                }
            }
        });
        var (set, took) = (Cpu(server) - cpu, time.GetElapsedTime(begun).TotalSeconds);
        var with = await MeasureAsync(server, token);
        await talking.CancelAsync();
        await Task.WhenAll(running);
        foreach (var end in ends)
        {
            end.Dispose();
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{calls} calls on {ends.Length} connections, each end renewing every 5 s: {with.Cpu * 100:F1} % of a core, {with.Megabytes:F0} MB"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"the same connections with heartbeats only: {without.Cpu * 100:F1} % of a core, {without.Megabytes:F0} MB"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"begun, answered and signalled at {calls / took:F0} calls a second, {set / calls * 1e3:F2} ms of CPU each"));
    }

    private static string Frame(string action, Guid call, Guid leg, string more) => $$"""{"type":"call","action":"{{action}}","callId":"{{call}}","legId":"{{leg}}"{{more}}}""";

    private static double Cpu(ServerProcess server) => server.CpuSeconds ?? throw new InvalidOperationException("The server has ended.");

    private static Task ParallelAsync(int count, Func<int, Task> work) =>
        Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, _) => await work(i));

    private async Task<(double Cpu, double Megabytes)> MeasureAsync(ServerProcess server, CancellationToken token)
    {
        await Task.Delay(TimeSpan.FromSeconds(5), time, token);
        var (cpu, begun) = (Cpu(server), time.GetTimestamp());
        await Task.Delay(TimeSpan.FromSeconds(seconds), time, token);
        return ((Cpu(server) - cpu) / time.GetElapsedTime(begun).TotalSeconds, (server.ResidentBytes ?? 0) / 1024 / 1024);
    }
}
