using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace ModularChat.IntegrationTests.Logs;

/// <summary>Keeps every line that the server logs, with its values, scopes' texts and exceptions.</summary>
internal sealed class CapturedLog : ILoggerProvider
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> _lines = new();

    public string[] Lines => [.. _lines.Select(l => l.Text)];

    public string[] LinesFrom(LogLevel lowest) => [.. _lines.Where(l => l.Level >= lowest).Select(l => l.Text)];

    public void Clear() => _lines.Clear();

    public ILogger CreateLogger(string categoryName) => new Writer(this, categoryName);

    public void Dispose()
    {
        // Nothing is held.
    }

    private sealed class Writer(CapturedLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            log._lines.Enqueue((LogLevel.Trace, $"{category} scope {state}{Values(state)}"));
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log._lines.Enqueue((logLevel, $"{logLevel} {category}[{eventId.Id}] {formatter(state, exception)}{Values(state)} {exception}"));

        // A value that the text leaves out still reaches a structured log.
        private static string Values<TState>(TState state) =>
            state is IEnumerable<KeyValuePair<string, object?>> values ? " {" + string.Join(", ", values.Select(v => $"{v.Key}={v.Value}")) + "}" : "";
    }
}
