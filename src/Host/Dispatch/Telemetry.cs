using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace ModularChat.Host.Dispatch;

/// <summary>The names under which requests are measured and traced.</summary>
internal sealed class Telemetry : IDisposable
{
    public const string Name = "ModularChat";

    private readonly Meter _meter = new(Name);

    public Telemetry() => Duration = _meter.CreateHistogram<double>("modularchat.request.duration", "s", "Time from a request to its answer, by request type and outcome.");

    public ActivitySource Activities { get; } = new(Name);

    public Histogram<double> Duration { get; }

    /// <summary>A counter of this program.</summary>
    public Counter<long> Count(string name, string description) => _meter.CreateCounter<long>(name, description: description);

    public void Dispose()
    {
        _meter.Dispose();
        Activities.Dispose();
    }
}
