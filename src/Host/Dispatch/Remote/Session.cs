namespace ModularChat.Host.Dispatch.Remote;

/// <summary>
/// A key that two nodes share until one of them ends, made without clocks: theirs may differ. Each request has a number of its own in it, so that one
/// that was overheard cannot be said again.
/// </summary>
internal sealed class Session(string id, byte[] key, string node)
{
    /// <summary>Requests overtake each other; one that comes later than so many others is refused, and made again in a new session.</summary>
    private const int Window = 4_096;

    private readonly Lock _gate = new();
    private readonly long[] _seen = new long[Window];
    private long _highest, _last;

    public string Id => id;

    /// <summary>The node at the other end.</summary>
    public string Node => node;

    /// <summary>When it was used last; for whoever makes room.</summary>
    public long UsedAt { get; set; }

    /// <summary>Whether a request has come with it: whoever only says hello takes no place from those who do more.</summary>
    public bool IsProved => Volatile.Read(ref _highest) > 0;

    /// <summary>The number of the next request, at the end that asks.</summary>
    public long Next() => Interlocked.Increment(ref _last);

    public string MacOfRequest(string path, long number, string deadline, string trace, string bodyHash) =>
        Proofs.Of(key, "request", path, id, $"{number}", deadline, trace, bodyHash);

    public string MacOfAnswer(long number, int status, string bodyHash) => Proofs.Of(key, "answer", id, $"{number}", $"{status}", bodyHash);

    /// <summary>Takes a number once, at the end that is asked.</summary>
    public bool Take(long number)
    {
        lock (_gate)
        {
            var slot = (int)(number % Window);
            if (number <= 0 || number <= _highest - Window || _seen[slot] >= number)
            {
                return false;
            }
            _seen[slot] = number;
            _highest = Math.Max(_highest, number);
            return true;
        }
    }
}
