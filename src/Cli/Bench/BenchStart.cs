using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ModularChat.Cli.Bench;

/// <summary>What a start of a program on an empty folder took, and what it holds when nothing happens.</summary>
/// <param name="ReadyMilliseconds">From the start of the process to the first 200 of <c>/health/ready</c>.</param>
/// <param name="CpuMilliseconds">CPU time up to then, user and system: what it would take on a machine that does nothing else, or less.</param>
/// <param name="IdleMegabytes">Resident memory after some seconds without work.</param>
internal sealed record StartFigures(double ReadyMilliseconds, double CpuMilliseconds, double IdleMegabytes);

/// <summary>Starts a published server, each time on a new empty folder, and stops it.</summary>
internal sealed class BenchStart(string program, TimeProvider time)
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    /// <summary>One start.</summary>
    /// <param name="idle">How long it does nothing before its memory is read.</param>
    /// <param name="token">Ends it.</param>
    public async Task<StartFigures> MeasureAsync(TimeSpan idle, CancellationToken token)
    {
        var folder = Directory.CreateTempSubdirectory("modularchat-bench-").FullName;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(Longest + idle);
        var url = new Uri($"http://127.0.0.1:{FreePort().ToString(CultureInfo.InvariantCulture)}");
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(program, [$"--Host:Url={url.ToString().TrimEnd('/')}", $"--Storage:Directory={folder}", "--Identity:SetupCode=set-up-code-of-bench"])
            {
                RedirectStandardOutput = true,
                UseShellExecute = false,
            },
        };
        process.OutputDataReceived += (_, _) => { };
        var begun = time.GetTimestamp();
        process.Start();
        try
        {
            process.BeginOutputReadLine();
            await ReadyAsync(process, new Uri(url, "/health/ready"), limit.Token);
            var ready = time.GetElapsedTime(begun);
            var accounting = ServerProcess.Find(process.Id);
            var cpu = (accounting?.CpuSeconds ?? 0) * 1000;
            await Task.Delay(idle, time, limit.Token);
            return new StartFigures(ready.TotalMilliseconds, cpu, (accounting?.ResidentBytes ?? 0) / 1048576);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task ReadyAsync(Process process, Uri ready, CancellationToken token)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        while (true)
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException($"{program} ended with {process.ExitCode}.");
            }
            try
            {
                using var answer = await http.GetAsync(ready, token);
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            await Task.Delay(TimeSpan.FromMilliseconds(10), time, token);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
