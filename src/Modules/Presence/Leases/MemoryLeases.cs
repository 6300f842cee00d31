using Microsoft.Extensions.Options;
using ModularChat.Presence.Storage;

namespace ModularChat.Presence.Leases;

/// <summary>
/// The leases of a server of one node. One lock: every operation is a few steps on a handful of leases, and a heartbeat
/// reaches it in one call a second for all connections.
/// </summary>
internal sealed class MemoryLeases(TimeProvider time, IOptions<PresenceOptions> options) : ILeases
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, Held> _byConnection = [];
    private readonly Dictionary<Guid, Attendee> _byUser = [];
    private readonly long _start = time.GetTimestamp();
    private HashSet<Guid>? _changed;
    private TimeSpan _life = TimeSpan.FromSeconds(30);
    private bool _lifeIsKnown;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _byConnection.Count;
            }
        }
    }

    /// <summary>How long a lease holds without a sign of life, as the gateway says.</summary>
    public TimeSpan Life
    {
        get
        {
            lock (_gate)
            {
                return _life;
            }
        }
    }

    public bool IsShared => false;

    public bool IsSettled => time.GetElapsedTime(_start) >= _life;

    public ValueTask KeepAsync(Lease lease, TimeSpan life, CancellationToken token)
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            if (!_lifeIsKnown)
            {
                (_life, _lifeIsKnown) = (life, true);
            }
            if (!_byUser.TryGetValue(lease.UserId, out var attendee))
            {
                _byUser[lease.UserId] = attendee = new Attendee();
            }
            Arrive(attendee, now);
            RemoveLingering(attendee, lease.DeviceId);
            if (!_byConnection.TryGetValue(lease.ConnectionId, out var held))
            {
                held = new Held(lease);
                _byConnection[lease.ConnectionId] = held;
                attendee.Leases.Add(held);
                _changed?.Add(lease.UserId);
            }
            held.Expires = now + Ticks(life);
            held.Lingers = false;
            attendee.LastSign = now;
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask<bool> RenewAsync(Guid connectionId, TimeSpan age, TimeSpan life, bool isActive, CancellationToken token)
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            if (!_byConnection.TryGetValue(connectionId, out var held) || held.Lingers)
            {
                return ValueTask.FromResult(false);
            }
            var sign = now - Ticks(age);
            var attendee = _byUser[held.Lease.UserId];
            Arrive(attendee, now);
            held.Expires = Math.Max(held.Expires, sign + Ticks(life));
            attendee.LastSign = Math.Max(attendee.LastSign, sign);
            if (isActive)
            {
                attendee.LastActivity = Math.Max(attendee.LastActivity, sign);
                held.LastActivity = Math.Max(held.LastActivity ?? sign, sign);
            }
            return ValueTask.FromResult(true);
        }
    }

    public ValueTask EndAsync(Guid connectionId, TimeSpan linger, CancellationToken token)
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            if (_byConnection.TryGetValue(connectionId, out var held))
            {
                var attendee = _byUser[held.Lease.UserId];
                if (linger > TimeSpan.Zero)
                {
                    RemoveLingering(attendee, held.Lease.DeviceId);
                    held.Expires = now + Ticks(linger);
                    held.Lingers = true;
                    attendee.LastSign = now;
                    _changed?.Add(held.Lease.UserId);
                }
                else
                {
                    Remove(attendee, held);
                }
            }
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask EndSessionAsync(Guid userId, Guid sessionId, CancellationToken token)
    {
        lock (_gate)
        {
            if (_byUser.TryGetValue(userId, out var attendee))
            {
                for (var i = attendee.Leases.Count - 1; i >= 0; i--)
                {
                    if (attendee.Leases[i].Lease.SessionId == sessionId)
                    {
                        attendee.LastSign = time.GetTimestamp();
                        Remove(attendee, attendee.Leases[i]);
                    }
                }
            }
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask TouchAsync(Guid userId, CancellationToken token)
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            if (_byUser.TryGetValue(userId, out var attendee))
            {
                attendee.LastActivity = now;
            }
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask<Lease?> FindAsync(Guid connectionId, CancellationToken token)
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            return ValueTask.FromResult(_byConnection.TryGetValue(connectionId, out var held) && held.IsLive(now) ? held.Lease : null);
        }
    }

    public ValueTask<Lease[]> OfAsync(Guid userId, CancellationToken token)
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            return ValueTask.FromResult<Lease[]>(
                _byUser.TryGetValue(userId, out var attendee) ? [.. attendee.Leases.Where(held => held.IsLive(now)).Select(held => held.Lease)] : []);
        }
    }

    public ValueTask<Attendance[]> AttendAsync(IReadOnlyList<Guid> userIds, CancellationToken token)
    {
        var found = new Attendance[userIds.Count];
        var now = time.GetTimestamp();
        lock (_gate)
        {
            for (var i = 0; i < found.Length; i++)
            {
                found[i] = _byUser.TryGetValue(userIds[i], out var attendee) ? Attend(attendee, now) : default;
            }
        }
        return ValueTask.FromResult(found);
    }

    public ValueTask<Guid[][]> ActiveDevicesAsync(IReadOnlyList<Guid> userIds, TimeSpan within, CancellationToken token)
    {
        var found = new Guid[userIds.Count][];
        var now = time.GetTimestamp();
        lock (_gate)
        {
            for (var i = 0; i < found.Length; i++)
            {
                found[i] = _byUser.TryGetValue(userIds[i], out var attendee) ? attendee.ActiveDevices(time, now, within) : [];
            }
        }
        return ValueTask.FromResult(found);
    }

    /// <summary>Everybody who is active by <see cref="ActiveDevicesAsync"/>.</summary>
    public HashSet<Guid> ListActive(TimeSpan within)
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            return [.. _byUser.Where(pair => pair.Value.ActiveDevices(time, now, within).Length > 0).Select(pair => pair.Key)];
        }
    }

    public ValueTask<Moves> TakeMovesAsync(CancellationToken token) => ValueTask.FromResult(TakeMoves());

    /// <inheritdoc cref="ILeases.TakeMovesAsync"/>
    public Moves TakeMoves()
    {
        List<Guid> moved = [];
        List<(Guid, TimeSpan)> gone = [];
        var now = time.GetTimestamp();
        lock (_gate)
        {
            foreach (var (userId, attendee) in _byUser)
            {
                var attendance = Attend(attendee, now);
                if (attendance.IsThere == attendee.ToldThere && attendance.IsIdle == attendee.ToldIdle && attendance.IsThere)
                {
                    continue;
                }
                moved.Add(userId);
                (attendee.ToldThere, attendee.ToldIdle) = (attendance.IsThere, attendance.IsIdle);
                if (!attendance.IsThere)
                {
                    gone.Add((userId, attendance.SinceSign ?? TimeSpan.Zero));
                    // Removing the entry that is being looked at is allowed.
                    attendee.Leases.ForEach(held => _byConnection.Remove(held.Lease.ConnectionId));
                    _byUser.Remove(userId);
                }
            }
        }
        return new Moves(moved, gone);
    }

    /// <summary>Notes from now on whose connections come and go, for <see cref="TakeChanged"/>.</summary>
    public void Follow()
    {
        lock (_gate)
        {
            _changed ??= [.. _byUser.Keys];
        }
    }

    /// <summary>Whose connections have come or gone since the last call.</summary>
    public IReadOnlyCollection<Guid> TakeChanged()
    {
        lock (_gate)
        {
            var taken = _changed ?? [];
            _changed = _changed is null ? null : [];
            return taken;
        }
    }

    public ValueTask<IReadOnlyList<(Guid UserId, Attendance Now)>> AllAsync(CancellationToken token)
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            return ValueTask.FromResult<IReadOnlyList<(Guid, Attendance)>>(
                [.. _byUser.Select(pair => (pair.Key, Attend(pair.Value, now))).Where(pair => pair.Item2.IsThere)]);
        }
    }

    private Attendance Attend(Attendee attendee, long now)
    {
        var isThere = attendee.IsThere(now);
        return new Attendance(
            isThere,
            isThere && time.GetElapsedTime(attendee.LastActivity, now) >= TimeSpan.FromMinutes(options.Value.AwayAfterMinutes),
            time.GetElapsedTime(attendee.LastSign, now));
    }

    /// <summary>Who comes from offline has done something: they came.</summary>
    private static void Arrive(Attendee attendee, long now)
    {
        if (!attendee.IsThere(now))
        {
            attendee.LastActivity = now;
        }
    }

    /// <summary>A device has at most one lease that lingers, so that one that flaps leaves no trail.</summary>
    private void RemoveLingering(Attendee attendee, Guid? deviceId)
    {
        for (var i = attendee.Leases.Count - 1; i >= 0; i--)
        {
            if (attendee.Leases[i] is { Lingers: true } held && held.Lease.DeviceId == deviceId)
            {
                Remove(attendee, held);
            }
        }
    }

    private void Remove(Attendee attendee, Held held)
    {
        attendee.Leases.Remove(held);
        _changed?.Add(held.Lease.UserId);
        _byConnection.Remove(held.Lease.ConnectionId);
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);

    private sealed class Held(Lease lease)
    {
        public Lease Lease => lease;

        public long Expires { get; set; }

        /// <summary>When its user did something on it; null: never.</summary>
        public long? LastActivity { get; set; }

        /// <summary>The connection is gone and may come back.</summary>
        public bool Lingers { get; set; }

        public bool IsLive(long now) => !Lingers && Expires > now;
    }

    private sealed class Attendee
    {
        public List<Held> Leases { get; } = new(1);

        public long LastSign { get; set; }

        public long LastActivity { get; set; }

        public bool ToldThere { get; set; }

        public bool ToldIdle { get; set; }

        public Guid[] ActiveDevices(TimeProvider time, long now, TimeSpan within)
        {
            var found = Leases.FindAll(held => held.IsLive(now) && held.LastActivity is { } at && time.GetElapsedTime(at, now) <= within);
            return found.Count == 0 ? [] : [.. found.Select(held => held.Lease.DeviceId ?? Guid.Empty).Distinct()];
        }

        public bool IsThere(long now)
        {
            foreach (var held in Leases)
            {
                if (held.Expires > now)
                {
                    return true;
                }
            }
            return false;
        }
    }
}
