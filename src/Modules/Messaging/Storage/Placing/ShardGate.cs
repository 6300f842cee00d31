namespace ModularChat.Messaging.Storage.Placing;

/// <summary>
/// Keeps the order of writes to one shard while it moves from one database to another. Each append has a ticket. As long as nothing moves it
/// goes straight on. One that found the shard gone, and all that came after it, go again in the order in which they came, on the new database.
/// </summary>
internal sealed class ShardGate
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Ticket> _tickets = new();
    private ILogDatabase _database;
    private bool _isClosed;

    public ShardGate(ILogDatabase database) => _database = database;

    /// <summary>Where the shard lies.</summary>
    public ILogDatabase Database => Volatile.Read(ref _database);

    /// <summary>True while appends wait for the end of a move by this process.</summary>
    public bool IsClosed
    {
        get
        {
            lock (_lock)
            {
                return _isClosed;
            }
        }
    }

    /// <summary>Appends in order; throws <see cref="ShardMovedException"/> when nobody says within <paramref name="patience"/> where the shard is now.</summary>
    public async Task<AppendResult> AppendAsync(Append append, TimeSpan patience, TimeProvider time, Action moved, CancellationToken token)
    {
        var (ticket, begun) = (new Ticket(append, token), time.GetTimestamp());
        LinkedListNode<Ticket> node;
        lock (_lock)
        {
            node = _tickets.AddLast(ticket);
            Pump();
        }
        try
        {
            while (true)
            {
                var left = patience - time.GetElapsedTime(begun);
                var submitted = await ticket.Submitted.Task.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, token);
                try
                {
                    return await submitted;
                }
                catch (ShardMovedException)
                {
                    lock (_lock)
                    {
                        ticket.Again();
                    }
                    moved();
                }
            }
        }
        catch (TimeoutException e)
        {
            throw new LogUnavailableException("A shard is being moved, and it takes too long; nothing was written.", e);
        }
        finally
        {
            lock (_lock)
            {
                _tickets.Remove(node);
                Pump();
            }
        }
    }

    /// <summary>From now on appends wait; those under way go on.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
        }
    }

    /// <summary>The shard lies here now; what waits goes on.</summary>
    public void Open(ILogDatabase database)
    {
        lock (_lock)
        {
            Volatile.Write(ref _database, database);
            _isClosed = false;
            foreach (var ticket in _tickets)
            {
                ticket.Refused = null;
            }
            Pump();
        }
    }

    /// <summary>Submits what is not submitted, in order; stops at one that may still be written to the old database.</summary>
    private void Pump()
    {
        for (var node = _tickets.First; node is not null && !_isClosed; node = node.Next)
        {
            var ticket = node.Value;
            if (ticket.Database is null)
            {
                if (ReferenceEquals(ticket.Refused, _database))
                {
                    // Nobody has said yet where the shard is: the others wait behind this one.
                    return;
                }
                ticket.Submit(_database);
            }
            else if (!ReferenceEquals(ticket.Database, _database))
            {
                return;
            }
        }
    }

    private sealed class Ticket(Append append, CancellationToken token)
    {
        public TaskCompletionSource<Task<AppendResult>> Submitted { get; private set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public ILogDatabase? Database { get; private set; }
        public ILogDatabase? Refused { get; set; }

        public void Submit(ILogDatabase database)
        {
            Database = database;
            Submitted.TrySetResult(Start(database));
        }

        public void Again()
        {
            (Refused, Database) = (Database, null);
            Submitted = new TaskCompletionSource<Task<AppendResult>>(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        // AppendAsync takes its place before it returns, so calls one after another keep their order.
        private async Task<AppendResult> Start(ILogDatabase database) => await database.AppendAsync(append, token);
    }
}
