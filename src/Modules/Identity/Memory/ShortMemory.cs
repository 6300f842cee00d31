using System.Collections.Concurrent;

namespace ModularChat.Identity.Memory;

/// <summary>
/// What was read from the store a moment ago: bounded, and nothing older than 30 seconds, so that a change elsewhere whose
/// event was lost is still seen. A change here is seen at once.
/// </summary>
internal sealed class ShortMemory<TKey, TValue>(TimeProvider time, int bound) where TKey : notnull
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<TKey, (TValue Value, long Since)> _entries = new();
    private long _forgotten;
    private int _cleaning;

    public int Count => _entries.Count;

    /// <summary>Taken before the store is read, for <see cref="Keep"/>.</summary>
    public long Stamp() => Interlocked.Read(ref _forgotten);

    public bool TryGet(TKey key, out TValue value)
    {
        if (_entries.TryGetValue(key, out var entry) && time.GetElapsedTime(entry.Since) < Life)
        {
            value = entry.Value;
            return true;
        }
        value = default!;
        return false;
    }

    /// <summary>Keeps what was read, unless something was forgotten since <paramref name="stamp"/>: then it may have been read before the change.</summary>
    public void Keep(TKey key, TValue value, long stamp)
    {
        if (stamp != Stamp())
        {
            return;
        }
        if (_entries.Count >= bound)
        {
            MakeRoom();
        }
        _entries[key] = (value, time.GetTimestamp());
        if (stamp != Stamp())
        {
            _entries.TryRemove(key, out _);
        }
    }

    public void Forget(TKey key)
    {
        Interlocked.Increment(ref _forgotten);
        _entries.TryRemove(key, out _);
    }

    public void ForgetWhere(Func<TKey, TValue, bool> isStale)
    {
        Interlocked.Increment(ref _forgotten);
        foreach (var (key, entry) in _entries)
        {
            if (isStale(key, entry.Value))
            {
                _entries.TryRemove(key, out _);
            }
        }
    }

    // One sweep makes room for many entries, so that a full memory does not sweep at each of them.
    private void MakeRoom()
    {
        if (Interlocked.Exchange(ref _cleaning, 1) != 0)
        {
            return;
        }
        var excess = bound / 10;
        foreach (var (key, entry) in _entries)
        {
            if (time.GetElapsedTime(entry.Since) >= Life || excess-- > 0)
            {
                _entries.TryRemove(key, out _);
            }
        }
        Volatile.Write(ref _cleaning, 0);
    }
}
