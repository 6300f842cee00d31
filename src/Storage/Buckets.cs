using System.Collections.Concurrent;

namespace ModularChat.Storage;

/// <summary>Lets each key do something so many times at once, and then as often as time gives it back. In the memory of one process.</summary>
/// <param name="time">The clock.</param>
/// <param name="size">How many times at once.</param>
/// <param name="refill">The time that gives all of them back.</param>
public sealed class Buckets(TimeProvider time, int size, TimeSpan refill)
{
    private const int Most = 50_000;

    private readonly ConcurrentDictionary<Guid, (double Level, long At)> _levels = new();

    /// <summary>Zero when it may; else how long to wait.</summary>
    public TimeSpan Take(Guid key)
    {
        var now = time.GetTimestamp();
        if (_levels.Count > Most)
        {
            Forget(now);
        }
        while (true)
        {
            var isThere = _levels.TryGetValue(key, out var old);
            var level = isThere ? Level(old, now) : 0;
            if (level + 1 > size)
            {
                return (level + 1 - size) * (refill / size);
            }
            if (isThere ? _levels.TryUpdate(key, (level + 1, now), old) : _levels.TryAdd(key, (1, now)))
            {
                return TimeSpan.Zero;
            }
        }
    }

    private double Level((double Level, long At) old, long now) => Math.Max(0, old.Level - (time.GetElapsedTime(old.At, now) / refill * size));

    private void Forget(long now)
    {
        foreach (var (key, old) in _levels)
        {
            if (Level(old, now) <= 0)
            {
                _levels.TryRemove(new KeyValuePair<Guid, (double, long)>(key, old));
            }
        }
    }
}
