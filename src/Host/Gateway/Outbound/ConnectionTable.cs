using System.Collections.Concurrent;

namespace ModularChat.Host.Gateway.Outbound;

/// <summary>This node's live connections by user. Reading it takes no lock and allocates nothing.</summary>
internal sealed class ConnectionTable
{
    private readonly ConcurrentDictionary<Guid, Connection[]> _byUser = new();
    private readonly ConcurrentDictionary<Guid, Connection> _byId = new();
    private TaskCompletionSource? _emptied;
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Done when the last connection is out; for a server that takes no new ones any more.</summary>
    public Task EmptiedAsync()
    {
        var emptied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        emptied = Interlocked.CompareExchange(ref _emptied, emptied, null) ?? emptied;
        if (Count == 0)
        {
            emptied.TrySetResult();
        }
        return emptied.Task;
    }

    public ReadOnlySpan<Connection> Of(Guid userId) => _byUser.TryGetValue(userId, out var connections) ? connections : [];

    public int CountOf(Guid userId) => Of(userId).Length;

    public IEnumerable<Connection> All()
    {
        foreach (var (_, connections) in _byUser)
        {
            foreach (var connection in connections)
            {
                yield return connection;
            }
        }
    }

    /// <summary>A connection by its id, from when it is known whose it is to its end.</summary>
    public Connection? Find(Guid connectionId) => _byId.GetValueOrDefault(connectionId);

    /// <summary>Everything by id, also what is still opening.</summary>
    public IEnumerable<Connection> Entered() => _byId.Select(pair => pair.Value);

    /// <summary>Makes a connection known by its id; it gets nothing of the log yet.</summary>
    public void Enter(Connection connection) => _byId[connection.Id] = connection;

    public void Leave(Connection connection) => _byId.TryRemove(connection.Id, out _);

    public void Attach(Connection connection)
    {
        _byUser.AddOrUpdate(
            connection.Caller!.UserId,
            static (_, added) => [added],
            static (_, present, added) => [.. present, added],
            connection);
        Interlocked.Increment(ref _count);
    }

    /// <summary>Takes a connection out; does nothing when it never was attached.</summary>
    public void Detach(Connection connection)
    {
        var userId = connection.Caller!.UserId;
        while (_byUser.TryGetValue(userId, out var present))
        {
            var index = Array.IndexOf(present, connection);
            if (index < 0)
            {
                return;
            }
            Connection[] rest = [.. present[..index], .. present[(index + 1)..]];
            var done = rest.Length == 0
                ? _byUser.TryRemove(new KeyValuePair<Guid, Connection[]>(userId, present))
                : _byUser.TryUpdate(userId, rest, present);
            if (done)
            {
                if (Interlocked.Decrement(ref _count) == 0)
                {
                    Volatile.Read(ref _emptied)?.TrySetResult();
                }
                return;
            }
        }
    }
}
