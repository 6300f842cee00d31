using System.Diagnostics;
using System.Globalization;

namespace ModularChat.Shared.Servers;

/// <summary>
/// A real Redis on a free port of 127.0.0.1 with its files in a temporary folder. By default it keeps everything, synced before it answers. It ends
/// with the process that started it, however that ends.
/// </summary>
internal sealed class RedisServer : IAsyncDisposable
{
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

    private static readonly TimeSpan AnswerLimit = TimeSpan.FromMinutes(1);

    private readonly string _folder = Directory.CreateTempSubdirectory("modularchat-redis-").FullName;
    private readonly string[] _settings;
    private Process? _keeper;
    private string _pid = "";

    private RedisServer(string[] settings)
    {
        _settings = settings;
        // The nodes of a cluster listen on their port and on the one 10,000 above it.
        Port = Ports.Free(second: 10_000);
    }

    /// <summary>Why no server can be started here; empty when one can.</summary>
    public static string Missing { get; } =
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(p => File.Exists(Path.Combine(p, "redis-server")))
            ? ""
            : "Redis 7 is not installed (apt-get install redis-server).";

    /// <summary>The same through stop, kill and start.</summary>
    public int Port { get; }

    public string Address => $"127.0.0.1:{Port.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>What the server has written to its log.</summary>
    public string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    /// <summary>Where its append file lies.</summary>
    public string AppendFolder => Path.Combine(_folder, "appendonlydir");

    private string LogFile => Path.Combine(_folder, "log");

    /// <summary>Makes a server and starts it. Settings as on its command line; a later one of the same name counts.</summary>
    public static async Task<RedisServer> StartAsync(CancellationToken token, params string[] settings)
    {
        var server = new RedisServer(settings);
        try
        {
            await server.StartAsync(token);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the stopped or killed server on its files and waits until it answers.</summary>
    public async Task StartAsync(CancellationToken token)
    {
        string[] command =
        [
            "redis-server", "--bind", "127.0.0.1", "--port", Port.ToString(CultureInfo.InvariantCulture), "--dir", _folder, "--save", "",
            "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction", .. _settings,
        ];
        _keeper = Begin(["/bin/sh", "-c", Keeper, "keeper", LogFile, .. command]);
        _pid = (await _keeper.StandardOutput.ReadLineAsync(token))!;
        for (var attempt = 1; (await RunAsync(token, "PING")).Trim() is not ("PONG" or "NOAUTH Authentication required."); attempt++)
        {
            if (attempt == 200)
            {
                throw new InvalidOperationException($"Redis does not start: {Log}");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, token);
        }
    }

    /// <summary>Runs a command in redis-cli.</summary>
    /// <exception cref="TimeoutException">The server does not answer: redis-cli itself would wait for ever.</exception>
    public async Task<string> RunAsync(CancellationToken token, params string[] words)
    {
        using var process = Begin(["redis-cli", "-p", Port.ToString(CultureInfo.InvariantCulture), .. words]);
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(AnswerLimit);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(token, limit.Token);
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(either.Token);
            await process.WaitForExitAsync(either.Token);
            return output.TrimEnd('\n');
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested)
        {
            process.Kill();
            throw new TimeoutException($"Redis at {Address} does not answer {string.Join(' ', words)}: {Log}", e);
        }
    }

    /// <summary>kill -9.</summary>
    public Task Kill9Async() => EndAsync("KILL");

    /// <summary>Ends it in order.</summary>
    public Task StopAsync() => EndAsync("TERM");

    /// <summary>Stops the process as it is (true) or lets it go on: a machine that does not answer. Done when it is so.</summary>
    public async Task FreezeAsync(bool frozen)
    {
        await _keeper!.StandardInput.WriteLineAsync(frozen ? "STOP" : "CONT");
        await _keeper.StandardInput.FlushAsync();
        for (var attempt = 1; IsFrozen() != frozen; attempt++)
        {
            if (attempt == 1000)
            {
                throw new InvalidOperationException($"Redis at {Address} cannot be stopped or go on.");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Kill9Async();
        Directory.Delete(_folder, recursive: true);
    }

    // "1234 (redis-server) T 1 ...": the name may hold blanks, and ends with the last bracket.
    private bool IsFrozen()
    {
        var state = File.ReadAllText($"/proc/{_pid}/stat");
        return state[state.LastIndexOf(')') + 2] == 'T';
    }

    private async Task EndAsync(string signal)
    {
        if (_keeper is not { } keeper)
        {
            return;
        }
        _keeper = null;
        await keeper.StandardInput.WriteAsync($"{signal}\nWAIT\n");
        await keeper.StandardInput.FlushAsync();
        await keeper.WaitForExitAsync(CancellationToken.None);
        keeper.Dispose();
    }

    private static Process Begin(string[] command) => Process.Start(new ProcessStartInfo(command[0], command[1..])
    {
        UseShellExecute = false,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = Path.GetTempPath(),
    })!;
}
