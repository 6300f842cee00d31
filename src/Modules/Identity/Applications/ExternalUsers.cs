using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Identity.Accounts;
using ModularChat.Identity.Names;
using ModularChat.Identity.Sessions;
using ModularChat.Identity.Storage;
using ModularChat.Identity.Versions;

namespace ModularChat.Identity.Applications;

internal sealed record ExternalUserRequest(string? Name, string? DisplayName);

internal sealed record UserAnswer(UserInfo User);

internal sealed record ExternalSessionRequest(DeviceRequest? Device);

/// <summary>Users as an application calls them. Each application has external ids of its own.</summary>
internal sealed class ExternalUsers(Changes changes, AccountStores accounts, SessionIssue sessions, TimeProvider time)
{
    private const int LongestId = 128;

    /// <summary>Makes the user, or brings the display name of the one who is there up to date. The name is chosen once.</summary>
    public async Task<UserAnswer> PutAsync(Guid applicationId, string externalId, ExternalUserRequest? request, CancellationToken token)
    {
        CheckId(externalId);
        var wanted = request?.Name is null ? null : UserNames.Check(request.Name);
        var displayName = request?.DisplayName is null ? null : Texts.Check("displayName", request.DisplayName, 64);
        try
        {
            return await PutAsync(applicationId, externalId, wanted, displayName, token);
        }
        catch (TakenException)
        {
            // Another node has made the same user, or one of the same name, at the same time: now it can be seen which.
            try
            {
                return await PutAsync(applicationId, externalId, wanted, displayName, token);
            }
            catch (TakenException)
            {
                throw new ChatException(ProblemCodes.NameTaken, "This user name is taken.") { Field = "name" };
            }
        }
    }

    public Task<SessionAnswer> BeginSessionAsync(Guid applicationId, string externalId, ExternalSessionRequest? request, CancellationToken token)
    {
        var device = DeviceRequest.Check(request?.Device);
        return changes.MakeAsync(
            async (db, events) =>
            {
                var user = await GetAsync(db, applicationId, externalId, token);
                return new SessionAnswer(await sessions.BeginAsync(db, user.Id, device, origin: null, events, token));
            },
            token);
    }

    /// <summary>Signs the user out everywhere.</summary>
    public Task EndSessionsAsync(Guid applicationId, string externalId, CancellationToken token) =>
        changes.MakeAsync(
            async (db, events) =>
            {
                var user = await GetAsync(db, applicationId, externalId, token);
                await SessionIssue.EndAsync(db, user.Id, _ => true, events, token);
            },
            token);

    private Task<UserAnswer> PutAsync(Guid applicationId, string externalId, string? wanted, string? displayName, CancellationToken token) =>
        changes.MakeAsync(
            async (db, events) =>
            {
                if (await FindAsync(db, applicationId, externalId, token) is { } known)
                {
                    if (displayName is not null && known.DisplayName != displayName)
                    {
                        known.DisplayName = displayName;
                        known.NormalizedDisplayName = UserNames.Normalize(displayName);
                        await db.BumpAsync(known.Id, DataVersions.Profile, events, token);
                    }
                    return new UserAnswer(known.ToInfo());
                }
                var id = Ids.New();
                var name = wanted ?? await FreeNameAsync(db, externalId, id, token);
                var user = Registration.NewUser(id, name, displayName ?? name, time.GetUtcNow());
                db.ExternalUsers.Add(new ExternalUserRow { ApplicationId = applicationId, ExternalId = externalId, UserId = id });
                await accounts.Over(db, token).AddAsync(user);
                return new UserAnswer(user.ToInfo());
            },
            token);

    private static async Task<UserRow> GetAsync(IdentityDb db, Guid applicationId, string externalId, CancellationToken token) =>
        await FindAsync(db, applicationId, externalId, token) ?? throw new ChatException(ProblemCodes.NotFound, "The application has no user of this external id.");

    private static Task<UserRow?> FindAsync(IdentityDb db, Guid applicationId, string externalId, CancellationToken token) =>
        db.ExternalUsers.Where(row => row.ApplicationId == applicationId && row.ExternalId == externalId)
            .Join(db.Users, row => row.UserId, user => user.Id, (row, user) => user)
            .AsTracking().SingleOrDefaultAsync(token);

    // The external id when it is a name and free; else one that nobody else has.
    private static async Task<string> FreeNameAsync(IdentityDb db, string externalId, Guid id, CancellationToken token)
    {
        try
        {
            var name = UserNames.Check(externalId);
            var normalized = UserNames.Normalize(name);
            if (!await db.Users.AnyAsync(user => user.NormalizedUserName == normalized, token))
            {
                return name;
            }
        }
        catch (ChatException)
        {
            // Not a name.
        }
        return "user-" + id.ToString("N")[^20..];
    }

    private static void CheckId(string externalId)
    {
        if (externalId.Length > LongestId)
        {
            throw ChatException.TooLong("externalId", LongestId, "characters");
        }
        if (externalId.Contains("%2F", StringComparison.OrdinalIgnoreCase))
        {
            // The one character that arrives still escaped: a/b and a%2Fb would be the same id.
            throw ChatException.Invalid("externalId", "The external id holds a slash.");
        }
        if (externalId.Length == 0 || Texts.IsBroken(externalId) || externalId.Any(char.IsControl))
        {
            throw ChatException.Invalid("externalId", "The external id is empty or holds characters that are not text.");
        }
    }
}
