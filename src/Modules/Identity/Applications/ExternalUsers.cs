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
internal sealed class ExternalUsers(Changes changes, IdentityStore store, AccountStores accounts, SessionIssue sessions, TimeProvider time)
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

    public async Task<SessionAnswer> BeginSessionAsync(Guid applicationId, string externalId, ExternalSessionRequest? request, CancellationToken token)
    {
        var device = DeviceRequest.Check(request?.Device);
        var userId = await GetAsync(applicationId, externalId, token);
        return await changes.MakeAsync(
            Scope.Of(userId),
            async (work, events) => new SessionAnswer(await sessions.BeginAsync(work.Of(userId), userId, device, origin: null, events, token)),
            token);
    }

    /// <summary>Signs the user out everywhere.</summary>
    public async Task EndSessionsAsync(Guid applicationId, string externalId, CancellationToken token)
    {
        var userId = await GetAsync(applicationId, externalId, token);
        await changes.MakeAsync(Scope.Of(userId), (work, events) => SessionIssue.EndAsync(work.Of(userId), userId, _ => true, events, token), token);
    }

    private async Task<UserAnswer> PutAsync(Guid applicationId, string externalId, string? wanted, string? displayName, CancellationToken token) =>
        await FindAsync(applicationId, externalId, token) is { } known
            ? await RenameAsync(known, displayName, token)
            : await MakeAsync(applicationId, externalId, wanted, displayName, token);

    private async Task<UserAnswer> RenameAsync(Guid userId, string? displayName, CancellationToken token)
    {
        var user = await store.ReadAsync(userId, db => db.Users.SingleAsync(row => row.Id == userId, token), token);
        return displayName is null || displayName == user.DisplayName
            ? new UserAnswer(user.ToInfo())
            : await changes.MakeAsync(
                Scope.Of(userId).AndDirectory(),
                async (work, events) =>
                {
                    var now = await work.Of(userId).Users.AsTracking().SingleAsync(row => row.Id == userId, token);
                    if (now.DisplayName != displayName)
                    {
                        await DisplayNames.ChangeAsync(work, now, displayName, time.GetUtcNow(), token);
                        await work.Of(userId).BumpAsync(userId, DataVersions.Profile, events, token);
                    }
                    return new UserAnswer(now.ToInfo());
                },
                token);
    }

    private Task<UserAnswer> MakeAsync(Guid applicationId, string externalId, string? wanted, string? displayName, CancellationToken token)
    {
        var id = Ids.New();
        return changes.MakeAsync(
            Scope.Of(id).AndDirectory(),
            async (work, _) =>
            {
                var name = wanted ?? await FreeNameAsync(work.Directory, externalId, id, token);
                var user = Registration.NewUser(id, name, displayName ?? name, time.GetUtcNow());
                work.Directory.ExternalUsers.Add(new ExternalUserRow { ApplicationId = applicationId, ExternalId = externalId, UserId = id });
                await accounts.AddAsync(work, user, token);
                return new UserAnswer(user.ToInfo());
            },
            token);
    }

    private async Task<Guid> GetAsync(Guid applicationId, string externalId, CancellationToken token) =>
        await FindAsync(applicationId, externalId, token) ?? throw new ChatException(ProblemCodes.NotFound, "The application has no user of this external id.");

    private Task<Guid?> FindAsync(Guid applicationId, string externalId, CancellationToken token) =>
        store.ReadDirectoryAsync(
            db => db.ExternalUsers.Where(row => row.ApplicationId == applicationId && row.ExternalId == externalId).Select(row => (Guid?)row.UserId).SingleOrDefaultAsync(token),
            token);

    // The external id when it is a name and free; else one that nobody else has.
    private static async Task<string> FreeNameAsync(IdentityDb directory, string externalId, Guid id, CancellationToken token)
    {
        try
        {
            var name = UserNames.Check(externalId);
            var normalized = UserNames.Normalize(name);
            if (!await directory.Names.AnyAsync(row => row.NormalizedUserName == normalized, token))
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
