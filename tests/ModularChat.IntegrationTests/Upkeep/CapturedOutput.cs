using ModularChat.Contracts.Messaging;
using ModularChat.Host.Upkeep;

namespace ModularChat.IntegrationTests.Upkeep;

/// <summary>What a command of the tool said.</summary>
internal sealed class CapturedOutput : IUpkeepOutput
{
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];

    public int ProgressReports { get; private set; }

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }
    }

    public override string ToString() => string.Join('\n', Lines);

    public void Line(string text)
    {
        lock (_lock)
        {
            _lines.Add(text);
        }
    }

    public void Progress(UpkeepProgress progress)
    {
        lock (_lock)
        {
            ProgressReports++;
        }
    }

    /// <summary>Runs a command as the tool does.</summary>
    public static async Task<(int Exit, CapturedOutput Output)> RunAsync(string folder, string command, Dictionary<string, string>? arguments = null, params string[] settings)
    {
        var output = new CapturedOutput();
        var exit = await UpkeepRun.RunAsync(
            new UpkeepOrder(command, arguments ?? []), [$"--Storage:Directory={folder}", .. settings.Select(s => "--" + s)], output, TestContext.Current.CancellationToken);
        return (exit, output);
    }
}
