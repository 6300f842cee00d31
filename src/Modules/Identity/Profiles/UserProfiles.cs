using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Identity.Names;
using ModularChat.Identity.Storage;
using ModularChat.Identity.Versions;

namespace ModularChat.Identity.Profiles;

internal sealed record MeAnswer(UserInfo User, bool IsAdministrator, string TimeZone);

internal sealed record ProfileChange(string? DisplayName, string? AvatarColour, string? StatusText, string? TimeZone);

internal sealed record UsersAnswer(UserInfo[] Users);

/// <summary>What users say about themselves, and finding them.</summary>
internal sealed class UserProfiles(Changes changes, IdentityStore store, TimeProvider time)
{
    private const int LongestDisplayName = 64, LongestStatus = 140, LongestPrefix = 64, MostFound = 50;

    public Task<MeAnswer> GetMeAsync(Caller caller, CancellationToken token) =>
        store.ReadAsync(
            caller.UserId,
            async db =>
            {
                var user = await db.Users.SingleAsync(row => row.Id == caller.UserId, token);
                return new MeAnswer(user.ToInfo(), caller.IsAdministrator, user.TimeZone);
            },
            token);

    public async Task<MeAnswer> ChangeAsync(Caller caller, ProfileChange change, CancellationToken token)
    {
        var displayName = change.DisplayName is null ? null : Texts.Check("displayName", change.DisplayName, LongestDisplayName);
        var colour = change.AvatarColour is null ? null : AvatarColours.Check(change.AvatarColour);
        var status = change.StatusText is null ? null : Texts.Check("statusText", change.StatusText, LongestStatus, mayBeEmpty: true);
        var timeZone = change.TimeZone is null ? null : TimeZones.Check(change.TimeZone);
        // Only the display name is in the directory too.
        var scope = Scope.Of(caller.UserId);
        return await changes.MakeAsync(
            displayName is null ? scope : scope.AndDirectory(),
            async (work, events) =>
            {
                var db = work.Of(caller.UserId);
                var user = await db.Users.AsTracking().SingleAsync(row => row.Id == caller.UserId, token);
                if (displayName is not null && displayName != user.DisplayName)
                {
                    await DisplayNames.ChangeAsync(work, user, displayName, time.GetUtcNow(), token);
                }
                user.AvatarColour = colour ?? user.AvatarColour;
                user.StatusText = status ?? user.StatusText;
                user.TimeZone = timeZone ?? user.TimeZone;
                if (db.ChangeTracker.HasChanges())
                {
                    await db.BumpAsync(user.Id, DataVersions.Profile, events, token);
                }
                return new MeAnswer(user.ToInfo(), caller.IsAdministrator, user.TimeZone);
            },
            token);
    }

    public async Task<UserInfo> GetAsync(Caller caller, Guid userId, CancellationToken token) =>
        await store.MayLag(caller.UserId).ReadAsync(userId, async db => (await db.Users.SingleOrDefaultAsync(user => user.Id == userId, token))?.ToInfo(), token)
            ?? throw new ChatException(ProblemCodes.NotFound, "There is no such user.");

    /// <summary>By the beginning of the name or of the display name, in the order of names. Who has blocked the caller is not found.</summary>
    public Task<UsersAnswer> SearchAsync(Caller caller, string? prefix, int? limit, CancellationToken token)
    {
        if (string.IsNullOrWhiteSpace(prefix))
        {
            throw ChatException.Invalid("prefix", "A prefix is needed.");
        }
        if (prefix.Length > LongestPrefix)
        {
            throw ChatException.TooLong("prefix", LongestPrefix, "characters");
        }
        if (Texts.IsBroken(prefix))
        {
            throw ChatException.Invalid("prefix", "The prefix holds half a character.");
        }
        var count = limit ?? 20;
        if (count is < 1 or > MostFound)
        {
            throw new ChatException(ProblemCodes.InvalidRequest, $"limit is from 1 to {MostFound}.") { Field = "limit", Limit = MostFound };
        }
        return new UserSearch(store.MayLag(caller.UserId), caller.UserId, UserNames.Normalize(prefix.Trim()), count).RunAsync(token);
    }
}
