using System.Collections.Concurrent;
using MediatR;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Presence;
using ModularChat.Presence.People;
using ModularChat.Presence.States;
using ModularChat.Presence.Storage;

namespace ModularChat.Presence.Watching;

/// <summary>
/// Tells those who watch what has changed. Everything that goes out is made in one turn at a time, so that what a connection is told comes in
/// order. What others do to it between turns (drops, changes) waits in queues.
/// </summary>
internal sealed partial class FanOut(
    ILeases leases, PeopleBook people, Audiences audiences, Present present, Contacts contacts, IMediator mediator,
    IOptions<PresenceOptions> options, TimeProvider time, ILogger<FanOut> logger) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Watches _watches = new();
    private readonly Dictionary<Guid, Told> _told = [];
    private readonly Doubts _doubts = new();
    private readonly ConcurrentQueue<Guid> _dropped = new();
    private readonly ConcurrentDictionary<Guid, bool> _changed = new();
    private readonly ConcurrentDictionary<Guid, bool> _stale = new();
    private bool _wasSettled;

    /// <summary>What was last pushed of a user.</summary>
    private sealed record Told(PresenceState Others, PresenceState Own, PresenceState Chosen, PresenceStatus? Status);

    /// <summary>Connections that watch; for tests and measurements.</summary>
    public int Count => _watches.Count;

    /// <summary>A user has changed what they show.</summary>
    public void Changed(Guid userId) => _changed.TryAdd(userId, false);

    /// <summary>Who may see a user has changed: everybody who watches is told what they may know now.</summary>
    public void Judge(Guid userId) => _changed[userId] = true;

    /// <summary>Whom a user knows has changed.</summary>
    public void KnowsOthers(Guid userId) => _stale[userId] = true;

    /// <summary>A connection is gone.</summary>
    public void Drop(Guid connectionId) => _dropped.Enqueue(connectionId);

    /// <summary>Lets a connection watch these instead of whom it watched, and tells it all of them.</summary>
    public async Task WatchAsync(Guid connectionId, Guid viewer, Guid[] screen, bool hasContacts, List<GroupPresence> counts, CancellationToken token)
    {
        // What has to be read is read before the turn.
        var (targets, isTruncated) = Limit(screen, hasContacts ? await contacts.ListAsync(viewer, token) : []);
        await audiences.GetAsync(targets, token);
        await people.GetAsync(targets, token);
        await _turn.WaitAsync(token);
        try
        {
            TakeDropped();
            if ((await leases.FindAsync(connectionId, token))?.UserId != viewer)
            {
                return;
            }
            var watch = new Watch(connectionId, viewer, screen, hasContacts);
            _watches.Replace(watch, targets);
            await mediator.Publish(
                new PresenceMoved([new PresencePush([connectionId], await ShowAsync(watch, targets, token), counts.Count > 0 ? [.. counts] : null, isTruncated)]),
                CancellationToken.None);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Writes down who has gone, and tells what has changed since the last tick.</summary>
    public async Task TickAsync(CancellationToken token)
    {
        await _turn.WaitAsync(token);
        try
        {
            TakeDropped();
            var moves = await leases.TakeMovesAsync(token);
            await WriteSeenAsync(moves.Gone, token);
            var candidates = new Dictionary<Guid, bool>();
            foreach (var userId in moves.Users)
            {
                candidates[userId] = false;
            }
            foreach (var userId in _doubts.Take(_watches.Targets, leases.IsShared, moves.IsAllSuspect))
            {
                candidates.TryAdd(userId, false);
            }
            foreach (var userId in people.TakeExpired(time.GetUtcNow()))
            {
                candidates[userId] = false;
            }
            foreach (var (userId, _) in _changed)
            {
                if (_changed.TryRemove(userId, out var isForced))
                {
                    candidates[userId] = isForced;
                }
            }
            var settles = !_wasSettled && leases.IsSettled;
            if (settles)
            {
                _wasSettled = true;
                foreach (var target in _watches.Targets)
                {
                    candidates.TryAdd(target, false);
                }
            }
            await PushAsync(candidates, settles, token);
            await RefreshContactsAsync(token);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The server stops: everybody who is there was last seen now.</summary>
    public async Task LeaveAsync(CancellationToken token)
    {
        await _turn.WaitAsync(token);
        try
        {
            if (leases.IsShared)
            {
                // The others learn which connections have ended; their users count for them until this node's word does not hold any more.
                await leases.TakeMovesAsync(token);
            }
            var there = await leases.AllAsync(token);
            await WriteSeenAsync([.. there.Select(one => (one.UserId, one.Now.SinceSign ?? TimeSpan.Zero))], token);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private void TakeDropped()
    {
        while (_dropped.TryDequeue(out var connectionId))
        {
            _watches.Remove(connectionId);
        }
        if (_told.Count > (2 * _watches.TargetCount) + 100)
        {
            foreach (var target in _told.Keys.Where(target => !_watches.Has(target)).ToArray())
            {
                _told.Remove(target);
            }
        }
    }

    private async Task WriteSeenAsync(IReadOnlyList<(Guid UserId, TimeSpan SinceSign)> users, CancellationToken token)
    {
        try
        {
            var now = time.GetUtcNow();
            var kept = await people.GetAsync([.. users.Select(one => one.UserId)], token);
            List<(Guid, DateTimeOffset)> seen = [];
            for (var i = 0; i < users.Count; i++)
            {
                // An invisible user was not seen.
                if (kept[i].Chosen != PresenceState.Invisible)
                {
                    seen.Add((users[i].UserId, now - users[i].SinceSign));
                }
            }
            await people.SeenAsync(seen, token);
        }
        catch (Exception e) when (e is PeopleUnavailableException or ChatException)
        {
            Log.NotWritten(logger, e);
        }
    }

    private async Task PushAsync(Dictionary<Guid, bool> candidates, bool settles, CancellationToken token)
    {
        Guid[] targets = [.. candidates.Keys.Where(_watches.Has)];
        if (targets.Length == 0)
        {
            return;
        }
        var moments = await present.LookAsync(targets, token);
        var judged = await audiences.GetAsync(targets, token);
        List<PresencePush> pushes = [];
        for (var i = 0; i < targets.Length; i++)
        {
            var moment = moments[i];
            var told = ToTell(moment);
            var before = _told.GetValueOrDefault(targets[i]);
            if (settles || candidates[targets[i]] || before != told)
            {
                _told[targets[i]] = told;
                // What an invisible user does must not even make others hear that nothing has changed.
                var isForOthers = candidates[targets[i]] || before is null || (before.Others, before.Status) != (told.Others, told.Status);
                // Nobody was told of anybody that they are offline, nor of those whom they may not see.
                var isForAll = settles && told.Others == PresenceState.Offline;
                List<Guid> own = [], others = [], nobody = [];
                foreach (var watch in _watches.Of(targets[i]))
                {
                    var mayKnow = Audiences.MaySee(judged[i], watch.Viewer);
                    if (watch.Viewer == targets[i])
                    {
                        // A user's own connection is there: it was told the truth from the beginning.
                        if (before != told)
                        {
                            own.Add(watch.ConnectionId);
                        }
                    }
                    else if (mayKnow ? isForOthers || isForAll : settles || (isForOthers && watch.Targets[targets[i]]))
                    {
                        (mayKnow ? others : nobody).Add(watch.ConnectionId);
                        watch.Targets[targets[i]] = mayKnow;
                    }
                }
                Add(pushes, own, moment.ForOwn());
                Add(pushes, others, moment.ForOthers());
                Add(pushes, nobody, moment.ForNobody());
            }
        }
        if (pushes.Count > 0)
        {
            await mediator.Publish(new PresenceMoved([.. pushes]), CancellationToken.None);
        }

        void Add(List<PresencePush> pushes, List<Guid> connections, PresenceInfo info)
        {
            if (connections.Count > 0 && !IsUncertain(info))
            {
                pushes.Add(new PresencePush([.. connections], [info]));
            }
        }
    }

    private async Task RefreshContactsAsync(CancellationToken token)
    {
        foreach (var (viewer, _) in _stale)
        {
            if (!_stale.TryRemove(viewer, out _) || !_watches.By(viewer).Any(watch => watch.HasContacts))
            {
                continue;
            }
            var known = await contacts.ListAsync(viewer, token);
            foreach (var watch in _watches.By(viewer).Where(watch => watch.HasContacts))
            {
                var (targets, _) = Limit(watch.Screen, known);
                foreach (var gone in watch.Targets.Keys.Except(targets).ToArray())
                {
                    _watches.Remove(watch, gone);
                }
                Guid[] added = [.. targets.Where(target => !watch.Targets.ContainsKey(target))];
                foreach (var target in added)
                {
                    _watches.Add(watch, target);
                }
                if (added.Length > 0)
                {
                    await mediator.Publish(new PresenceMoved([new PresencePush([watch.ConnectionId], await ShowAsync(watch, added, token))]), CancellationToken.None);
                }
            }
        }
    }

    /// <summary>What a connection is to be told of users whom it begins to watch.</summary>
    private async Task<PresenceInfo[]> ShowAsync(Watch watch, Guid[] targets, CancellationToken token)
    {
        var judged = await audiences.GetAsync(targets, token);
        var moments = await present.LookAsync(targets, token);
        List<PresenceInfo> shown = [];
        for (var i = 0; i < targets.Length; i++)
        {
            var mayKnow = Audiences.MaySee(judged[i], watch.Viewer);
            var info = watch.Viewer == targets[i] ? moments[i].ForOwn() : mayKnow ? moments[i].ForOthers() : moments[i].ForNobody();
            watch.Targets[targets[i]] = mayKnow;
            if (!IsUncertain(info))
            {
                shown.Add(info);
            }
            // Others who watch may not have been told yet; who watches alone is told now.
            if (_watches.Of(targets[i]).Count == 1)
            {
                _told[targets[i]] = ToTell(moments[i]);
            }
        }
        return [.. shown];
    }

    private (Guid[] Targets, bool IsTruncated) Limit(Guid[] screen, IEnumerable<Guid> known)
    {
        Guid[] all = [.. screen.Concat(known).Distinct()];
        var most = options.Value.MaxPresencePush;
        return all.Length <= most ? (all, false) : (all[..most], true);
    }

    // As of the tick that tells them: who begins to watch just before it is told by it, and once.
    private bool IsUncertain(PresenceInfo info) => info.State == PresenceState.Offline && !_wasSettled;

    private static Told ToTell(Moment moment)
    {
        var own = moment.ForOwn();
        return new Told(moment.ForOthers().State, own.State, moment.Person.Chosen, own.Status);
    }

    private static partial class Log
    {
        [LoggerMessage(4001, LogLevel.Warning, "When users were last seen could not be written down; it is tried again")]
        public static partial void NotWritten(ILogger logger, Exception e);
    }
}
