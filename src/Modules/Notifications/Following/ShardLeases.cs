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

    /// <summary>Renews what this node has and takes what is free; what was lost is not in the answer.</summary>
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
                await db.Shards.Where(row => row.Owner == _owner).ExecuteUpdateAsync(row => row.SetProperty(r => r.LeaseUntil, until), token);
                await db.Shards.Where(row => row.Owner != _owner && row.LeaseUntil <= now).ExecuteUpdateAsync(
                    row => row.SetProperty(r => r.Owner, _owner).SetProperty(r => r.LeaseUntil, until).SetProperty(r => r.Fence, r => r.Fence + 1), token);
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

    /// <summary>Moves the checkpoint of a shard in the transaction of what was decided. False: the shard is another's now.</summary>
    public static async Task<bool> AdvanceAsync(PushDb db, Guid owner, OwnedShard shard, Guid runId, long position, CancellationToken token) =>
        await db.Shards.Where(row => row.Shard == shard.Shard && row.Owner == owner && row.Fence == shard.Fence)
            .ExecuteUpdateAsync(row => row.SetProperty(r => r.RunId, runId).SetProperty(r => r.Position, position), token) == 1;

    /// <summary>Lets another node have what this one had, at once.</summary>
    public Task ReleaseAsync(CancellationToken token) =>
        store.WriteAsync(
            db => db.Shards.Where(row => row.Owner == _owner).ExecuteUpdateAsync(row => row.SetProperty(r => r.LeaseUntil, DateTimeOffset.UnixEpoch), token),
            isRelaxed: true,
            token);
}
