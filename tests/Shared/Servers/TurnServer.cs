using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ModularChat.Shared.Servers;

/// <summary>
/// A real coturn on a free port of 127.0.0.1, UDP and TCP, with credentials by the shared-secret scheme. It ends with the process that started it, however that ends.
/// </summary>
internal sealed class TurnServer : IAsyncDisposable
{
    public const string Secret = "a shared secret of tests", Realm = "modularchat.test";

    // When the test process is gone, whose end of the pipe closes, so is the server.
    private const string Keeper =
        """
        log=$1; shift
        "$@" </dev/null >>"$log" 2>&1 &
        server=$!; echo $server
        read -r done
        kill -s KILL $server; wait $server
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("modularchat-turn-").FullName;
    private readonly Process _keeper;

    private TurnServer(int port)
    {
        Port = port;
        var number = port.ToString(CultureInfo.InvariantCulture);
        string[] command =
        [
            "turnserver", "-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", $"--listening-port={number}", "--min-port=49152", "--max-port=65535", "--use-auth-secret",
            $"--static-auth-secret={Secret}", $"--realm={Realm}", "--fingerprint", "--allow-loopback-peers", "--no-tls", "--no-dtls", "--no-cli", "--no-multicast-peers",
            $"--pidfile={_folder}/turn.pid", $"--userdb={_folder}/turndb", "--log-file=stdout", "--simple-log",
        ];
        _keeper = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Keeper, "keeper", LogFile, .. command])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = Path.GetTempPath(),
        })!;
    }

    /// <summary>Why no server can be started here; empty when one can.</summary>
    public static string Missing { get; } =
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(p => File.Exists(Path.Combine(p, "turnserver")))
            ? ""
            : "coturn is not installed (apt-get install coturn).";

    public int Port { get; }

    /// <summary>What the server has written to its log.</summary>
    public string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    private string LogFile => Path.Combine(_folder, "log");

    public static async Task<TurnServer> StartAsync(CancellationToken token)
    {
        var server = new TurnServer(FreePort());
        try
        {
            await server._keeper.StandardOutput.ReadLineAsync(token);
            for (var attempt = 1; !await AnswersAsync(server.Port, token); attempt++)
            {
                if (attempt == 200)
                {
                    throw new InvalidOperationException($"coturn does not start: {server.Log}");
                }
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, token);
            }
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _keeper.StandardInput.Close();
        await _keeper.WaitForExitAsync(CancellationToken.None);
        _keeper.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<bool> AnswersAsync(int port, CancellationToken token)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port, token);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    // Below the ports of its relays.
    private static int FreePort()
    {
        while (true)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var port = ((IPEndPoint)listener.LocalEndpoint).Port;
            if (port < 49_000)
            {
                return port;
            }
        }
    }
}
