using System.Diagnostics;
using System.Globalization;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Cluster;

/// <summary>What <c>./cluster</c> starts: the real engines, nodes and proxies, in a temporary folder. It ends with the test process, however that ends.</summary>
internal sealed class LocalCluster : IAsyncDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(4);
    private readonly string _folder = Directory.CreateTempSubdirectory("modularchat-cluster-").FullName;
    private readonly Dictionary<string, int> _ports = new(StringComparer.Ordinal);

    private LocalCluster()
    {
    }

    /// <summary>Why none can be started here; empty when one can.</summary>
    public static string Missing { get; } =
        string.Join(' ', new[] { ModularChat.Shared.Servers.PostgresServer.Missing, ModularChat.Shared.Servers.RedisServer.Missing, ModularChat.Shared.Servers.ZookeeperServer.Missing,
            File.Exists("/usr/sbin/nginx") ? "" : "nginx is not installed (apt-get install nginx-light).",
            File.Exists("/usr/sbin/haproxy") ? "" : "HAProxy is not installed (apt-get install haproxy)." }.Where(reason => reason.Length > 0));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<LocalCluster> StartAsync(int nodes, params string[] more)
    {
        var cluster = new LocalCluster();
        try
        {
            await cluster.RunAsync(["up", "--nodes", nodes.ToString(CultureInfo.InvariantCulture), "--host", Path.Combine(AppContext.BaseDirectory, "ModularChat.Host.dll"),
                "--development-key", "--while", Environment.ProcessId.ToString(CultureInfo.InvariantCulture), .. more]);
            foreach (var words in (await cluster.RunAsync(["status"])).Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(words => words.Length > 2))
            {
                cluster._ports[words[0]] = int.Parse(words[2].Split(':')[1], CultureInfo.InvariantCulture);
            }
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public Uri Url(string part) => new($"http://127.0.0.1:{_ports[part].ToString(CultureInfo.InvariantCulture)}");

    /// <summary>Makes users and logs them in; their requests go to a part, node-1 unless told otherwise.</summary>
    public async Task<Integrator> IntegratorAsync(string part = "node-1") => await Integrator.FromFolderAsync(Url(part), Path.Combine(_folder, "node-1"));

    public Task KillAsync(string part) => RunAsync(["kill", part]);

    public Task StartPartAsync(string part) => RunAsync(["start", part]);

    /// <summary>Ends a part in order; a node drains.</summary>
    public Task StopAsync(string part) => RunAsync(["stop", part]);

    public async ValueTask DisposeAsync()
    {
        if (File.Exists(Path.Combine(_folder, "state")))
        {
            await RunAsync(["down"], CancellationToken.None);
        }
        Directory.Delete(_folder, recursive: true);
    }

    private Task<string> RunAsync(string[] words) => RunAsync(words, Token);

    private async Task<string> RunAsync(string[] words, CancellationToken token)
    {
        var info = new ProcessStartInfo("bash", [Path.Combine(AppContext.BaseDirectory, "deployment", "cluster"), .. words, "--dir", _folder])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(info)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(Longest);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            process.ExitCode.ShouldBe(0, $"./cluster {string.Join(' ', words)}: {await output}{await error}");
            return await output;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
