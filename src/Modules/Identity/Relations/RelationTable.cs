using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using ModularChat.Contracts.Identity;
using ModularChat.Identity.Memory;
using ModularChat.Identity.Storage;

namespace ModularChat.Identity.Relations;

/// <summary>How people stand to each other, from memory or from the store: asked at each send between two people.</summary>
internal sealed class RelationTable(IdentityStore store, TimeProvider time, IOptions<IdentityOptions> options)
{
    // A null: there is no such other.
    private readonly ShortMemory<(Guid UserId, Guid OtherId), Relation?> _pairs = new(time, options.Value.CachedRelations);

    public async Task<Relation[]> GetAsync(Guid userId, Guid[] otherIds, CancellationToken token)
    {
        if (otherIds.Length == 1 && _pairs.TryGet((userId, otherIds[0]), out var only))
        {
            return only is null ? [] : [only];
        }
        var found = new List<Relation>(otherIds.Length);
        var missing = new List<Guid>();
        foreach (var otherId in otherIds.Distinct())
        {
            if (!_pairs.TryGet((userId, otherId), out var known))
            {
                missing.Add(otherId);
            }
            else if (known is not null)
            {
                found.Add(known);
            }
        }
        if (missing.Count > 0)
        {
            var stamp = _pairs.Stamp();
            var read = await ReadAsync(userId, [.. missing], token);
            foreach (var otherId in missing)
            {
                var relation = read.GetValueOrDefault(otherId);
                _pairs.Keep((userId, otherId), relation, stamp);
                if (relation is not null)
                {
                    found.Add(relation);
                }
            }
        }
        return [.. found];
    }

    public void Forget(Guid one, Guid other)
    {
        _pairs.Forget((one, other));
        _pairs.Forget((other, one));
    }

    /// <summary>Everything about a user whose friends or settings have changed.</summary>
    public void Forget(Guid userId) => _pairs.ForgetWhere((pair, _) => pair.UserId == userId || pair.OtherId == userId);

    private Task<Dictionary<Guid, Relation>> ReadAsync(Guid userId, Guid[] otherIds, CancellationToken token) =>
        store.ReadAsync(
            async db =>
            {
                var rows = await db.Users.Where(user => otherIds.Contains(user.Id))
                    .Select(user => new
                    {
                        user.Id,
                        IsBlocked = db.Blocks.Any(block => (block.UserId == user.Id && block.OtherId == userId) || (block.UserId == userId && block.OtherId == user.Id)),
                        IsFriend = db.Friendships.Any(row => row.IsAccepted
                            && ((row.LowId == user.Id && row.HighId == userId) || (row.LowId == userId && row.HighId == user.Id))),
                        OnlyFriends = db.Settings.Any(settings => settings.UserId == user.Id && settings.GroupAdditions == GroupAdditions.Friends),
                    })
                    .ToListAsync(token);
                return rows.ToDictionary(
                    row => row.Id,
                    row => new Relation(row.Id, row.IsBlocked, !row.IsBlocked && (row.IsFriend || !row.OnlyFriends || row.Id == userId)));
            },
            token);
}
