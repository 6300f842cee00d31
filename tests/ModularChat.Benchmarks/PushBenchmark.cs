using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using ModularChat.Client;

namespace ModularChat.Benchmarks;

/// <summary>
/// Ten thousand Web Pushes to a service on loopback, in bursts between which nothing is pushed, while somebody else sends messages at a steady pace:
/// <c>dotnet run -c Release --project tests/ModularChat.Benchmarks -- push &lt;ModularChat.Host.dll&gt; [pushes] [messages a second]</c>.
/// </summary>
internal static class PushBenchmark
{
    private const int Receivers = 500, GroupsAtOnce = 5;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(4);

    private static int _taken;

    public static async Task<int> RunAsync(string host, string[] args)
    {
        var pushes = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10_000;
        var pace = TimeSpan.FromSeconds(1.0 / (args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 25));
        var rounds = Math.Max(1, pushes / (Receivers * GroupsAtOnce));
        var folder = Directory.CreateTempSubdirectory("modularchat-bench-");
        await using var service = await StartServiceAsync();
        var url = new Uri($"http://127.0.0.1:{FreePort().ToString(CultureInfo.InvariantCulture)}");
        using var process = Start(host, folder.FullName, url);
        try
        {
            using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { Timeout = TimeSpan.FromMinutes(1) };
            await ReadyAsync(http, url);
            var key = (await File.ReadAllTextAsync(Path.Combine(folder.FullName, "development-key"))).Trim();
            var application = new ChatApi(http, url, new ChatCredentials(key));
            var (writer, groups) = await SetStageAsync(application, http, url, key, new Uri(service.Urls.First()));
            var (speaker, direct) = await TwoOthersAsync(application, http, url, key);
            // Whatever is compiled when it is first needed.
            await BurstAsync(writer, groups, 0);
            await SpeakAsync(speaker, direct, pace, Task.Delay(Quiet));
            var (still, beside) = (new List<double>(), new List<double>());
            var (seconds, cpu, quietCpu, quietSeconds) = (0.0, 0.0, 0.0, 0.0);
            for (var round = 1; round <= rounds; round++)
            {
                var (clock, before) = (Stopwatch.StartNew(), Cpu(process));
                still.AddRange(await SpeakAsync(speaker, direct, pace, Task.Delay(Quiet)));
                (quietSeconds, quietCpu) = (quietSeconds + clock.Elapsed.TotalSeconds, quietCpu + Cpu(process) - before);
                (clock, before) = (Stopwatch.StartNew(), Cpu(process));
                var burst = BurstAsync(writer, groups, round);
                beside.AddRange(await SpeakAsync(speaker, direct, pace, burst));
                seconds += await burst;
                cpu += Cpu(process) - before - (quietCpu / quietSeconds * clock.Elapsed.TotalSeconds);
            }
            var sent = rounds * Receivers * GroupsAtOnce;
            Console.WriteLine(FormattableString.Invariant($"{sent} pushes in {seconds:F1} s, from the messages on: {sent / seconds:F0} a second, {cpu / sent * 1000:F2} ms of the server's CPU each"));
            Console.WriteLine(FormattableString.Invariant(
                $"a message beside it, {1 / pace.TotalSeconds:F0} a second: p50 {At(still, 0.5):F2} ms without pushes, {At(beside, 0.5):F2} ms with ({Ratio(still, beside, 0.5):F2}); p95 {At(still, 0.95):F2} and {At(beside, 0.95):F2} ms ({Ratio(still, beside, 0.95):F2}); {still.Count} and {beside.Count} messages"));
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
            folder.Delete(recursive: true);
        }
        return 0;
    }

    /// <summary>A message into each of five groups; the time until all devices were pushed to.</summary>
    private static async Task<double> BurstAsync(ChatApi writer, Guid[] groups, int round)
    {
        var clock = Stopwatch.StartNew();
        var until = Volatile.Read(ref _taken) + (GroupsAtOnce * Receivers);
        for (var i = 0; i < GroupsAtOnce; i++)
        {
            // What still waits for a device in one group would become one push.
            await writer.SendMessageAsync(groups[((round * GroupsAtOnce) + i) % groups.Length], ClientIds.New(), "A line as people write it, neither short nor long, about nothing in particular.");
        }
        while (Volatile.Read(ref _taken) < until)
        {
            if (clock.Elapsed > TimeSpan.FromMinutes(3))
            {
                throw new InvalidOperationException(FormattableString.Invariant($"{until - Volatile.Read(ref _taken)} pushes did not come."));
            }
            await Task.Delay(5);
        }
        return clock.Elapsed.TotalSeconds;
    }

    private static async Task<List<double>> SpeakAsync(ChatApi speaker, Guid direct, TimeSpan pace, Task until)
    {
        var took = new List<double>();
        using var timer = new PeriodicTimer(pace);
        while (!until.IsCompleted && await timer.WaitForNextTickAsync())
        {
            var begun = Stopwatch.GetTimestamp();
            await speaker.SendMessageAsync(direct, ClientIds.New(), "And this is for you alone.");
            took.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }
        return took;
    }

    private static async Task<(ChatApi Writer, Guid[] Groups)> SetStageAsync(ChatApi application, HttpClient http, Uri url, string key, Uri service)
    {
        using var device = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var point = device.ExportParameters(includePrivateParameters: false).Q;
        var keys = new { p256dh = Base64Url.EncodeToString([4, .. point.X!, .. point.Y!]), auth = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)) };
        var users = new Guid[Receivers];
        await Parallel.ForAsync(0, Receivers, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, token) =>
        {
            users[i] = (await application.PutApplicationUserAsync(FormattableString.Invariant($"receiver-{i}"), token: token)).Id;
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(url, "/api/v1/me/push/subscriptions")) { Content = JsonContent.Create(new { endpoint = new Uri(service, FormattableString.Invariant($"/push/{i}")), keys }) };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
            request.Headers.Add("Act-As", users[i].ToString());
            using var answer = await http.SendAsync(request, token);
            answer.EnsureSuccessStatusCode();
        });
        var owner = (await application.PutApplicationUserAsync("writer")).Id;
        var writer = new ChatApi(http, url, new ChatCredentials(key, owner));
        var groups = new Guid[GroupsAtOnce * 2];
        for (var i = 0; i < groups.Length; i++)
        {
            groups[i] = ClientIds.New();
            var parts = users.Chunk(99).ToArray();
            await writer.CreateGroupAsync(groups[i], FormattableString.Invariant($"group {i}"), parts[0]);
            foreach (var part in parts.Skip(1))
            {
                await writer.AddMembersAsync(groups[i], part);
            }
        }
        return (writer, groups);
    }

    private static async Task<(ChatApi Speaker, Guid Direct)> TwoOthersAsync(ChatApi application, HttpClient http, Uri url, string key)
    {
        var (one, other) = ((await application.PutApplicationUserAsync("speaker")).Id, (await application.PutApplicationUserAsync("listener")).Id);
        var speaker = new ChatApi(http, url, new ChatCredentials(key, one));
        return (speaker, (await speaker.OpenDirectAsync(other)).Id);
    }

    private static async Task<WebApplication> StartServiceAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapPost("/push/{id}", async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
            Interlocked.Increment(ref _taken);
            context.Response.StatusCode = StatusCodes.Status201Created;
        });
        await app.StartAsync();
        return app;
    }

    private static Process Start(string host, string folder, Uri url)
    {
        string[] settings =
        [
            $"--Host:Url={url.GetLeftPart(UriPartial.Authority)}", $"--Storage:Directory={folder}", "--Logging:LogLevel:Default=Warning", "--Identity:WriteDevelopmentKey=true",
            "--Notifications:AllowHttpEndpoints=true", "--Notifications:InsideNetworks:0=127.0.0.0/8",
        ];
        var process = Process.Start(new ProcessStartInfo("dotnet", [host, .. settings]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }

    private static async Task ReadyAsync(HttpClient http, Uri url)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri(url, "/health/ready"));
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException) when (clock.Elapsed < TimeSpan.FromMinutes(1))
            {
                // Not listening yet.
            }
            await Task.Delay(50);
        }
    }

    private static double Cpu(Process process)
    {
        process.Refresh();
        return process.TotalProcessorTime.TotalSeconds;
    }

    private static double At(List<double> took, double part) => took.Order().ElementAt((int)((took.Count - 1) * part));

    private static double Ratio(List<double> one, List<double> other, double part) => At(other, part) / At(one, part);

    private static int FreePort()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
