namespace ModularChat.Host.Dispatch.Remote;

/// <summary>Keeps requests from a node that does not answer. After a pause one is let through; when it succeeds, all are.</summary>
internal sealed class Breaker(TimeProvider time)
{
    private const int FailuresInARow = 3;
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1), Longest = TimeSpan.FromSeconds(8);

    private readonly Lock _gate = new();
    private int _failures;
    private TimeSpan _pause = Shortest;
    private long? _openedAt;
    private bool _trying;

    /// <summary>Whether a request may go there now.</summary>
    public bool IsOpen
    {
        get
        {
            lock (_gate)
            {
                return _openedAt is { } at && (_trying || time.GetElapsedTime(at) < _pause);
            }
        }
    }

    /// <summary>A request goes there.</summary>
    public void Enter()
    {
        lock (_gate)
        {
            _trying = _openedAt is not null;
        }
    }

    /// <summary>It was answered, or given up for another reason than the node.</summary>
    /// <returns>Whether the node had been given up before.</returns>
    public bool Succeed()
    {
        lock (_gate)
        {
            var wasOpen = _openedAt is not null;
            (_failures, _openedAt, _trying, _pause) = (0, null, false, Shortest);
            return wasOpen;
        }
    }

    /// <summary>It was given up by who asked: that says nothing of the node.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            _trying = false;
        }
    }

    /// <summary>The node could not be reached, or has not answered.</summary>
    /// <param name="atOnce">Whether once is enough: nobody listens there.</param>
    /// <returns>Whether it is given up now, and was not before.</returns>
    public bool Fail(bool atOnce)
    {
        lock (_gate)
        {
            if (_openedAt is not null)
            {
                _pause = TimeSpan.FromTicks(Math.Min(Longest.Ticks, _pause.Ticks * 2));
                (_openedAt, _trying) = (time.GetTimestamp(), false);
                return false;
            }
            if (++_failures < FailuresInARow && !atOnce)
            {
                return false;
            }
            _openedAt = time.GetTimestamp();
            return true;
        }
    }
}
