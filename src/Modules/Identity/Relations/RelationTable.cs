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

    private async Task<Dictionary<Guid, Relation>> ReadAsync(Guid userId, Guid[] otherIds, CancellationToken token)
    {
        // The user's own database holds every relation of theirs; what others have set lies with them.
        var own = store.ReadAsync(
            userId,
            async db =>
            {
                var blocks = await db.Blocks
                    .Where(row => (row.UserId == userId && otherIds.Contains(row.OtherId)) || (row.OtherId == userId && otherIds.Contains(row.UserId)))
                    .Select(row => row.UserId == userId ? row.OtherId : row.UserId).ToListAsync(token);
                var friends = await db.Friendships
                    .Where(row => row.IsAccepted && ((row.LowId == userId && otherIds.Contains(row.HighId)) || (row.HighId == userId && otherIds.Contains(row.LowId))))
                    .Select(row => row.LowId == userId ? row.HighId : row.LowId).ToListAsync(token);
                return (Blocks: blocks.ToHashSet(), Friends: friends.ToHashSet());
            },
            token);
        var others = await store.ReadEachAsync(
            otherIds,
            async (db, ids) =>
            {
                var users = await db.Users.Where(user => ids.Contains(user.Id)).Select(user => user.Id).ToListAsync(token);
                var onlyFriends = await db.Settings.Where(row => ids.Contains(row.UserId) && row.GroupAdditions == GroupAdditions.Friends)
                    .Select(row => row.UserId).ToListAsync(token);
                return users.ConvertAll(id => (Id: id, OnlyFriends: onlyFriends.Contains(id)));
            },
            token);
        var relations = await own;
        return others.ToDictionary(
            other => other.Id,
            other =>
            {
                var isBlocked = relations.Blocks.Contains(other.Id);
                return new Relation(other.Id, isBlocked, !isBlocked && (relations.Friends.Contains(other.Id) || !other.OnlyFriends || other.Id == userId));
            });
    }
}
