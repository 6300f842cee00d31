using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Publishing;

/// <summary>The last events, for processes that have no log of their own. Keeps nothing while none of them asks.</summary>
internal sealed class RecentEvents(TimeProvider time)
{
    private const int Most = 2_048, MostInAnswer = 256;
    private static readonly TimeSpan Interest = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly Queue<MessageStored> _events = new();
    private Guid _id = Ids.New();
    private long _last;
    private long? _askedAt;
    private TaskCompletionSource _more = New();

    public void Add(MessageStored stored)
    {
        lock (_gate)
        {
            _last++;
            if (_askedAt is not { } asked || time.GetElapsedTime(asked) > Interest)
            {
                _events.Clear();
                return;
            }
            _events.Enqueue(stored);
            if (_events.Count > Most)
            {
                _events.Dequeue();
            }
            Wake();
        }
    }

    /// <summary>Something may be missing: whoever follows begins anew.</summary>
    public void Reset()
    {
        lock (_gate)
        {
            (_id, _last) = (Ids.New(), 0);
            _events.Clear();
            Wake();
        }
    }

    /// <summary>What came after; null when there is nothing yet, and then what to wait for.</summary>
    public (StoredTail? Tail, Task More) Read(Guid? id, long after)
    {
        lock (_gate)
        {
            _askedAt = time.GetTimestamp();
            if (id != _id || after > _last || after < _last - _events.Count)
            {
                return (new StoredTail(_id, _last, IsReset: true, []), Task.CompletedTask);
            }
            MessageStored[] events = [.. _events.Skip(_events.Count - (int)(_last - after)).Take(MostInAnswer)];
            return events.Length == 0 ? (null, _more.Task) : (new StoredTail(_id, after + events.Length, IsReset: false, events), Task.CompletedTask);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Wake()
    {
        _more.TrySetResult();
        _more = New();
    }
}
