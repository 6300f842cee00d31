using System.Diagnostics.Metrics;
using System.Text.Json;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications.Providers;

namespace ModularChat.Notifications.Sending;

/// <summary>Numbers by kind of service and outcome; addresses are nobody's business.</summary>
internal sealed class PushMetrics : IDisposable
{
    private readonly Meter _meter = new("ModularChat");
    private readonly Histogram<double> _tried;

    public PushMetrics() => _tried = _meter.CreateHistogram<double>("modularchat.push.duration", "s", "Time of an attempt at a push, by kind of service and outcome.");

    public void Tried(PushKind kind, AnswerKind outcome, TimeSpan took)
    {
        if (_tried.Enabled)
        {
            _tried.Record(took.TotalSeconds, new("kind", JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString())), new("outcome", JsonNamingPolicy.SnakeCaseLower.ConvertName(outcome.ToString())));
        }
    }

    public void Dispose() => _meter.Dispose();
}
