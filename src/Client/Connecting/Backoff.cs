namespace ModularChat.Client.Connecting;

/// <summary>Delays that double from half a second to thirty, each with full jitter, so that clients of a failed server do not come back in step.</summary>
internal sealed class Backoff(Random random)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(30);
    private int _failures;

    /// <summary>The connection went live: the next failure starts from the beginning.</summary>
    public void Reset() => _failures = 0;

    /// <summary>The upper end of the next delay.</summary>
    public TimeSpan Ceiling => _failures >= 6 ? Most : First * (1 << _failures);

    public TimeSpan Next(ComeBack rule)
    {
        if (rule == ComeBack.AtOnce && _failures == 0)
        {
            _failures++;
            return TimeSpan.Zero;
        }
        var ceiling = rule == ComeBack.AfterASecond ? TimeSpan.FromSeconds(Math.Max(1, Ceiling.TotalSeconds)) : Ceiling;
        _failures++;
        var jittered = ceiling * random.NextDouble();
        return rule == ComeBack.AfterASecond ? TimeSpan.FromSeconds(1) + jittered : jittered;
    }
}
