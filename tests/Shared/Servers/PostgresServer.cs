using System.Diagnostics;
using System.Globalization;

namespace ModularChat.Shared.Servers;

/// <summary>
/// A real PostgreSQL on a free port of 127.0.0.1, in a temporary folder that goes with it. Its databases compare text by
/// the rules of American English unless a column says otherwise, so that nothing rests on the order of bytes by luck. It
/// ends with the process that started it, however that ends.
/// </summary>
/// <example>
/// <c>Assert.SkipWhen(PostgresServer.Missing.Length > 0, PostgresServer.Missing);
/// await using var server = await PostgresServer.StartAsync(token);
/// var connection = await server.CreateDatabaseAsync("chat", token);</c>
/// </example>
internal sealed class PostgresServer : IAsyncDisposable
{
    public const string User = "postgres", Password = "only-for-tests";

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
        kill -s QUIT $server; wait $server
        """;

    private static readonly string[] Always =
        ["listen_addresses=127.0.0.1", "unix_socket_directories=", "shared_buffers=32MB", "logging_collector=off", "max_wal_senders=8"];

    private readonly string _folder;
    private readonly string[] _settings;
    private Process? _keeper;
    private int _pid;

    private PostgresServer(string folder, string[] settings, int? port = null)
    {
        _folder = folder;
        _settings = settings;
        Port = port ?? Ports.Free();
    }

    /// <summary>Why no server can be started here; empty when one can.</summary>
    public static string Missing => WhyNot();

    /// <summary>The same through stop, kill and start.</summary>
    public int Port { get; }

    /// <summary>What the server has written to its log.</summary>
    public string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    /// <summary>The folder of its files.</summary>
    public string Data => Path.Combine(_folder, "data");

    /// <summary>The files of the tables, without the write-ahead log.</summary>
    public string TableFolder => Path.Combine(Data, "base");

    private string LogFile => Path.Combine(_folder, "log");

    private static string Programs { get; } = FindPrograms();

    private static bool IsRoot => Environment.UserName == "root";

    /// <summary>Makes a server and starts it. Each setting is one of postgresql.conf: <c>max_connections=20</c>.</summary>
    public static async Task<PostgresServer> StartAsync(CancellationToken token, params string[] settings)
    {
        var server = new PostgresServer(await MakeFolderAsync(token), settings);
        try
        {
            var password = Path.Combine(server._folder, "password");
            await File.WriteAllTextAsync(password, Password, token);
            await RunAsync([.. AsPostgres, Program("initdb"), "-D", server.Data, "-U", User, "-A", "scram-sha-256", $"--pwfile={password}",
                "-E", "UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US", "--no-sync"], token);
            await server.StartAsync(token);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>The connection string of a database, there or not.</summary>
    public string ConnectionString(string database) =>
        $"Host=127.0.0.1;Port={Port.ToString(CultureInfo.InvariantCulture)};Username={User};Password={Password};Database={database}";

    /// <summary>Makes an empty database; returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync(string database, CancellationToken token)
    {
        await RunSqlAsync("postgres", $"CREATE DATABASE \"{database}\"", token);
        return ConnectionString(database);
    }

    /// <summary>Runs statements in psql; returns the rows without headings, columns divided by |.</summary>
    public Task<string> RunSqlAsync(string database, string sql, CancellationToken token) =>
        RunAsync([Program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", Conninfo(database), "-c", sql], token);

    /// <summary>Starts the stopped or killed server on its data and waits until it takes connections.</summary>
    public async Task StartAsync(CancellationToken token)
    {
        for (var attempt = 1; !await TryStartAsync(token); attempt++)
        {
            // After a kill the last of its processes may hold the shared memory for another moment.
            if (attempt == 20)
            {
                throw new InvalidOperationException($"PostgreSQL does not start: {Log}");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, token);
        }
    }

    /// <summary>Stops in order; clients are cut off (fast shutdown).</summary>
    public Task StopAsync() => EndAsync("INT");

    /// <summary>kill -9 of all processes of the server, as when the machine loses power but the disk keeps what was synced.</summary>
    public async Task Kill9Async()
    {
        var children = Children(_pid);
        var ended = EndAsync("KILL");
        foreach (var child in children)
        {
            Kill(child);
        }
        await ended;
    }

    /// <summary>Stops the server's processes as they are (true) or lets them go on: a machine that does not answer.</summary>
    public async Task FreezeAsync(bool frozen, CancellationToken token)
    {
        var signal = frozen ? "-STOP" : "-CONT";
        await RunAsync(["kill", signal, .. new[] { _pid }.Concat(Children(_pid)).Select(pid => pid.ToString(CultureInfo.InvariantCulture))], token);
    }

    /// <summary>A streaming replica of this server, which answers reads; on a port that is free, or the one of a replica that is gone.</summary>
    public async Task<PostgresServer> MakeReplicaAsync(CancellationToken token, int? port = null)
    {
        var replica = new PostgresServer(await MakeFolderAsync(token), _settings, port);
        try
        {
            await RunAsync([.. AsPostgres, Program("pg_basebackup"), "-D", replica.Data, "-R", "-X", "stream", "-c", "fast", "--no-sync", "-d", Conninfo(null)], token);
            await replica.StartAsync(token);
            return replica;
        }
        catch
        {
            await replica.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until a replica of this server shows everything that was committed here so far.</summary>
    public async Task WaitForAsync(PostgresServer replica, CancellationToken token)
    {
        var position = await RunSqlAsync("postgres", "SELECT pg_current_wal_lsn()", token);
        while (await replica.RunSqlAsync("postgres", $"SELECT pg_last_wal_replay_lsn() >= '{position}'", token) != "t")
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, token);
        }
    }

    /// <summary>Makes a replica a server of its own, on a new timeline.</summary>
    public Task PromoteAsync(CancellationToken token) => RunSqlAsync("postgres", "SELECT pg_promote()", token);

    public async ValueTask DisposeAsync()
    {
        await Kill9Async();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<bool> TryStartAsync(CancellationToken token)
    {
        string[] command =
        [
            .. AsPostgres, Program("postgres"), "-D", Data, "-p", Port.ToString(CultureInfo.InvariantCulture),
            .. Always.Concat(_settings).SelectMany(setting => new[] { "-c", setting }),
        ];
        _keeper = Begin(["/bin/sh", "-c", Keeper, "keeper", LogFile, .. command]);
        _pid = int.Parse((await _keeper.StandardOutput.ReadLineAsync(token))!, CultureInfo.InvariantCulture);
        var status = Path.Combine(Data, "postmaster.pid");
        while (true)
        {
            // The eighth line of the file says how far the server is; a hot standby is ready too.
            var lines = File.Exists(status) ? await File.ReadAllLinesAsync(status, token) : [];
            if (lines.Length >= 8 && lines[0].Trim() == _pid.ToString(CultureInfo.InvariantCulture) && lines[7].Trim() == "ready")
            {
                return true;
            }
            if (!IsRunning(_pid))
            {
                await EndAsync("QUIT");
                return false;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, token);
        }
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
        _pid = 0;
    }

    private string Conninfo(string? database) =>
        $"host=127.0.0.1 port={Port.ToString(CultureInfo.InvariantCulture)} user={User} password={Password}{(database is null ? "" : $" dbname={database}")}";

    private static string[] AsPostgres => IsRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"] : [];

    private static string Program(string name) => Path.Combine(Programs, name);

    private static async Task<string> MakeFolderAsync(CancellationToken token)
    {
        var folder = Directory.CreateTempSubdirectory("modularchat-postgres-").FullName;
        if (IsRoot)
        {
            await RunAsync(["chown", User, folder], token);
        }
        return folder;
    }

    private static async Task<string> RunAsync(string[] command, CancellationToken token)
    {
        using var process = Begin(command);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(token);
        var error = process.StandardError.ReadToEndAsync(token);
        await process.WaitForExitAsync(token);
        return process.ExitCode == 0
            ? (await output).TrimEnd('\n')
            : throw new InvalidOperationException($"{command.First(word => word.Contains('/', StringComparison.Ordinal) || command[0] == word)} ended with {process.ExitCode}: {await error}");
    }

    private static Process Begin(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        return Process.Start(start)!;
    }

    // A zombie, which the keeper has not waited for yet, runs no more.
    private static bool IsRunning(int pid) => Stat(pid) is { State: not "Z" };

    private static List<int> Children(int parent) =>
        [.. Directory.GetDirectories("/proc").Select(Path.GetFileName)
            .Select(name => int.TryParse(name, CultureInfo.InvariantCulture, out var pid) ? pid : 0)
            .Where(pid => pid > 0 && parent > 0 && Stat(pid)?.Parent == parent)];

    private static (string State, int Parent)? Stat(int pid)
    {
        try
        {
            // "pid (name) state parent ..."; the name may hold anything.
            var stat = File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (fields[0], int.Parse(fields[1], CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static void Kill(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            process.Kill();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // Gone already.
        }
    }

    private static string FindPrograms() =>
        Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql")
                .Where(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var version) && version >= 15)
                .Select(folder => Path.Combine(folder, "bin"))
                .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "postgres"))) ?? ""
            : "";

    private static string WhyNot() =>
        Programs.Length == 0 ? "PostgreSQL 15 or newer is not installed (apt-get install postgresql-15)."
        : IsRoot && !File.Exists("/usr/bin/setpriv") ? "PostgreSQL does not run as root, and setpriv is not installed."
        : "";
}
