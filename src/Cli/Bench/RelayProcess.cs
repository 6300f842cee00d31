using System.Diagnostics;

namespace ModularChat.Cli.Bench;

/// <summary>The bare relay as a process of its own, so that its time is told apart.</summary>
internal sealed class RelayProcess(Process process, Uri url) : IAsyncDisposable
{
    public Uri Url => url;
    public int Pid => process.Id;

    public static async Task<RelayProcess> StartAsync(CancellationToken token)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardInput = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "chat.dll"));
        }
        start.ArgumentList.Add("bench-relay");
        var process = Process.Start(start) ?? throw new InvalidOperationException("The relay did not start.");
        var line = await process.StandardOutput.ReadLineAsync(token);
        return new RelayProcess(process, new Uri(line ?? throw new InvalidOperationException("The relay did not say where it listens.")));
    }

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await process.WaitForExitAsync(soon.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        process.Kill();
        process.Dispose();
    }
}
