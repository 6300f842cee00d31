using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ModularChat.Cli.Prove;

/// <summary>A cluster that <c>./cluster</c> starts, with links of ours between its nodes and its engines.</summary>
internal sealed class LocalCluster(ProveOptions options, TimeProvider time) : IAsyncDisposable
{
    private const int Ports = 150, FirstLink = 50, LinksPerNode = 10;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);
    private readonly string _folder = Directory.CreateTempSubdirectory("modularchat-prove-").FullName;
    private readonly List<Link> _links = [];
    private int _base;
    private string? _net;

    public IReadOnlyList<Link> Links => _links;

    public IReadOnlyList<string> Nodes { get; } = [.. Enumerable.Range(1, options.Nodes).Select(n => string.Create(CultureInfo.InvariantCulture, $"node-{n}"))];

    /// <summary>Everything else that runs.</summary>
    public IReadOnlyList<string> Engines { get; } =
        [.. (string[])["postgresql", "replica", "redis"], .. options.Registry == "zookeeper" ? (string[])["zookeeper"] : [], "nginx", "haproxy"];

    /// <summary>What answers everything: the two proxies, and the nodes where each does all.</summary>
    public IReadOnlyList<string> Fronts => options.Roles is null ? [.. Nodes, "nginx", "haproxy"] : ["nginx", "haproxy"];

    public IReadOnlyList<Uri> Servers => [.. Fronts.Select(UrlOf)];

    public string Folder => _folder;

    /// <summary>The application key.</summary>
    public string Key => File.ReadAllText(Path.Combine(_folder, "node-1", "development-key")).Trim();

    public async Task StartAsync(CancellationToken token)
    {
        _base = FindPorts();
        string[] engines = ["postgresql", "replica", "redis", "zookeeper"];
        for (var node = 1; node <= options.Nodes && !options.Namespaces; node++)
        {
            for (var engine = 0; engine < engines.Length; engine++)
            {
                if (Engines.Contains(engines[engine]))
                {
                    _links.Add(new Link($"node-{node.ToString(CultureInfo.InvariantCulture)}:{engines[engine]}", _base + FirstLink + (LinksPerNode * node) + engine, PortOf(engines[engine]), time));
                }
            }
        }
        List<string> words =
        [
            "up", "--nodes", Text(options.Nodes), "--registry", options.Registry, "--log", options.Log, "--port-base", Text(_base), .. options.Namespaces ? (string[])["--namespaces"] : ["--links", Text(_base + FirstLink)],
            "--development-key", "--while", Text(Environment.ProcessId),
            // Short enough that what is longer than every timeout is not very long.
            "--set", "Gateway:HeartbeatSeconds=3", "--set", $"Gateway:OfflineAfterSeconds={Text(ProveOptions.OfflineSeconds)}", "--set", "Identity:LogInsPerMinute=0",
        ];
        if (options.Roles is { } roles)
        {
            words.AddRange(["--roles", roles]);
        }
        if (options.Host is { } host)
        {
            words.AddRange(["--host", host]);
        }
        await RunAsync(token, [.. words]);
        _net = (await File.ReadAllLinesAsync(Path.Combine(_folder, "state"), token)).Select(line => line.Split('=')).First(pair => pair[0] == "net")[1].Trim('\'');
    }

    public Uri UrlOf(string part) => new($"http://{AddressOf(part)}:{Text(PortOf(part))}");

    /// <summary>One command of the script for a part: kill, start, stop, freeze, thaw, cut, join.</summary>
    public Task DoAsync(string command, string part, CancellationToken token, params string[] more) => RunAsync(token, [command, part, .. more]);

    /// <summary>The last lines that a part has written.</summary>
    public string LogOf(string part)
    {
        var file = Path.Combine(_folder, "log", part + ".log");
        return File.Exists(file) ? string.Join('\n', File.ReadLines(file).TakeLast(20)) : "";
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var link in _links)
        {
            link.Be(LinkState.Whole);
        }
        if (File.Exists(Path.Combine(_folder, "state")))
        {
            await RunAsync(CancellationToken.None, "down");
        }
        foreach (var link in _links)
        {
            await link.DisposeAsync();
        }
        if (!options.Keep)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private string AddressOf(string part) =>
        string.IsNullOrEmpty(_net) ? "127.0.0.1" : _net + "." + (part.StartsWith("node-", StringComparison.Ordinal) ? Text(10 + int.Parse(part.AsSpan(5), CultureInfo.InvariantCulture)) : "1");

    private int PortOf(string part) => part switch
    {
        "nginx" => _base,
        "haproxy" => _base + 1,
        "postgresql" => _base + 2,
        "replica" => _base + 3,
        "redis" => _base + 4,
        "zookeeper" => _base + 5,
        _ => _base + 10 + int.Parse(part.AsSpan("node-".Length), CultureInfo.InvariantCulture),
    };

    private async Task RunAsync(CancellationToken token, params string[] words)
    {
        var info = new ProcessStartInfo("bash", [options.Script, .. words, "--dir", _folder]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        using var process = Process.Start(info) ?? throw new InvalidOperationException($"{options.Script} does not start.");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(Longest);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            if (process.ExitCode != 0)
            {
                throw new InvalidOperationException($"./cluster {string.Join(' ', words)} ended with {Text(process.ExitCode)}: {await output}{await error}");
            }
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>So many free ports in a row, below those that systems give to outgoing connections.</summary>
    private static int FindPorts()
    {
        for (var attempt = 0; attempt < 200; attempt++)
        {
            var first = 20_000 + (Random.Shared.Next(80) * Ports);
            if (Enumerable.Range(first, Ports).All(IsFree))
            {
                return first;
            }
        }
        throw new InvalidOperationException($"There are no {Text(Ports)} free ports in a row.");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
