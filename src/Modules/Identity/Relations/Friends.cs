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
        store.ReadAsync(
            async db =>
            {
                var rows = await db.Friendships.Where(row => row.LowId == caller.UserId || row.HighId == caller.UserId).ToListAsync(token);
                var states = rows.ToDictionary(row => row.Other(caller.UserId), row => StateOf(row, caller.UserId));
                var ids = states.Keys.ToArray();
                var users = await db.Users.Where(user => ids.Contains(user.Id)).OrderBy(user => user.NormalizedUserName).ToListAsync(token);
                return new FriendsAnswer([.. users.Select(user => new FriendInfo(user.ToInfo(), states[user.Id]))]);
            },
            token);

    /// <summary>Asks, or accepts what the other has asked. Doing it again changes nothing.</summary>
    public Task<FriendState> RequestAsync(Caller caller, Guid otherId, CancellationToken token)
    {
        var userId = caller.UserId;
        if (otherId == userId)
        {
            throw ChatException.Invalid("userId", "Nobody is their own friend.");
        }
        return changes.MakeAsync(
            async (db, events) =>
            {
                await People.CheckExistsAsync(db, otherId, token);
                if (await Blocks.IsBlockedAsync(db, userId, otherId, token))
                {
                    throw new ChatException(ProblemCodes.Unreachable, "This person cannot be asked.");
                }
                var row = await FindAsync(db, userId, otherId, token);
                if (row is null)
                {
                    await CheckLimitAsync(db, userId, "The caller has", token);
                    await CheckLimitAsync(db, otherId, "The other has", token);
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
                await BumpBothAsync(db, userId, otherId, events, token);
                return new FriendState(StateOf(row, userId));
            },
            token);
    }

    /// <summary>Declines, takes back or removes. When there is nothing, nothing happens.</summary>
    public Task RemoveAsync(Caller caller, Guid otherId, CancellationToken token) =>
        changes.MakeAsync((db, events) => RemoveAsync(db, caller.UserId, otherId, events, token), token);

    public static async Task RemoveAsync(IdentityDb db, Guid userId, Guid otherId, List<INotification> events, CancellationToken token)
    {
        if (await FindAsync(db, userId, otherId, token) is { } row)
        {
            db.Friendships.Remove(row);
            await BumpBothAsync(db, userId, otherId, events, token);
        }
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

    private static async Task BumpBothAsync(IdentityDb db, Guid one, Guid other, List<INotification> events, CancellationToken token)
    {
        await db.BumpAsync(one, DataVersions.Friends, events, token);
        await db.BumpAsync(other, DataVersions.Friends, events, token);
    }

    private static string StateOf(FriendshipRow row, Guid userId) =>
        row.IsAccepted ? "friend" : row.RequestedBy == userId ? "requested" : "asked";
}
