using ModularChat.Contracts.Messaging;
using ModularChat.Host.Upkeep;
using Spectre.Console;

namespace ModularChat.Cli.Upkeep;

/// <summary>Lines to stdout; progress as a bar on stderr, where that is a terminal.</summary>
internal sealed class TerminalOutput : IUpkeepOutput
{
    private readonly Lock _lock = new();
    private readonly ProgressContext? _bars;
    private ProgressTask? _bar;

    private TerminalOutput(ProgressContext? bars) => _bars = bars;

    /// <summary>Runs with a bar while there is progress.</summary>
    public static Task<int> RunAsync(Func<IUpkeepOutput, Task<int>> run)
    {
        if (Console.IsErrorRedirected)
        {
            return run(new TerminalOutput(null));
        }
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(bars => run(new TerminalOutput(bars)));
    }

    public void Line(string text)
    {
        lock (_lock)
        {
            Console.Out.WriteLine(text);
        }
    }

    public void Progress(UpkeepProgress progress)
    {
        lock (_lock)
        {
            if (_bars is null)
            {
                return;
            }
            if (_bar?.Description != progress.What)
            {
                _bar?.StopTask();
                _bar = _bars.AddTask(progress.What);
            }
            _bar.MaxValue = progress.Of;
            _bar.Value = progress.Done;
        }
    }
}
