using System.Collections.Concurrent;

namespace ModularChat.Presence.Typing;

/// <summary>Lets one typing signal a second through for each user and conversation; more would only cost everybody else.</summary>
internal sealed class TypingRate(TimeProvider time)
{
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1);
    private const int Most = 50_000;

    private readonly ConcurrentDictionary<(Guid User, Guid Conversation), long> _last = new();

    public bool TryTake(Guid user, Guid conversation)
    {
        if (_last.Count > Most)
        {
            Forget();
        }
        var now = time.GetTimestamp();
        while (true)
        {
            if (_last.TryGetValue((user, conversation), out var last))
            {
                if (time.GetElapsedTime(last, now) < Least)
                {
                    return false;
                }
                if (_last.TryUpdate((user, conversation), now, last))
                {
                    return true;
                }
            }
            else if (_last.TryAdd((user, conversation), now))
            {
                return true;
            }
        }
    }

    private void Forget()
    {
        foreach (var (key, last) in _last)
        {
            if (time.GetElapsedTime(last) >= Least)
            {
                _last.TryRemove(new KeyValuePair<(Guid, Guid), long>(key, last));
            }
        }
    }
}
