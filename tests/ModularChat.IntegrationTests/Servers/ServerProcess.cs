using System.Diagnostics;
using System.Text;
using ModularChat.Shared.Servers;

namespace ModularChat.IntegrationTests.Servers;

/// <summary>The server as a process of its own, which a test may kill. Disposing kills it; the folder is the test's.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output;

    private ServerProcess(Process process, StringBuilder output, Uri url)
    {
        _process = process;
        _output = output;
        Url = url;
    }

    public Uri Url { get; }

    public int Id => _process.Id;

    /// <summary>Everything that it has written so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Starts it on this folder and waits until it is ready.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="port">The port; a free one when null.</param>
    /// <param name="settings">As in <see cref="ChatServer.StartAsync"/>.</param>
    public static Task<ServerProcess> StartAsync(string folder, int? port = null, params string[] settings) => StartAsync(folder, port, [], settings);

    /// <summary>The same under another program, such as one that sets limits: its name and arguments.</summary>
    public static async Task<ServerProcess> StartAsync(string folder, int? port, string[] under, params string[] settings)
    {
        var url = new Uri($"http://127.0.0.1:{port ?? FreePort()}");
        var output = new StringBuilder();
        var process = Launch(output, under, ["--Host:Url=" + url.GetLeftPart(UriPartial.Authority), "--Storage:Directory=" + folder, .. settings.Select(s => "--" + s)]);
        var server = new ServerProcess(process, output, url);
        try
        {
            await server.ReadyAsync(TestContext.Current.CancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs it to its end, with arguments as they are; for a start that is expected to fail.</summary>
    public static Task<(int Exit, string Output, string Error)> RunAsync(string[] arguments, params (string Name, string Value)[] environment) =>
        RunAsync([], arguments, environment);

    /// <summary>The same under another program: its name and arguments.</summary>
    public static async Task<(int Exit, string Output, string Error)> RunAsync(string[] under, string[] arguments, params (string Name, string Value)[] environment)
    {
        using var process = new Process { StartInfo = Info(under, arguments, environment) };
        process.Start();
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            limit.CancelAfter(TimeSpan.FromMinutes(1));
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    /// <summary>kill -9: nothing in the process gets a last word.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>Waits until it has ended by itself; its exit code.</summary>
    public async Task<int> ExitAsync(CancellationToken token)
    {
        await _process.WaitForExitAsync(token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }
        _process.Dispose();
    }

    /// <summary>A port that was free a moment ago.</summary>
    public static int FreePort() => Ports.Free();

    private async Task ReadyAsync(CancellationToken token)
    {
        using var client = new HttpClient { BaseAddress = Url };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(TimeSpan.FromMinutes(3));
        while (true)
        {
            if (_process.HasExited)
            {
                throw new InvalidOperationException($"The server ended with {_process.ExitCode}: {Output}");
            }
            try
            {
                using var response = await client.GetAsync("/health/ready", limit.Token);
                if (response.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
        }
    }

    private static Process Launch(StringBuilder output, string[] under, string[] arguments)
    {
        var process = new Process { StartInfo = Info(under, arguments, []) };
        process.OutputDataReceived += (_, e) => Append(e.Data);
        process.ErrorDataReceived += (_, e) => Append(e.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;

        void Append(string? line)
        {
            lock (output)
            {
                output.AppendLine(line);
            }
        }
    }

    private static ProcessStartInfo Info(string[] under, string[] arguments, (string Name, string Value)[] environment)
    {
        // The tests' own folder has the built host beside them.
        string[] command = [.. under, Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", Path.Combine(AppContext.BaseDirectory, "ModularChat.Host.dll"), .. arguments];
        var info = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in environment)
        {
            info.Environment[name] = value;
        }
        return info;
    }
}
