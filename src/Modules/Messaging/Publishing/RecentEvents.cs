using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Publishing;

/// <summary>The last events, for processes that have no log of their own. Keeps nothing while none of them asks, here or at another process of the log.</summary>
internal sealed class RecentEvents(Positions positions, IMessageLog log, TimeProvider time)
{
    private const int Most = 2_048, MostInAnswer = 256;
    private static readonly TimeSpan Interest = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly Queue<MessageStored> _events = new();

    /// <summary>How far each shard was told here, where one was.</summary>
    private readonly Dictionary<int, long> _told = [];
    private Guid _id = Ids.New();
    private long _last;
    private long? _askedAt;

    // One that begins may be asked before it has heard that others are.
    private long? _wantedAt = time.GetTimestamp();
    private TaskCompletionSource _more = New();

    /// <summary>Whether somebody has asked here lately.</summary>
    public bool IsFollowed
    {
        get
        {
            lock (_gate)
            {
                return IsLately(_askedAt);
            }
        }
    }

    /// <summary>Those who ask another process may come here: what happens is kept for them.</summary>
    public void Keep()
    {
        lock (_gate)
        {
            _wantedAt = time.GetTimestamp();
        }
    }

    public void Add(MessageStored stored)
    {
        lock (_gate)
        {
            _last++;
            _told[stored.Shard] = stored.Position;
            if (!IsLately(_askedAt) && !IsLately(_wantedAt))
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
            _told.Clear();
            Wake();
        }
    }

    /// <summary>What came after; null when there is nothing yet, and then what to wait for.</summary>
    public (StoredTail? Tail, Task More) Read(Guid? id, long after, HeardTo? heard)
    {
        lock (_gate)
        {
            _askedAt = time.GetTimestamp();
            if (id == _id && after <= _last && after >= _last - _events.Count)
            {
                var events = After(after);
                return events.Length == 0 ? (null, _more.Task) : (new StoredTail(_id, after + events.Length, IsReset: false, events), Task.CompletedTask);
            }
            if (heard is not null && Continue(heard) is { } from)
            {
                var events = After(from);
                return (new StoredTail(_id, from + events.Length, IsReset: false, events), Task.CompletedTask);
            }
            return (new StoredTail(_id, _last, IsReset: true, [], Here()), Task.CompletedTask);
        }
    }

    /// <summary>After which number one goes on who was told so much elsewhere; null when what came next is not here, or not any more.</summary>
    private long? Continue(HeardTo heard)
    {
        if (Here() is not { } here || here.RunId != heard.RunId || here.Positions.Length != heard.Positions.Length)
        {
            return null;
        }
        // Backwards: at the end the floor of each shard is what precedes the first that is kept.
        var floor = here.Positions;
        var (number, from) = (_last, _last);
        foreach (var stored in _events.Reverse())
        {
            floor[stored.Shard] = stored.PreviousPosition;
            number--;
            if (stored.Position > heard.Positions[stored.Shard])
            {
                from = number;
            }
        }
        return floor.Zip(heard.Positions).All(shard => shard.First <= shard.Second) ? from : null;
    }

    /// <summary>How far each shard was told; the published position for one in which nothing has happened.</summary>
    private HeardTo? Here()
    {
        if (positions.ShardCount == 0)
        {
            return null;
        }
        var here = positions.Snapshot();
        foreach (var (shard, told) in _told)
        {
            here[shard] = told;
        }
        return new HeardTo(log.Info.RunId, here);
    }

    private MessageStored[] After(long number) => [.. _events.Skip(_events.Count - (int)(_last - number)).Take(MostInAnswer)];

    private bool IsLately(long? at) => at is { } then && time.GetElapsedTime(then) <= Interest;

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Wake()
    {
        _more.TrySetResult();
        _more = New();
    }
}
