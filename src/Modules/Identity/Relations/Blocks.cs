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
        ListAsync(caller.UserId, token);

    private async Task<UsersAnswer> ListAsync(Guid userId, CancellationToken token)
    {
        var ids = await store.ReadAsync(userId, db => db.Blocks.Where(block => block.UserId == userId).Select(block => block.OtherId).ToListAsync(token), token);
        return new UsersAnswer(await store.ReadUsersAsync(ids, token));
    }

    /// <summary>Blocks, which also ends a friendship or a request between the two. Doing it again changes nothing.</summary>
    public Task BlockAsync(Caller caller, Guid otherId, CancellationToken token)
    {
        var userId = caller.UserId;
        if (otherId == userId)
        {
            throw ChatException.Invalid("userId", "Nobody can block themselves.");
        }
        return changes.MakeAsync(
            Scope.Of(userId, otherId),
            async (work, events) =>
            {
                await People.CheckExistsAsync(work, otherId, token);
                var db = People.Of(work, userId, otherId);
                if (await db.Blocks.AnyAsync(block => block.UserId == userId && block.OtherId == otherId, token))
                {
                    return;
                }
                var limit = options.Value.MaxBlocks;
                if (await work.Of(userId).Blocks.CountAsync(block => block.UserId == userId, token) >= limit)
                {
                    throw new ChatException(ProblemCodes.LimitReached, $"The caller has blocked {limit} people.") { Limit = limit };
                }
                db.Blocks.Add(new BlockRow { UserId = userId, OtherId = otherId, CreatedAt = time.GetUtcNow() });
                await Friends.RemoveAsync(work, userId, otherId, events, token);
                await People.MirrorAsync(work, userId, otherId, time.GetUtcNow(), token);
                await work.Of(userId).BumpAsync(userId, DataVersions.Blocks, events, token);
                events.Add(new BlockChanged(userId, otherId));
            },
            token);
    }

    /// <summary>When there is no block, nothing happens.</summary>
    public Task UnblockAsync(Caller caller, Guid otherId, CancellationToken token) =>
        changes.MakeAsync(
            Scope.Of(caller.UserId, otherId),
            async (work, events) =>
            {
                if (await People.Of(work, caller.UserId, otherId).Blocks.Where(block => block.UserId == caller.UserId && block.OtherId == otherId).ExecuteDeleteAsync(token) > 0)
                {
                    await People.MirrorAsync(work, caller.UserId, otherId, time.GetUtcNow(), token);
                    await work.Of(caller.UserId).BumpAsync(caller.UserId, DataVersions.Blocks, events, token);
                    events.Add(new BlockChanged(caller.UserId, otherId));
                }
            },
            token);

    /// <summary>True when either has blocked the other.</summary>
    public static Task<bool> IsBlockedAsync(IdentityDb db, Guid one, Guid other, CancellationToken token) =>
        db.Blocks.AnyAsync(block => (block.UserId == one && block.OtherId == other) || (block.UserId == other && block.OtherId == one), token);
}
