namespace ModularChat.Client.Sending;

/// <summary>
/// What this client wants done and the server has not confirmed, in the order in which it was asked for. Everything here is sent again under the
/// same id until it is confirmed by an ack or by an own entry that carries the id, or refused for good. What was refused for now holds back what
/// was asked for after it and is not confirmed yet, and goes again alone, so that nothing of one conversation overtakes it a second time.
/// Safe for several threads.
/// </summary>
internal sealed class Outbox(int inFlight)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Item> _items = new();
    private readonly Dictionary<Guid, LinkedListNode<Item>> _byId = [];
    private int _flying, _refused;
    private DateTimeOffset _pausedUntil;
    private Exception? _abandoned;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _items.Count;
            }
        }
    }

    /// <summary>Nothing is sent any more; what is here or comes was neither confirmed nor refused.</summary>
    public bool IsAbandoned => Volatile.Read(ref _abandoned) is not null;

    /// <summary>Takes a request in; completes with what the server says. The caller then starts sending.</summary>
    public Task<Stored> Add(PendingSend send)
    {
        var item = new Item(send);
        lock (_gate)
        {
            _byId.Add(send.ClientMessageId, _items.AddLast(item));
            if (_abandoned is { } reason)
            {
                item.Done.TrySetException(reason);
            }
        }
        return item.Done.Task;
    }

    public IReadOnlyList<PendingSend> For(Guid? conversationId)
    {
        lock (_gate)
        {
            return _items.Count == 0 ? [] : [.. _items.Select(item => item.Send).Where(send => conversationId is null || send.ConversationId == conversationId)];
        }
    }

    /// <summary>The connection is gone: nothing is in flight any more, everything goes again, in the old order.</summary>
    public void Lost()
    {
        lock (_gate)
        {
            _flying = 0;
            _pausedUntil = default;
            foreach (var item in _items)
            {
                item.FrameId = 0;
            }
        }
    }

    /// <summary>The next request to send, or null when there is none, enough is in flight, or the server asked for a pause.</summary>
    public PendingSend? Next(long frameId, DateTimeOffset now)
    {
        lock (_gate)
        {
            // During a pause what was overtaken has to come back first: order holds only if the rest waits.
            if (now < _pausedUntil || (_pausedUntil != default && _flying > 0) || _flying >= (_refused > 0 ? 1 : inFlight))
            {
                return null;
            }
            _pausedUntil = default;
            for (var node = _items.First; node is not null; node = node.Next)
            {
                if (node.Value.FrameId == 0)
                {
                    node.Value.FrameId = frameId;
                    _flying++;
                    return node.Value.Send;
                }
            }
            return null;
        }
    }

    /// <summary>The server has confirmed the frame.</summary>
    public void Acked(long frameId, Stored stored) => Finish(Find(frameId), item => item.Done.TrySetResult(stored));

    /// <summary>An own entry has come that carries the id: it is stored, whatever became of the ack.</summary>
    public void Seen(Entry entry)
    {
        if (entry.ClientMessageId is { } id)
        {
            Finish(Find(id), item => item.Done.TrySetResult(new Stored(entry.ConversationId, entry.Seq, entry.At)));
        }
    }

    /// <summary>The server has refused the frame. For good: the request fails and is given back. For now: it waits and goes again.</summary>
    public PendingSend? Refused(long frameId, ChatProblem problem, DateTimeOffset now)
    {
        var node = Find(frameId);
        if (node is null)
        {
            return null;
        }
        if (!problem.Retryable)
        {
            Finish(node, item => item.Done.TrySetException(new ChatProblemException(problem)));
            return node.Value.Send;
        }
        lock (_gate)
        {
            if (node.Value.FrameId != 0)
            {
                node.Value.FrameId = 0;
                _refused += node.Value.WasRefused ? 0 : 1;
                node.Value.WasRefused = true;
                _flying--;
                _pausedUntil = now + TimeSpan.FromMilliseconds(Math.Clamp(problem.RetryAfterMs ?? 1000, 50, 60_000));
            }
        }
        return null;
    }

    /// <summary>The client is closed: whoever waits is told. The store keeps what was not confirmed.</summary>
    public void Abandon(Exception reason)
    {
        lock (_gate)
        {
            _abandoned ??= reason;
            foreach (var item in _items)
            {
                item.Done.TrySetException(reason);
            }
        }
    }

    private LinkedListNode<Item>? Find(Guid id)
    {
        lock (_gate)
        {
            return _byId.GetValueOrDefault(id);
        }
    }

    private LinkedListNode<Item>? Find(long frameId)
    {
        lock (_gate)
        {
            for (var node = _items.First; node is not null && frameId != 0; node = node.Next)
            {
                if (node.Value.FrameId == frameId)
                {
                    return node;
                }
            }
            return null;
        }
    }

    private void Finish(LinkedListNode<Item>? node, Action<Item> finish)
    {
        lock (_gate)
        {
            if (node is null || !_byId.Remove(node.Value.Send.ClientMessageId))
            {
                return;
            }
            _items.Remove(node);
            _flying -= node.Value.FrameId != 0 ? 1 : 0;
            _refused -= node.Value.WasRefused ? 1 : 0;
        }
        finish(node.Value);
    }

    private sealed class Item(PendingSend send)
    {
        public PendingSend Send { get; } = send;
        /// <summary>The frame that carries it on the present connection; 0 when none does.</summary>
        public long FrameId { get; set; }
        /// <summary>The server could not take it once: until it has, the rest waits for it.</summary>
        public bool WasRefused { get; set; }
        public TaskCompletionSource<Stored> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
