namespace ModularChat.Host.Gateway.Outbound;

/// <summary>
/// The connections of each session, from before their opening, so that a sign-out ends also one that is in the middle of a long first sync.
/// A session that ends while a connection is on its way in is remembered for it.
/// </summary>
internal sealed class LiveSessions
{
    private const int Remembered = 4_096;
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, List<Connection>> _bySession = [];
    private readonly HashSet<Guid> _ended = [];
    private readonly Queue<Guid> _endedInOrder = new();

    /// <summary>Counts a connection in until it is disposed of; closes it when its session has ended meanwhile.</summary>
    public IDisposable? Enter(Connection connection)
    {
        if (connection.Caller?.SessionId is not { } sessionId)
        {
            return null;
        }
        lock (_gate)
        {
            if (_ended.Contains(sessionId))
            {
                connection.Close(CloseReason.Unauthorized);
            }
            if (!_bySession.TryGetValue(sessionId, out var connections))
            {
                _bySession[sessionId] = connections = [];
            }
            connections.Add(connection);
        }
        return new Seat(this, sessionId, connection);
    }

    public void End(Guid sessionId)
    {
        lock (_gate)
        {
            if (_ended.Add(sessionId))
            {
                _endedInOrder.Enqueue(sessionId);
                if (_endedInOrder.Count > Remembered)
                {
                    _ended.Remove(_endedInOrder.Dequeue());
                }
            }
            foreach (var connection in _bySession.GetValueOrDefault(sessionId) ?? [])
            {
                connection.Close(CloseReason.Unauthorized);
            }
        }
    }

    private void Leave(Guid sessionId, Connection connection)
    {
        lock (_gate)
        {
            if (_bySession.TryGetValue(sessionId, out var connections) && connections.Remove(connection) && connections.Count == 0)
            {
                _bySession.Remove(sessionId);
            }
        }
    }

    private sealed class Seat(LiveSessions sessions, Guid sessionId, Connection connection) : IDisposable
    {
        public void Dispose() => sessions.Leave(sessionId, connection);
    }
}
