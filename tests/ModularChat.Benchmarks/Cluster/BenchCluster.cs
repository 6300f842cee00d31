using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using ModularChat.Contracts;
using ModularChat.Shared.Servers;

namespace ModularChat.Benchmarks.Cluster;

/// <summary>Servers of one cluster as processes, on databases of their own.</summary>
internal sealed class BenchCluster : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("modularchat-bench-");
    private readonly HttpClient _http = new();

    public List<(Uri Url, Process Process)> Nodes { get; } = [];

    /// <summary>User and system time of all nodes together.</summary>
    public TimeSpan Cpu
    {
        get
        {
            var sum = TimeSpan.Zero;
            foreach (var (_, process) in Nodes)
            {
                process.Refresh();
                sum += process.HasExited ? TimeSpan.Zero : process.TotalProcessorTime;
            }
            return sum;
        }
    }

    public static async Task<BenchCluster> StartAsync(string host, int count, string accounts, string engine, string log, RedisServer backplane, params string[] more)
    {
        var cluster = new BenchCluster();
        for (var i = 0; i < count; i++)
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            var url = new Uri($"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture)}");
            probe.Stop();
            string[] settings =
            [
                $"Host:Url={url.GetLeftPart(UriPartial.Authority)}", $"Storage:Directory={Path.Combine(cluster._folder.FullName, $"{i}")}", "Identity:WriteDevelopmentKey=true", "Identity:SetupCode=setup-code-of-tests",
                "Storage:Relational:Engine=postgresql", "Storage:Relational:ConnectionString=" + accounts, "Storage:Messages:Engine=" + engine, "Storage:Messages:Databases:0=" + log,
                "Logging:LogLevel:Default=Error", "Host:MaxConnections=19000",
                .. count > 1 ? new[] { "Backplane:Engine=redis", "Backplane:ConnectionString=" + backplane.Address } : [],
                .. more,
            ];
            var process = Process.Start(new ProcessStartInfo("dotnet", [host, .. settings.Select(s => "--" + s)]) { RedirectStandardOutput = true, UseShellExecute = false })!;
            process.OutputDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            cluster.Nodes.Add((url, process));
            await cluster.ReadyAsync(url);
        }
        var key = await File.ReadAllTextAsync(Path.Combine(cluster._folder.FullName, "0", "development-key"));
        cluster._http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Trim());
        return cluster;
    }

    /// <summary>A user with sessions on so many devices.</summary>
    public async Task<(Guid Id, string[] Sessions)> UserAsync(string name, int devices)
    {
        var user = (await AskAsync(HttpMethod.Put, $"applications/users/{name}", new { displayName = name })).GetProperty("user");
        var sessions = new string[devices];
        for (var i = 0; i < devices; i++)
        {
            var session = await AskAsync(HttpMethod.Post, $"applications/users/{name}/sessions", new { device = new { name = $"{i}", platform = "bench" } });
            sessions[i] = session.GetProperty("session").GetProperty("token").GetString()!;
        }
        return (user.GetProperty("id").GetGuid(), sessions);
    }

    public async Task<Guid> GroupAsync(Guid owner, IEnumerable<Guid> others)
    {
        var id = Ids.New();
        await AskAsync(HttpMethod.Put, $"conversations/{id}", new { title = "Bench", userIds = others }, owner);
        return id;
    }

    public Task SendAsync(Guid sender, Guid conversation, string text) =>
        AskAsync(HttpMethod.Post, $"conversations/{conversation}/messages", new { clientMessageId = Ids.New(), text }, sender);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        foreach (var (_, process) in Nodes)
        {
            if (!process.HasExited)
            {
                process.Kill();
                await process.WaitForExitAsync();
            }
            process.Dispose();
        }
        _folder.Delete(recursive: true);
    }

    private async Task<JsonElement> AskAsync(HttpMethod method, string path, object body, Guid? actAs = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(Nodes[0].Url, "/api/v1/" + path)) { Content = JsonContent.Create(body) };
        if (actAs is { } user)
        {
            request.Headers.Add("Act-As", user.ToString());
        }
        using var answer = await _http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode ? JsonSerializer.Deserialize<JsonElement>(text) : throw new InvalidOperationException($"{path}: {text}");
    }

    private async Task ReadyAsync(Uri url)
    {
        for (var attempt = 0; attempt < 600; attempt++)
        {
            try
            {
                using var answer = await _http.GetAsync(new Uri(url, "/health/ready"));
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            await Task.Delay(100);
        }
        throw new InvalidOperationException($"{url} does not get ready.");
    }
}
