using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Identity.Profiles;
using ModularChat.Identity.Storage;
using ModularChat.Identity.Versions;

namespace ModularChat.Identity.Relations;

/// <summary>Whom a user does not want to hear from. The other is not told; both are refused alike.</summary>
internal sealed class Blocks(Changes changes, IdentityStore store, TimeProvider time, IOptions<IdentityOptions> options)
{
    public Task<UsersAnswer> ListAsync(Caller caller, CancellationToken token) =>
        store.ReadAsync(
            async db => new UsersAnswer([.. (await (
                from block in db.Blocks
                join user in db.Users on block.OtherId equals user.Id
                where block.UserId == caller.UserId
                orderby user.NormalizedUserName
                select user).ToListAsync(token)).Select(user => user.ToInfo())]),
            token);

    /// <summary>Blocks, which also ends a friendship or a request between the two. Doing it again changes nothing.</summary>
    public Task BlockAsync(Caller caller, Guid otherId, CancellationToken token)
    {
        var userId = caller.UserId;
        if (otherId == userId)
        {
            throw ChatException.Invalid("userId", "Nobody can block themselves.");
        }
        return changes.MakeAsync(
            async (db, events) =>
            {
                await People.CheckExistsAsync(db, otherId, token);
                if (await db.Blocks.AnyAsync(block => block.UserId == userId && block.OtherId == otherId, token))
                {
                    return;
                }
                var limit = options.Value.MaxBlocks;
                if (await db.Blocks.CountAsync(block => block.UserId == userId, token) >= limit)
                {
                    throw new ChatException(ProblemCodes.LimitReached, $"The caller has blocked {limit} people.") { Limit = limit };
                }
                db.Blocks.Add(new BlockRow { UserId = userId, OtherId = otherId, CreatedAt = time.GetUtcNow() });
                await Friends.RemoveAsync(db, userId, otherId, events, token);
                await db.BumpAsync(userId, DataVersions.Blocks, events, token);
                events.Add(new BlockChanged(userId, otherId));
            },
            token);
    }

    /// <summary>When there is no block, nothing happens.</summary>
    public Task UnblockAsync(Caller caller, Guid otherId, CancellationToken token) =>
        changes.MakeAsync(
            async (db, events) =>
            {
                if (await db.Blocks.Where(block => block.UserId == caller.UserId && block.OtherId == otherId).ExecuteDeleteAsync(token) > 0)
                {
                    await db.BumpAsync(caller.UserId, DataVersions.Blocks, events, token);
                    events.Add(new BlockChanged(caller.UserId, otherId));
                }
            },
            token);

    /// <summary>True when either has blocked the other.</summary>
    public static Task<bool> IsBlockedAsync(IdentityDb db, Guid one, Guid other, CancellationToken token) =>
        db.Blocks.AnyAsync(block => (block.UserId == one && block.OtherId == other) || (block.UserId == other && block.OtherId == one), token);
}
