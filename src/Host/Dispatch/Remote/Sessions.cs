using System.Collections.Concurrent;

namespace ModularChat.Host.Dispatch.Remote;

/// <summary>The sessions of the nodes that ask this one.</summary>
internal sealed class Sessions(TimeProvider time)
{
    private const int Most = 1_024;

    private readonly ConcurrentDictionary<string, Session> _sessions = new(StringComparer.Ordinal);

    public void Add(Session session)
    {
        session.UsedAt = time.GetTimestamp();
        if (_sessions.Count >= Most)
        {
            // First those in which nothing was ever asked, then the one that was idle for the longest time.
            var oldest = _sessions.Values.OrderBy(s => s.IsProved).ThenBy(s => s.UsedAt).First();
            _sessions.TryRemove(oldest.Id, out _);
        }
        _sessions[session.Id] = session;
    }

    public Session? Find(string id)
    {
        if (!_sessions.TryGetValue(id, out var session))
        {
            return null;
        }
        session.UsedAt = time.GetTimestamp();
        return session;
    }
}
