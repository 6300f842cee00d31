using MediatR;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Identity.Storage;
using ModularChat.Identity.Versions;

namespace ModularChat.Identity.Relations;

/// <summary>How another stands to the caller.</summary>
/// <param name="User">The other.</param>
/// <param name="State">friend, requested (by the caller) or asked (by the other).</param>
internal sealed record FriendInfo(UserInfo User, string State);

internal sealed record FriendsAnswer(FriendInfo[] Friends);

internal sealed record FriendState(string State);

/// <summary>Friendships: one asks, the other accepts; either ends it at any time.</summary>
internal sealed class Friends(Changes changes, IdentityStore store, TimeProvider time, IOptions<IdentityOptions> options)
{
    public Task<FriendsAnswer> ListAsync(Caller caller, CancellationToken token) =>
        ListAsync(caller.UserId, token);

    /// <summary>Asks, or accepts what the other has asked. Doing it again changes nothing.</summary>
    public Task<FriendState> RequestAsync(Caller caller, Guid otherId, CancellationToken token)
    {
        var userId = caller.UserId;
        if (otherId == userId)
        {
            throw ChatException.Invalid("userId", "Nobody is their own friend.");
        }
        return changes.MakeAsync(
            Scope.Of(userId, otherId),
            async (work, events) =>
            {
                await People.CheckExistsAsync(work, otherId, token);
                var db = People.Of(work, userId, otherId);
                if (await Blocks.IsBlockedAsync(db, userId, otherId, token))
                {
                    throw new ChatException(ProblemCodes.Unreachable, "This person cannot be asked.");
                }
                var row = await FindAsync(db, userId, otherId, token);
                if (row is null)
                {
                    await CheckLimitAsync(work.Of(userId), userId, "The caller has", token);
                    await CheckLimitAsync(work.Of(otherId), otherId, "The other has", token);
                    row = NewRow(userId, otherId);
                    db.Friendships.Add(row);
                }
                else if (row.IsAccepted || row.RequestedBy == userId)
                {
                    return new FriendState(StateOf(row, userId));
                }
                else
                {
                    row.IsAccepted = true;
                    row.ChangedAt = time.GetUtcNow();
                }
                await People.MirrorAsync(work, userId, otherId, time.GetUtcNow(), token);
                await BumpBothAsync(work, userId, otherId, events, token);
                return new FriendState(StateOf(row, userId));
            },
            token);
    }

    /// <summary>Declines, takes back or removes. When there is nothing, nothing happens.</summary>
    public Task RemoveAsync(Caller caller, Guid otherId, CancellationToken token) =>
        changes.MakeAsync(
            Scope.Of(caller.UserId, otherId),
            async (work, events) =>
            {
                if (await RemoveAsync(work, caller.UserId, otherId, events, token))
                {
                    await People.MirrorAsync(work, caller.UserId, otherId, time.GetUtcNow(), token);
                }
            },
            token);

    /// <summary>Removes from the copy that counts; true when there was something.</summary>
    public static async Task<bool> RemoveAsync(Work work, Guid userId, Guid otherId, List<INotification> events, CancellationToken token)
    {
        var db = People.Of(work, userId, otherId);
        if (await FindAsync(db, userId, otherId, token) is not { } row)
        {
            return false;
        }
        db.Friendships.Remove(row);
        await BumpBothAsync(work, userId, otherId, events, token);
        return true;
    }

    private async Task<FriendsAnswer> ListAsync(Guid userId, CancellationToken token)
    {
        var rows = await store.ReadAsync(userId, db => db.Friendships.Where(row => row.LowId == userId || row.HighId == userId).ToListAsync(token), token);
        var states = rows.ToDictionary(row => row.Other(userId), row => StateOf(row, userId));
        var users = await store.ReadUsersAsync(states.Keys, token);
        return new FriendsAnswer([.. users.Select(user => new FriendInfo(user, states[user.Id]))]);
    }

    private static Task<FriendshipRow?> FindAsync(IdentityDb db, Guid one, Guid other, CancellationToken token)
    {
        var (low, high) = People.InOrder(one, other);
        return db.Friendships.AsTracking().SingleOrDefaultAsync(row => row.LowId == low && row.HighId == high, token);
    }

    private FriendshipRow NewRow(Guid requestedBy, Guid otherId)
    {
        var (low, high) = People.InOrder(requestedBy, otherId);
        return new FriendshipRow { LowId = low, HighId = high, RequestedBy = requestedBy, ChangedAt = time.GetUtcNow() };
    }

    private async Task CheckLimitAsync(IdentityDb db, Guid userId, string who, CancellationToken token)
    {
        var limit = options.Value.MaxFriends;
        if (await db.Friendships.CountAsync(row => row.LowId == userId || row.HighId == userId, token) >= limit)
        {
            throw new ChatException(ProblemCodes.LimitReached, $"{who} {limit} friends and open requests.") { Limit = limit };
        }
    }

    private static async Task BumpBothAsync(Work work, Guid one, Guid other, List<INotification> events, CancellationToken token)
    {
        await work.Of(one).BumpAsync(one, DataVersions.Friends, events, token);
        await work.Of(other).BumpAsync(other, DataVersions.Friends, events, token);
    }

    private static string StateOf(FriendshipRow row, Guid userId) =>
        row.IsAccepted ? "friend" : row.RequestedBy == userId ? "requested" : "asked";
}
