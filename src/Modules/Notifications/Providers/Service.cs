namespace ModularChat.Notifications.Providers;

/// <summary>
/// How one push service does, as this node sees it: what is under way, and a breaker that leaves alone for a while what fails several times in a row, or what
/// asks to be left alone. After that one push goes first.
/// </summary>
internal sealed class Service(NotificationsOptions options, TimeProvider time)
{
    private const int LongestFactor = 10;

    private readonly Lock _gate = new();
    private int _underWay, _failures, _openings;
    private DateTimeOffset _openUntil;
    private bool _isTrying;

    /// <summary>How many pushes it may be given now.</summary>
    public int Room
    {
        get
        {
            lock (_gate)
            {
                return time.GetUtcNow() < _openUntil ? 0 : _isTrying ? Math.Max(0, 1 - _underWay) : Math.Max(0, options.Parallel - _underWay);
            }
        }
    }

    /// <summary>Until when it is left alone; null: it is not.</summary>
    public DateTimeOffset? ClosedUntil
    {
        get
        {
            lock (_gate)
            {
                return time.GetUtcNow() < _openUntil ? _openUntil : null;
            }
        }
    }

    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return _underWay == 0 && _failures == 0 && !_isTrying;
            }
        }
    }

    public void Begin(int count)
    {
        lock (_gate)
        {
            _underWay += count;
        }
    }

    /// <summary>Nothing was sent after all.</summary>
    public void End()
    {
        lock (_gate)
        {
            _underWay--;
        }
    }

    /// <summary>An answer came, or none.</summary>
    public void End(PushAnswer answer)
    {
        lock (_gate)
        {
            _underWay--;
            var now = time.GetUtcNow();
            if (answer.Kind is AnswerKind.Failed || (answer.Kind is AnswerKind.Busy && answer.RetryAfter is null))
            {
                _failures++;
                if (_isTrying || _failures >= options.BreakerFailures)
                {
                    var seconds = options.BreakerSeconds * Math.Min(1 << Math.Min(_openings, 10), LongestFactor);
                    // Each node comes back at a time of its own.
                    Open(now + TimeSpan.FromSeconds(seconds * (1 + (Random.Shared.NextDouble() / 10))));
                    _openings++;
                }
            }
            else if (answer.Kind is not AnswerKind.Busy)
            {
                // Whatever it says of this push: it answers.
                (_failures, _openings, _isTrying) = (0, 0, false);
            }
            if (answer is { Kind: AnswerKind.Busy, RetryAfter: { } after })
            {
                Open(now + after);
            }
        }
    }

    private void Open(DateTimeOffset until)
    {
        _openUntil = until > _openUntil ? until : _openUntil;
        (_isTrying, _failures) = (true, 0);
    }
}
