using System.Collections.Concurrent;
using ModularChat.Contracts;
using ModularChat.Presence.Storage;

namespace ModularChat.Presence.People;

/// <summary>
/// What is kept of users, in memory as far as it was asked for. Changes come one at a time. A last seen that the store does not take stays in
/// memory and is tried again; a choice is refused instead, because its user can choose again.
/// </summary>
internal sealed class PeopleBook(IPeopleStore store, TimeProvider time) : IDisposable
{
    private const int MostKnown = 100_000;

    /// <summary>How old what other processes may have changed may be when no event has told of it.</summary>
    private static readonly TimeSpan MostAge = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<Guid, Known> _known = new();
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _expiring = new();
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _unsaved = new();
    private readonly SemaphoreSlim _changing = new(1);

    /// <summary>These users, in the order asked.</summary>
    public async ValueTask<Person[]> GetAsync(IReadOnlyList<Guid> userIds, CancellationToken token)
    {
        var found = new Person[userIds.Count];
        List<int>? missing = null;
        for (var i = 0; i < found.Length; i++)
        {
            if (_known.TryGetValue(userIds[i], out var known) && IsFresh(userIds[i], known))
            {
                found[i] = known.Person;
            }
            else
            {
                (missing ??= []).Add(i);
            }
        }
        if (missing is not null)
        {
            var before = time.GetTimestamp();
            var read = await ReadAsync([.. missing.Select(i => userIds[i])], token);
            for (var i = 0; i < missing.Count; i++)
            {
                var fresh = new Known(read[i], before);
                // A change that came meanwhile is newer than what was read.
                found[missing[i]] = _known.AddOrUpdate(userIds[missing[i]], fresh, (_, there) => there.Taken < before ? fresh : there).Person;
                Expect(userIds[missing[i]], found[missing[i]]);
            }
            MakeRoom();
        }
        return found;
    }

    /// <summary>Changes what a user has chosen; it is on disk when this returns.</summary>
    /// <exception cref="ChatException"><see cref="ProblemCodes.StorageUnavailable"/>: nothing is changed.</exception>
    public async ValueTask<Person> ChangeAsync(Guid userId, Func<Person, Person> change, CancellationToken token)
    {
        await _changing.WaitAsync(token);
        try
        {
            Forget(userId);
            var old = (await GetAsync([userId], token))[0];
            var changed = change(old);
            if (changed != old)
            {
                await store.WriteAsync([new(userId, changed)], token);
                _unsaved.TryRemove(userId, out _);
                Set(userId, changed);
            }
            return changed;
        }
        catch (PeopleUnavailableException e)
        {
            throw Unavailable(e);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Notes when these users were last seen, in one write with what could not be written before.</summary>
    /// <exception cref="PeopleUnavailableException">It is in memory only; the next call tries again.</exception>
    public async ValueTask SeenAsync(IReadOnlyList<(Guid UserId, DateTimeOffset At)> seen, CancellationToken token)
    {
        await _changing.WaitAsync(token);
        try
        {
            foreach (var (userId, at) in seen)
            {
                _unsaved[userId] = at;
                Set(userId, (await GetAsync([userId], token))[0] with { LastSeen = at });
            }
            if (!_unsaved.IsEmpty)
            {
                await store.WriteSeenAsync(_unsaved, token);
                _unsaved.Clear();
            }
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Another process may have changed this user: the next who asks reads the store again.</summary>
    public void Forget(Guid userId)
    {
        if (store.IsShared && !_unsaved.ContainsKey(userId))
        {
            _known.TryRemove(userId, out _);
        }
    }

    /// <summary>Takes away what was kept of a user, here and in the store.</summary>
    /// <exception cref="ChatException"><see cref="ProblemCodes.StorageUnavailable"/>: it may still be there.</exception>
    public async ValueTask EraseAsync(Guid userId, CancellationToken token)
    {
        await _changing.WaitAsync(token);
        try
        {
            _unsaved.TryRemove(userId, out _);
            await store.EraseAsync(userId, token);
            Set(userId, Person.Unknown);
        }
        catch (PeopleUnavailableException e)
        {
            throw Unavailable(e);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Users whose status has run out since the last call.</summary>
    public List<Guid> TakeExpired(DateTimeOffset now)
    {
        List<Guid> expired = [];
        foreach (var (userId, at) in _expiring)
        {
            if (at <= now && _expiring.TryRemove(new KeyValuePair<Guid, DateTimeOffset>(userId, at)))
            {
                expired.Add(userId);
            }
        }
        return expired;
    }

    public void Dispose() => _changing.Dispose();

    private async ValueTask<Person[]> ReadAsync(IReadOnlyList<Guid> userIds, CancellationToken token)
    {
        try
        {
            return await store.ReadAsync(userIds, token);
        }
        catch (PeopleUnavailableException e)
        {
            throw Unavailable(e);
        }
    }

    private bool IsFresh(Guid userId, Known known) =>
        !store.IsShared || time.GetElapsedTime(known.Taken) < MostAge || _unsaved.ContainsKey(userId);

    private void Set(Guid userId, Person person)
    {
        _known[userId] = new Known(person, time.GetTimestamp());
        _expiring.TryRemove(userId, out _);
        Expect(userId, person);
    }

    private void Expect(Guid userId, Person person)
    {
        if (person.Status?.ExpiresAt is { } at)
        {
            _expiring[userId] = at;
        }
    }

    /// <summary>A tenth goes at once, so that a full memory does not look for room at each user.</summary>
    private void MakeRoom()
    {
        if (_known.Count <= MostKnown)
        {
            return;
        }
        foreach (var (userId, _) in _known.Take(MostKnown / 10))
        {
            // What is not on disk yet must not be read from there.
            if (!_unsaved.ContainsKey(userId))
            {
                _known.TryRemove(userId, out _);
                _expiring.TryRemove(userId, out _);
            }
        }
    }

    private static ChatException Unavailable(Exception e) =>
        new(ProblemCodes.StorageUnavailable, "Presence cannot be read or changed now.", e) { RetryAfter = TimeSpan.FromSeconds(1) };

    private readonly record struct Known(Person Person, long Taken);
}
