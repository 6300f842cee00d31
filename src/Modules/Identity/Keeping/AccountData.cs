using System.Text.Json;
using MediatR;
using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Identity.Accounts;
using ModularChat.Identity.Names;
using ModularChat.Identity.Sessions;
using ModularChat.Identity.Storage;
using ModularChat.Identity.Versions;

namespace ModularChat.Identity.Keeping;

/// <summary>All that there is of one account: to hand it out, and to take it away.</summary>
internal sealed class AccountData(Changes changes, IdentityStore store, Databases databases, LogIn logIn)
{
    private const string RemovedName = "Removed user";

    /// <summary>Who has this name.</summary>
    /// <exception cref="ChatException"><see cref="ProblemCodes.NotFound"/>: nobody has this name.</exception>
    public async Task<Guid> FindAsync(string name, CancellationToken token) =>
        (await logIn.FindAsync(UserNames.Normalize(name), token))?.Id ?? throw new ChatException(ProblemCodes.NotFound, "There is no user of this name.");

    /// <summary>In JSON; without what only proves who somebody is.</summary>
    public async Task<string> ExportAsync(Guid userId, CancellationToken token)
    {
        var external = await store.ReadDirectoryAsync(db => db.ExternalUsers.Where(row => row.UserId == userId).ToListAsync(token), token);
        return await store.ReadAsync(
            userId,
            async db =>
            {
                var user = await db.Users.SingleAsync(row => row.Id == userId, token);
                return JsonSerializer.Serialize(
                    new
                    {
                        user = user.ToInfo(),
                        user.TimeZone,
                        user.CreatedAt,
                        user.IsAdministrator,
                        settings = await db.Settings.SingleOrDefaultAsync(row => row.UserId == userId, token),
                        friends = await db.Friendships.Where(row => row.LowId == userId || row.HighId == userId).ToListAsync(token),
                        blocked = await db.Blocks.Where(row => row.UserId == userId).ToListAsync(token),
                        drafts = await db.Drafts.Where(row => row.UserId == userId).ToListAsync(token),
                        devices = (await db.Sessions.Where(row => row.UserId == userId).ToListAsync(token))
                            .Select(row => new { row.DeviceId, row.DeviceName, row.Platform, row.CreatedAt, row.LastUsedAt, row.Region }),
                        applications = external.Select(row => new { row.ApplicationId, row.ExternalId }),
                    },
                    JsonSerializerOptions.Web);
            },
            token);
    }

    /// <summary>The account stays as a removed user, so that what others answered still has somebody it was said to; nothing of the person stays.</summary>
    public async Task EraseAsync(Guid userId, CancellationToken token)
    {
        var others = await store.ReadAsync(
            userId,
            async db => (await db.Friendships.Where(row => row.LowId == userId || row.HighId == userId).ToListAsync(token)).Select(row => row.Other(userId))
                .Concat((await db.Blocks.Where(row => row.UserId == userId || row.OtherId == userId).ToListAsync(token)).Select(row => row.UserId == userId ? row.OtherId : row.UserId))
                .Distinct().ToList(),
            token);
        foreach (var other in others)
        {
            await changes.MakeAsync(Scope.Of(userId, other), (work, events) => ForgetAsync(work, userId, other, events, token), token);
        }
        await changes.MakeAsync(Scope.Of(userId).AndDirectory(), (work, events) => EmptyAsync(work, userId, events, token), token);
        foreach (var database in databases.All)
        {
            await database.PurgeAsync(token);
        }
    }

    /// <summary>No session and no password: nobody comes in as this user any more.</summary>
    public Task LockOutAsync(Guid userId, CancellationToken token) => changes.MakeAsync(
        Scope.Of(userId),
        async (work, events) =>
        {
            var user = await work.Of(userId).Users.AsTracking().SingleAsync(row => row.Id == userId, token);
            user.PasswordHash = null;
            await SessionIssue.EndAsync(work.Of(userId), userId, _ => true, events, token);
        },
        token);

    private static async Task ForgetAsync(Work work, Guid userId, Guid other, List<INotification> events, CancellationToken token)
    {
        foreach (var id in new[] { userId, other })
        {
            var db = work.Of(id);
            await db.Friendships.Where(row => (row.LowId == userId && row.HighId == other) || (row.LowId == other && row.HighId == userId)).ExecuteDeleteAsync(token);
            await db.Blocks.Where(row => (row.UserId == userId && row.OtherId == other) || (row.UserId == other && row.OtherId == userId)).ExecuteDeleteAsync(token);
            await db.BumpAsync(id, DataVersions.Friends, events, token);
        }
        events.Add(new BlockChanged(userId, other));
        events.Add(new BlockChanged(other, userId));
    }

    private static async Task EmptyAsync(Work work, Guid userId, List<INotification> events, CancellationToken token)
    {
        var (db, directory) = (work.Of(userId), work.Directory);
        // A name that nobody can have chosen: blanks are not allowed in one.
        var name = $"removed {userId:n}";
        var normalized = UserNames.Normalize(name);
        await directory.Names.Where(row => row.UserId == userId).ExecuteDeleteAsync(token);
        directory.Names.Add(new NameRow { NormalizedUserName = normalized, NormalizedDisplayName = UserNames.Normalize(RemovedName), UserId = userId });
        await directory.Codes.Where(row => row.UserId == userId).ExecuteDeleteAsync(token);
        await directory.ExternalUsers.Where(row => row.UserId == userId).ExecuteDeleteAsync(token);
        await db.Settings.Where(row => row.UserId == userId).ExecuteDeleteAsync(token);
        await db.Drafts.Where(row => row.UserId == userId).ExecuteDeleteAsync(token);
        var user = await db.Users.AsTracking().SingleAsync(row => row.Id == userId, token);
        (user.UserName, user.NormalizedUserName) = (name, normalized);
        (user.DisplayName, user.NormalizedDisplayName) = (RemovedName, UserNames.Normalize(RemovedName));
        (user.AvatarColour, user.StatusText, user.TimeZone) = (AvatarColours.Of(userId), "", "Etc/UTC");
        (user.PasswordHash, user.IsAdministrator) = (null, false);
        (user.SecurityStamp, user.ConcurrencyStamp) = (null, Ids.New().ToString());
        await db.BumpAsync(userId, DataVersions.Profile, events, token);
        await SessionIssue.EndAsync(db, userId, _ => true, events, token);
    }
}
