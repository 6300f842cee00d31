using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using ModularChat.Client;

namespace ModularChat.Benchmarks;

/// <summary>
/// Ten thousand Web Pushes that are due at once, to a service on loopback in a process of its own, while somebody else sends messages at a steady pace; before and after it the same
/// messages without pushes, and at the end as many pushes while nobody sends:
/// <c>dotnet run -c Release --project tests/ModularChat.Benchmarks -- push &lt;ModularChat.Host.dll&gt; [pushes] [messages a second] [settings of the server]</c>.
/// </summary>
internal static class PushBenchmark
{
    private const int Receivers = 500;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(20), Warm = TimeSpan.FromSeconds(5);

    public static Task<int> RunAsync(string host, string[] args) => OnStageAsync(host, args, 10_000, async stage =>
    {
        var (process, service, writer, groups, speaker, direct, pace) = stage;
        // Whatever is compiled when it is first needed.
        await BurstAsync(service, writer, groups[..Math.Min(4, groups.Length)]);
        await SpeakAsync(speaker, direct, pace, Task.Delay(Warm));

        var (still, beside) = (new List<double>(), new List<double>());
        var quiet = (Cpu: 0.0, Seconds: 0.0);
        await StillAsync();
        var (clock, before) = (Stopwatch.StartNew(), Cpu(process));
        var burst = BurstAsync(service, writer, groups);
        beside.AddRange(await SpeakAsync(speaker, direct, pace, burst));
        var (seconds, cpu) = (await burst, Cpu(process) - before - (quiet.Cpu / quiet.Seconds * clock.Elapsed.TotalSeconds));
        await StillAsync();
        before = Cpu(process);
        var alone = await BurstAsync(service, writer, groups);
        var aloneCpu = Cpu(process) - before;

        var sent = groups.Length * Receivers;
        Console.WriteLine(FormattableString.Invariant($"{sent} pushes beside {1 / pace.TotalSeconds:F0} messages a second: {seconds:F1} s, {sent / seconds:F0} a second, {cpu / sent * 1000:F2} ms of the server's CPU each"));
        Console.WriteLine(FormattableString.Invariant($"{sent} pushes while nobody sends: {alone:F1} s, {sent / alone:F0} a second, {aloneCpu / sent * 1000:F2} ms of the server's CPU each"));
        Print(still, beside);

        async Task StillAsync()
        {
            (clock, before) = (Stopwatch.StartNew(), Cpu(process));
            still.AddRange(await SpeakAsync(speaker, direct, pace, Task.Delay(Quiet)));
            quiet = (quiet.Cpu + Cpu(process) - before, quiet.Seconds + clock.Elapsed.TotalSeconds);
        }
    });

    /// <summary>
    /// The same messages while so many pushes wait for a service that takes none: <c>push-waiting &lt;ModularChat.Host.dll&gt; [pushes] [messages a second]</c>.
    /// </summary>
    public static Task<int> RunWaitingAsync(string host, string[] args) => OnStageAsync(host, args, 100_000, async stage =>
    {
        var (process, service, writer, groups, speaker, direct, pace) = stage;
        await SpeakAsync(speaker, direct, pace, Task.Delay(Warm));
        var still = await SpeakAsync(speaker, direct, pace, Task.Delay(Quiet));
        await service.CloseAsync();
        foreach (var group in groups)
        {
            await writer.SendMessageAsync(group, ClientIds.New(), "A line as people write it, neither short nor long, about nothing in particular.");
        }
        // Decided on, as far as one can see from outside.
        for (var (calm, before) = (0, Cpu(process)); calm < 3; calm = Cpu(process) - before < 0.1 ? calm + 1 : 0)
        {
            before = Cpu(process);
            await Task.Delay(TimeSpan.FromSeconds(1));
        }
        var beside = await SpeakAsync(speaker, direct, pace, Task.Delay(Quiet));
        Console.WriteLine(FormattableString.Invariant($"{groups.Length * Receivers} pushes wait; {await service.CountAsync()} were taken"));
        Print(still, beside);
    });

    private static async Task<int> OnStageAsync(string host, string[] args, int pushesUnlessSaid, Func<Stage, Task> measureAsync)
    {
        var pushes = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : pushesUnlessSaid;
        var pace = TimeSpan.FromSeconds(1.0 / (args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 25));
        var folder = Directory.CreateTempSubdirectory("modularchat-bench-");
        var url = new Uri($"http://127.0.0.1:{FreePort().ToString(CultureInfo.InvariantCulture)}");
        await using var service = await CountingService.StartAsync();
        using var process = Start(host, folder.FullName, url, args.Skip(2));
        try
        {
            using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { Timeout = TimeSpan.FromMinutes(1) };
            await ReadyAsync(http, url);
            var key = (await File.ReadAllTextAsync(Path.Combine(folder.FullName, "development-key"))).Trim();
            var application = new ChatApi(http, url, new ChatCredentials(key));
            var (writer, groups) = await SetStageAsync(application, http, url, key, service.Url, Math.Max(1, pushes / Receivers));
            var (speaker, direct) = await TwoOthersAsync(application, http, url, key);
            await measureAsync(new Stage(process, service, writer, groups, speaker, direct, pace));
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
            folder.Delete(recursive: true);
        }
        return 0;
    }

    private static void Print(List<double> still, List<double> beside)
    {
        foreach (var part in new[] { 0.5, 0.9, 0.95, 0.99 })
        {
            Console.WriteLine(FormattableString.Invariant($"a message's p{part * 100:F0}: {At(still, part):F2} ms without pushes, {At(beside, part):F2} ms beside them: {At(beside, part) / At(still, part):F2}"));
        }
        Console.WriteLine(FormattableString.Invariant($"on average {still.Average():F2} and {beside.Average():F2} ms: {beside.Average() / still.Average():F2}; {still.Count} and {beside.Count} messages"));
    }

    /// <summary>A message into each group; the time until all devices were pushed to.</summary>
    private static async Task<double> BurstAsync(CountingService service, ChatApi writer, Guid[] groups)
    {
        var clock = Stopwatch.StartNew();
        var until = await service.CountAsync() + (groups.Length * Receivers);
        foreach (var group in groups)
        {
            await writer.SendMessageAsync(group, ClientIds.New(), "A line as people write it, neither short nor long, about nothing in particular.");
        }
        for (var taken = 0; taken < until; taken = await service.CountAsync())
        {
            if (clock.Elapsed > TimeSpan.FromMinutes(5))
            {
                throw new InvalidOperationException(FormattableString.Invariant($"{until - taken} pushes did not come."));
            }
            await Task.Delay(50);
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

    private static async Task<(ChatApi Writer, Guid[] Groups)> SetStageAsync(ChatApi application, HttpClient http, Uri url, string key, Uri service, int count)
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
        var groups = new Guid[count];
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

    private static Process Start(string host, string folder, Uri url, IEnumerable<string> more)
    {
        string[] settings =
        [
            $"--Host:Url={url.GetLeftPart(UriPartial.Authority)}", $"--Storage:Directory={folder}", "--Logging:LogLevel:Default=Warning", "--Identity:WriteDevelopmentKey=true",
            "--Notifications:AllowHttpEndpoints=true", "--Notifications:InsideNetworks:0=127.0.0.0/8", .. more,
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

    private static int FreePort()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>A server, a service for its pushes, who writes to all receivers, and two others who talk at a pace.</summary>
    private sealed record Stage(Process Process, CountingService Service, ChatApi Writer, Guid[] Groups, ChatApi Speaker, Guid Direct, TimeSpan Pace);
}
