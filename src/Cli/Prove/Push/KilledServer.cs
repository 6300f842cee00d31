using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ModularChat.Cli.Prove.Push;

/// <summary>A server of its own folder and port that is started again and again, and never ends in order.</summary>
internal sealed class KilledServer : IAsyncDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly string _program;
    private readonly string[] _arguments;
    private readonly TimeProvider _time;
    private Process? _process;

    public KilledServer(string program, string folder, TimeProvider time, params string[] settings)
    {
        (_program, _time) = (program, time);
        Url = new Uri($"http://127.0.0.1:{FreePort().ToString(CultureInfo.InvariantCulture)}");
        _arguments = [$"--Host:Url={Url.GetLeftPart(UriPartial.Authority)}", $"--Storage:Directory={folder}", "--Logging:LogLevel:Default=Warning", .. settings.Select(setting => "--" + setting)];
    }

    public Uri Url { get; }

    /// <summary>Starts it and waits until it is ready.</summary>
    public async Task StartAsync(CancellationToken token)
    {
        var isLibrary = _program.EndsWith(".dll", StringComparison.OrdinalIgnoreCase);
        var start = new ProcessStartInfo(isLibrary ? "dotnet" : _program, isLibrary ? [_program, .. _arguments] : _arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.Start();
        _process = process;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(Longest);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        while (!await IsReadyAsync(http, limit.Token))
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException($"{_program} ended with {process.ExitCode.ToString(CultureInfo.InvariantCulture)}.");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(20), _time, limit.Token);
        }
    }

    /// <summary>kill -9: nothing in it gets a last word.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            if (!process.HasExited)
            {
                process.Kill();
                await process.WaitForExitAsync(CancellationToken.None);
            }
            process.Dispose();
        }
    }

    public async ValueTask DisposeAsync() => await KillAsync();

    private async Task<bool> IsReadyAsync(HttpClient http, CancellationToken token)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri(Url, "/health/ready"), token);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
