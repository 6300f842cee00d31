using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Notifications.Storage;

namespace ModularChat.Notifications.Following;

/// <summary>A shard that this node decides on.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Fence">Under which it was taken.</param>
internal sealed record OwnedShard(int Shard, long Fence)
{
    /// <summary>The run of the log in which the position was reached; null: nothing was read yet.</summary>
    public Guid? RunId { get; set; }

    /// <summary>Everything up to here is decided. May be ahead of what is stored by what came to no rows.</summary>
    public long Position { get; set; }

    public long StoredPosition { get; set; }

    /// <summary>There may be more to read.</summary>
    public bool IsDue { get; set; } = true;
}

/// <summary>
/// Which node decides on which shard: a row with an owner until a time. The time says only when another may take over; that nobody writes who has lost a
/// shard is kept by the fence, which each change of hands raises and every write names.
/// </summary>
internal sealed class ShardLeases(PushStore store, IOptions<NotificationsOptions> options, TimeProvider time)
{
    // Where there is one process, its predecessor is dead, and nothing has to run out.
    private readonly Guid _owner = store.Database.IsShared ? Ids.New() : new Guid("5f0c1f4e-0b5d-4c53-9f37-6a1d0e6f3b01");

    public Guid Owner => _owner;

    /// <summary>
    /// Renews what this node has, takes what is free up to its share, and lets go of what is more than that; what was lost or let go is not in the answer. What another has
    /// let go it takes with its next call: until then nobody decides on it, and nothing is lost by that.
    /// </summary>
    /// <param name="known">What this node had.</param>
    /// <param name="shardCount">How many there are.</param>
    /// <param name="token">Cancels it.</param>
    public async Task<Dictionary<int, OwnedShard>> RenewAsync(IReadOnlyDictionary<int, OwnedShard> known, int shardCount, CancellationToken token)
    {
        var now = time.GetUtcNow();
        var until = now.AddSeconds(options.Value.LeaseSeconds);
        var owned = await store.WriteAsync(
            async db =>
            {
                var there = await db.Shards.Select(row => row.Shard).ToListAsync(token);
                foreach (var missing in Enumerable.Range(0, shardCount).Except(there))
                {
                    db.Shards.Add(new ShardRow { Shard = missing });
                }
                await db.SaveChangesAsync(token);
                db.ChangeTracker.Clear();
                var share = await ShareAsync(db, shardCount, now, until, token);
                await db.Shards.Where(row => row.Owner == _owner).ExecuteUpdateAsync(row => row.SetProperty(r => r.LeaseUntil, until), token);
                var own = await db.Shards.Where(row => row.Owner == _owner && row.Shard < shardCount).OrderBy(row => row.Shard).Select(row => row.Shard).ToListAsync(token);
                if (own.Count > share)
                {
                    int[] tooMany = [.. own.Skip(share)];
                    await db.Shards.Where(row => tooMany.Contains(row.Shard) && row.Owner == _owner).ExecuteUpdateAsync(
                        row => row.SetProperty(r => r.Owner, Guid.Empty).SetProperty(r => r.LeaseUntil, DateTimeOffset.UnixEpoch), token);
                }
                else if (own.Count < share)
                {
                    var free = await db.Shards.Where(row => row.Owner != _owner && row.LeaseUntil <= now && row.Shard < shardCount)
                        .OrderBy(row => row.Shard).Select(row => row.Shard).Take(share - own.Count).ToArrayAsync(token);
                    await db.Shards.Where(row => free.Contains(row.Shard) && row.Owner != _owner && row.LeaseUntil <= now).ExecuteUpdateAsync(
                        row => row.SetProperty(r => r.Owner, _owner).SetProperty(r => r.LeaseUntil, until).SetProperty(r => r.Fence, r => r.Fence + 1), token);
                }
                return await db.Shards.Where(row => row.Owner == _owner && row.Shard < shardCount).ToListAsync(token);
            },
            isRelaxed: true,
            token);
        return owned.ToDictionary(
            row => row.Shard,
            row => known.TryGetValue(row.Shard, out var had) && had.Fence == row.Fence
                ? had
                : new OwnedShard(row.Shard, row.Fence) { RunId = row.RunId == Guid.Empty ? null : row.RunId, Position = row.Position, StoredPosition = row.Position });
    }

    /// <summary>How many shards are this node's: as many as any other's, and the rest goes to the first ones.</summary>
    private async Task<int> ShareAsync(PushDb db, int shardCount, DateTimeOffset now, DateTimeOffset until, CancellationToken token)
    {
        if (!store.Database.IsShared)
        {
            return shardCount;
        }
        if (await db.Nodes.Where(row => row.Id == _owner).ExecuteUpdateAsync(row => row.SetProperty(r => r.Until, until), token) == 0)
        {
            db.Nodes.Add(new NodeRow { Id = _owner, Until = until });
            await db.SaveChangesAsync(token);
            db.ChangeTracker.Clear();
        }
        await db.Nodes.Where(row => row.Until <= now).ExecuteDeleteAsync(token);
        var nodes = await db.Nodes.Select(row => row.Id).ToListAsync(token);
        var rank = nodes.Count(node => node.CompareTo(_owner) < 0);
        return (shardCount / nodes.Count) + (rank < shardCount % nodes.Count ? 1 : 0);
    }

    /// <summary>Moves the checkpoint of a shard in the transaction of what was decided. False: the shard is another's now.</summary>
    public static async Task<bool> AdvanceAsync(PushDb db, Guid owner, OwnedShard shard, Guid runId, long position, CancellationToken token) =>
        await db.Shards.Where(row => row.Shard == shard.Shard && row.Owner == owner && row.Fence == shard.Fence)
            .ExecuteUpdateAsync(row => row.SetProperty(r => r.RunId, runId).SetProperty(r => r.Position, position), token) == 1;

    /// <summary>Lets other nodes have what this one had, at once.</summary>
    public Task ReleaseAsync(CancellationToken token) =>
        store.WriteAsync(
            async db =>
            {
                await db.Nodes.Where(row => row.Id == _owner).ExecuteDeleteAsync(token);
                return await db.Shards.Where(row => row.Owner == _owner).ExecuteUpdateAsync(
                    row => row.SetProperty(r => r.Owner, Guid.Empty).SetProperty(r => r.LeaseUntil, DateTimeOffset.UnixEpoch), token);
            },
            isRelaxed: true,
            token);
}
