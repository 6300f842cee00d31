namespace ModularChat.Shared;

/// <summary>Time that stands still until a test moves it. Timers fire inside <see cref="Advance"/>, in order of their due times.</summary>
public sealed class ManualTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private TimeSpan _clock;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _now + _clock;
        }
    }

    public override long GetTimestamp() => Now().Ticks;

    /// <summary>Sets the clock forward or back: the time of day jumps, and no time passes.</summary>
    public void SetClock(TimeSpan by)
    {
        lock (_gate)
        {
            _clock += by;
        }
    }

    /// <summary>Moves time forward and fires every timer that falls due on the way, each at its own time.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        var end = Now() + by;
        while (Next(end) is { } timer)
        {
            timer.Fire();
        }
        lock (_gate)
        {
            _now = end;
        }
    }

    /// <summary>How many timers wait; to see that something has begun to wait, or waits no longer.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _timers.Count;
            }
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private DateTimeOffset Now()
    {
        lock (_gate)
        {
            return _now;
        }
    }

    private ManualTimer? Next(DateTimeOffset end)
    {
        lock (_gate)
        {
            var timer = _timers.Where(t => t.Due <= end).MinBy(t => t.Due);
            if (timer is null)
            {
                return null;
            }
            _now = timer.Due > _now ? timer.Due : _now;
            if (timer.Period > TimeSpan.Zero)
            {
                timer.Due = _now + timer.Period;
            }
            else
            {
                _timers.Remove(timer);
            }
            return timer;
        }
    }

    private sealed class ManualTimer(ManualTime time, Action fire) : ITimer
    {
        public DateTimeOffset Due { get; set; }

        public TimeSpan Period { get; private set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var now = dueTime == TimeSpan.Zero;
            lock (time._gate)
            {
                time._timers.Remove(this);
                Period = period;
                if (dueTime == Timeout.InfiniteTimeSpan)
                {
                    return true;
                }
                Due = time._now + dueTime;
                if (!now || period > TimeSpan.Zero)
                {
                    Due = now ? time._now + period : Due;
                    time._timers.Add(this);
                }
            }
            if (now)
            {
                // As a real timer: at once, but not on the caller's stack.
                _ = Task.Run(fire);
            }
            return true;
        }

        public void Dispose()
        {
            lock (time._gate)
            {
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
