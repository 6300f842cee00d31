namespace ModularChat.Presence.States;

/// <summary>The time of day in milliseconds, which never goes back: when the clock is set back, it waits until that time comes again.</summary>
internal sealed class AsOfClock(TimeProvider time)
{
    private long _last;

    public DateTimeOffset Now()
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        while (true)
        {
            var last = Volatile.Read(ref _last);
            if (now <= last)
            {
                return DateTimeOffset.FromUnixTimeMilliseconds(last);
            }
            if (Interlocked.CompareExchange(ref _last, now, last) == last)
            {
                return DateTimeOffset.FromUnixTimeMilliseconds(now);
            }
        }
    }
}
