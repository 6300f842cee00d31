using System.Diagnostics;
using System.Text.Json.Nodes;

namespace ModularChat.IntegrationTests.Hub;

/// <summary>A script of the folder JavaScript under node, which takes and gives one JSON object a line. Its packages are installed once a build.</summary>
internal sealed class JavaScriptProgram : IAsyncDisposable
{
    private static readonly SemaphoreSlim Installing = new(1);
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "JavaScript");

    private readonly Process _process;
    private readonly Task<string> _errors;

    private JavaScriptProgram(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
    }

    /// <summary>Why scripts cannot run here; null when they can.</summary>
    public static string? Missing { get; } =
        Find("node") is null ? "node is not installed" : Find("npm") is null ? "npm is not installed" : null;

    /// <summary>The process, to send signals to.</summary>
    public int Id => _process.Id;

    public static async Task<JavaScriptProgram> StartAsync(string script, CancellationToken token)
    {
        await InstallAsync(token);
        return new JavaScriptProgram(Start(Find("node")!, script));
    }

    public async Task SayAsync(JsonObject line, CancellationToken token)
    {
        await _process.StandardInput.WriteLineAsync(line.ToJsonString().AsMemory(), token);
        await _process.StandardInput.FlushAsync(token);
    }

    /// <summary>The next line; it must be this step.</summary>
    public async Task<JsonNode> ExpectAsync(string step, CancellationToken token)
    {
        var line = await _process.StandardOutput.ReadLineAsync(token) ?? throw new InvalidOperationException($"The script ended before '{step}': {await _errors}");
        var said = JsonNode.Parse(line)!;
        said["step"]!.GetValue<string>().ShouldBe(step);
        return said;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }
        _process.Dispose();
    }

    private static async Task InstallAsync(CancellationToken token)
    {
        await Installing.WaitAsync(token);
        try
        {
            var wanted = await File.ReadAllTextAsync(Path.Combine(Folder, "package-lock.json"), token);
            var marker = Path.Combine(Folder, "node_modules", ".installed");
            if (File.Exists(marker) && await File.ReadAllTextAsync(marker, token) == wanted)
            {
                return;
            }
            using var npm = Start(Find("npm")!, "ci", "--no-audit", "--no-fund", "--ignore-scripts");
            var output = npm.StandardOutput.ReadToEndAsync(token);
            var errors = npm.StandardError.ReadToEndAsync(token);
            await npm.WaitForExitAsync(token);
            npm.ExitCode.ShouldBe(0, $"npm ci: {await output} {await errors}");
            await File.WriteAllTextAsync(marker, wanted, token);
        }
        finally
        {
            Installing.Release();
        }
    }

    private static Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program)
        {
            WorkingDirectory = Folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        return Process.Start(start)!;
    }

    private static string? Find(string program)
    {
        string[] names = OperatingSystem.IsWindows() ? [program + ".exe", program + ".cmd"] : [program];
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(folder => names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
    }
}
