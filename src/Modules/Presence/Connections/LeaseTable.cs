using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using ModularChat.Contracts.Presence;

namespace ModularChat.Presence.Connections;

/// <summary>
/// The live connections, each held by a lease that its heartbeats renew. A connection whose gateway died without a word is
/// gone when its lease is over: reading looks at the time, so nothing rests on the sweep that frees the memory.
/// </summary>
internal sealed class LeaseTable(IOptions<PresenceOptions> options, TimeProvider time)
{
    private readonly ConcurrentDictionary<Guid, ConnectionInfo> _byId = new();
    private readonly ConcurrentDictionary<Guid, Guid[]> _byUser = new();
    private long _sweptAt = time.GetTimestamp();

    private TimeSpan Lease => TimeSpan.FromSeconds(options.Value.ForgetAfterSeconds);

    public int Count => _byId.Count;

    public void Keep(ConnectionInfo connection)
    {
        if (_byId.TryAdd(connection.ConnectionId, connection))
        {
            _byUser.AddOrUpdate(connection.UserId, static (_, id) => [id], static (_, ids, id) => [.. ids, id], connection.ConnectionId);
        }
        else
        {
            _byId[connection.ConnectionId] = connection;
        }
        Sweep();
    }

    public void Drop(Guid connectionId)
    {
        if (!_byId.TryRemove(connectionId, out var connection))
        {
            return;
        }
        while (_byUser.TryGetValue(connection.UserId, out var ids))
        {
            Guid[] rest = [.. ids.Where(id => id != connectionId)];
            if (rest.Length == 0
                ? _byUser.TryRemove(new KeyValuePair<Guid, Guid[]>(connection.UserId, ids))
                : _byUser.TryUpdate(connection.UserId, rest, ids))
            {
                return;
            }
        }
    }

    public IEnumerable<ConnectionInfo> Of(Guid userId)
    {
        if (!_byUser.TryGetValue(userId, out var ids))
        {
            yield break;
        }
        var now = time.GetUtcNow();
        foreach (var id in ids)
        {
            if (_byId.TryGetValue(id, out var connection) && now - connection.LastHeartbeat <= Lease)
            {
                yield return connection;
            }
        }
    }

    private void Sweep()
    {
        var swept = Interlocked.Read(ref _sweptAt);
        if (time.GetElapsedTime(swept) < Lease || Interlocked.CompareExchange(ref _sweptAt, time.GetTimestamp(), swept) != swept)
        {
            return;
        }
        var now = time.GetUtcNow();
        foreach (var (id, connection) in _byId)
        {
            if (now - connection.LastHeartbeat > Lease)
            {
                Drop(id);
            }
        }
    }
}
