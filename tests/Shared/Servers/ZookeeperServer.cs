using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ModularChat.Shared.Servers;

/// <summary>
/// A real ZooKeeper on a free port of 127.0.0.1 with its files in a temporary folder, which allows sessions from one second on. It ends with the
/// process that started it, however that ends.
/// </summary>
internal sealed class ZookeeperServer : IAsyncDisposable
{
    private const string Archive = "/usr/share/java/zookeeper.jar";

    // Runs the server and does what it is told; when the test process is gone, whose end of the pipe closes, so is the server.
    private const string Keeper =
        """
        log=$1; shift
        "$@" </dev/null >>"$log" 2>&1 &
        server=$!; echo $server
        while read -r signal; do
          if [ "$signal" = WAIT ]; then wait $server; exit 0; fi
          kill -s "$signal" $server
        done
        kill -s KILL $server; wait $server
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("modularchat-zookeeper-").FullName;
    private Process? _keeper;

    private ZookeeperServer() => Port = FreePort();

    /// <summary>Why no server can be started here; empty when one can.</summary>
    public static string Missing { get; } =
        !File.Exists(Archive) ? "ZooKeeper is not installed (apt-get install zookeeper libzookeeper-mt2)."
        : !(Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(p => File.Exists(Path.Combine(p, "java")))
            ? "Java is not installed (apt-get install default-jre-headless)."
            : "";

    /// <summary>The same through kill and start.</summary>
    public int Port { get; }

    public string Address => $"127.0.0.1:{Port.ToString(CultureInfo.InvariantCulture)}";

    public static async Task<ZookeeperServer> StartAsync(CancellationToken token)
    {
        var server = new ZookeeperServer();
        try
        {
            await server.StartAgainAsync(token);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the killed server on its files and waits until it answers.</summary>
    public async Task StartAgainAsync(CancellationToken token)
    {
        var settings = Path.Combine(_folder, "zoo.cfg");
        await File.WriteAllTextAsync(settings,
            $"""
            tickTime=500
            dataDir={Path.Combine(_folder, "data")}
            clientPort={Port.ToString(CultureInfo.InvariantCulture)}
            clientPortAddress=127.0.0.1
            admin.enableServer=false
            minSessionTimeout=1000
            4lw.commands.whitelist=ruok,srvr
            """, token);
        var log = Path.Combine(_folder, "log");
        _keeper = Begin(
        [
            "/bin/sh", "-c", Keeper, "keeper", log, "java", "-Xmx96m", "-Dzookeeper.log.dir=" + _folder, "-cp", "/etc/zookeeper/conf_example:" + Archive,
            "org.apache.zookeeper.server.quorum.QuorumPeerMain", settings,
        ]);
        await _keeper.StandardOutput.ReadLineAsync(token);
        for (var attempt = 1; !await AnswersAsync(token); attempt++)
        {
            if (attempt == 400)
            {
                throw new InvalidOperationException($"ZooKeeper does not start: {(File.Exists(log) ? await File.ReadAllTextAsync(log, token) : "")}");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, token);
        }
    }

    /// <summary>kill -9.</summary>
    public async Task Kill9Async()
    {
        if (_keeper is not { } keeper)
        {
            return;
        }
        _keeper = null;
        await keeper.StandardInput.WriteAsync("KILL\nWAIT\n");
        await keeper.StandardInput.FlushAsync();
        await keeper.WaitForExitAsync(CancellationToken.None);
        keeper.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await Kill9Async();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<bool> AnswersAsync(CancellationToken token)
    {
        // A server that is only just starting may take the question and never answer it.
        using var soon = CancellationTokenSource.CreateLinkedTokenSource(token);
        soon.CancelAfter(TimeSpan.FromSeconds(1));
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port, soon.Token);
            await using var stream = client.GetStream();
            await stream.WriteAsync("ruok"u8.ToArray(), soon.Token);
            using var reader = new StreamReader(stream);
            return await reader.ReadToEndAsync(soon.Token) == "imok";
        }
        catch (Exception e) when (e is SocketException or IOException || (e is OperationCanceledException && !token.IsCancellationRequested))
        {
            return false;
        }
    }

    private static Process Begin(string[] command) => Process.Start(new ProcessStartInfo(command[0], command[1..])
    {
        UseShellExecute = false,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = Path.GetTempPath(),
    })!;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
