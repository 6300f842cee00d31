using System.Collections.Concurrent;
using MediatR;
using ModularChat.Contracts.Identity;

namespace ModularChat.Presence.People;

/// <summary>
/// Who may know of whom, from memory for at most 30 seconds: the event that something has changed may be lost on its way
/// from another node.
/// </summary>
internal sealed class Audiences(IMediator mediator, TimeProvider time)
{
    private const int MostKnown = 50_000, MostAsked = 1_000;
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    // A null: there is no such user.
    private readonly ConcurrentDictionary<Guid, (Audience? Audience, long Taken)> _known = new();
    private int _changes;

    /// <summary>The audiences of these users, in the order asked; null for one who is not there.</summary>
    public async ValueTask<Audience?[]> GetAsync(IReadOnlyList<Guid> userIds, CancellationToken token)
    {
        var found = new Audience?[userIds.Count];
        List<int>? missing = null;
        for (var i = 0; i < found.Length; i++)
        {
            if (_known.TryGetValue(userIds[i], out var known) && time.GetElapsedTime(known.Taken) < Lifetime)
            {
                found[i] = known.Audience;
            }
            else
            {
                (missing ??= []).Add(i);
            }
        }
        foreach (var part in missing?.Chunk(MostAsked) ?? [])
        {
            await AskAsync(userIds, part, found, token);
        }
        return found;
    }

    public async ValueTask<Audience?> GetAsync(Guid userId, CancellationToken token) => (await GetAsync([userId], token))[0];

    /// <summary>Whether one may see the other; everybody sees themselves.</summary>
    /// <param name="audience">Of the one who is looked at; null when there is no such user.</param>
    /// <param name="viewer">Who looks.</param>
    public static bool MaySee(Audience? audience, Guid viewer) =>
        audience is not null && (viewer == audience.UserId || (Array.IndexOf(audience.Blocked, viewer) < 0 && audience.Presence switch
        {
            PresenceVisibility.Everybody => true,
            PresenceVisibility.Friends => Array.IndexOf(audience.Friends, viewer) >= 0,
            _ => false,
        }));

    public void Forget(Guid userId)
    {
        Interlocked.Increment(ref _changes);
        _known.TryRemove(userId, out _);
    }

    private async ValueTask AskAsync(IReadOnlyList<Guid> userIds, int[] places, Audience?[] found, CancellationToken token)
    {
        var before = Volatile.Read(ref _changes);
        var taken = time.GetTimestamp();
        var asked = (await mediator.Send(new GetAudiences([.. places.Select(i => userIds[i])]), token)).ToDictionary(one => one.UserId);
        if (_known.Count >= MostKnown)
        {
            _known.Clear();
        }
        foreach (var i in places)
        {
            found[i] = asked.GetValueOrDefault(userIds[i]);
            // An answer from before a change that came meanwhile is not kept.
            if (before == Volatile.Read(ref _changes))
            {
                _known[userIds[i]] = (found[i], taken);
            }
        }
    }
}
