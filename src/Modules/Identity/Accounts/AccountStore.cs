using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModularChat.Identity.Names;
using ModularChat.Identity.Storage;
using IdentitySettings = Microsoft.AspNetCore.Identity.IdentityOptions;

namespace ModularChat.Identity.Accounts;

/// <summary>ASP.NET Core Identity over one context; its saves are part of the context's transaction.</summary>
internal sealed class AccountStore(
    IdentityDb db,
    IOptions<IdentitySettings> settings,
    IPasswordHasher<UserRow> hasher,
    UserNames names,
    IServiceProvider services,
    ILogger<UserManager<UserRow>> logger,
    CancellationToken token)
    : UserManager<UserRow>(
        new UserOnlyStore<UserRow, IdentityDb, Guid>(db), settings, hasher, [], [], names, new IdentityErrorDescriber(), services, logger)
{
    protected override CancellationToken CancellationToken => token;

    /// <summary>Adds a user whose password is hashed already.</summary>
    public async Task AddAsync(UserRow user) => Check(await CreateAsync(user));

    /// <summary>Gives a user another password, hashed before, and unlocks the name.</summary>
    public async Task SetPasswordHashAsync(Guid userId, string passwordHash)
    {
        var user = await db.Users.AsTracking().SingleAsync(row => row.Id == userId, token);
        user.PasswordHash = passwordHash;
        user.AccessFailedCount = 0;
        user.LockoutEnd = null;
        Check(await UpdateSecurityStampAsync(user));
    }

    /// <summary>Counts a wrong password; the one that reaches the limit locks the name. The store counts, so that none of many at once is lost.</summary>
    public async Task CountFailureAsync(Guid userId, int limit, DateTimeOffset lockUntil)
    {
        await db.Users.Where(user => user.Id == userId)
            .ExecuteUpdateAsync(set => set.SetProperty(user => user.AccessFailedCount, user => user.AccessFailedCount + 1), token);
        await db.Users.Where(user => user.Id == userId && user.AccessFailedCount >= limit)
            .ExecuteUpdateAsync(
                set => set.SetProperty(user => user.AccessFailedCount, 0).SetProperty(user => user.LockoutEnd, lockUntil), token);
    }

    private static void Check(IdentityResult result)
    {
        if (!result.Succeeded)
        {
            throw new InvalidOperationException(string.Join(' ', result.Errors.Select(error => error.Description)));
        }
    }
}
