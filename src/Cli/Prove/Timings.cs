using System.Collections.Concurrent;
using System.Globalization;

namespace ModularChat.Cli.Prove;

/// <summary>How long messages take from the first try of their sending to each device. Safe for many threads.</summary>
internal sealed class Timings(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, long> _sent = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<double> _took = new();
    private int _again;

    public void Sent(string text) => _sent[text] = time.GetTimestamp();

    /// <summary>A send had to be tried once more.</summary>
    public void Again() => Interlocked.Increment(ref _again);

    public void Came(string text)
    {
        if (_sent.TryGetValue(text, out var at))
        {
            _took.Enqueue(time.GetElapsedTime(at).TotalMilliseconds);
        }
    }

    public override string ToString()
    {
        double[] all = [.. _took.Order()];
        return all.Length == 0 ? "nothing was delivered" : string.Create(
            CultureInfo.InvariantCulture,
            $"{all.Length} deliveries, from the first try of sending: p50 {all[all.Length / 2]:F0} ms, p99 {all[all.Length * 99 / 100]:F0} ms, longest {all[^1]:F0} ms; {_again} sends were tried again");
    }
}
