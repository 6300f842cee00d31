using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Identity.Names;
using ModularChat.Identity.Sessions;
using ModularChat.Identity.Storage;

namespace ModularChat.Identity.Accounts;

internal sealed record LogInRequest(string? Name, string? Password, DeviceRequest? Device = null)
{
    /// <summary>Names no secret.</summary>
    public override string ToString() => nameof(LogInRequest);
}

/// <summary>
/// Checks a name and a password. A name that nobody has is treated like one with a wrong password in each step: the same hash
/// is computed, one row is written, and it is locked after as many attempts.
/// </summary>
internal sealed class LogIn(
    Changes changes, IdentityStore store, AccountStores accounts, Passwords passwords, SessionIssue sessions, UnknownNames unknownNames,
    RateLimits limits, TimeProvider time, IOptions<IdentityOptions> options)
{
    public async Task<AccountAnswer> LogInAsync(LogInRequest request, Origin origin, CancellationToken token)
    {
        limits.CheckLogIn(origin);
        if (string.IsNullOrEmpty(request.Name))
        {
            throw ChatException.Invalid("name", "A name is needed.");
        }
        if (request.Name.Length > 4 * UserNames.Longest)
        {
            throw ChatException.TooLong("name", UserNames.Longest, "characters");
        }
        var password = Passwords.CheckGiven("password", request.Password);
        var device = DeviceRequest.Check(request.Device);
        var name = UserNames.Normalize(request.Name);

        var user = await FindAsync(name, token);
        var verified = await VerifyAsync(user, name, password, token);
        var newHash = verified == PasswordVerificationResult.SuccessRehashNeeded ? passwords.Hash(password) : null;
        return await changes.MakeAsync(Scope.Of(user!.Id), async (work, events) =>
        {
            var db = work.Of(user.Id);
            // Read again: attempts at the same time may have locked the name, and then a right guess among them must not count.
            var now = await db.Users.AsTracking().SingleAsync(row => row.Id == user.Id, token);
            CheckLock(now.LockoutEnd);
            if (now.PasswordHash != user.PasswordHash)
            {
                throw Refusals.WrongCredentials();
            }
            if (newHash is not null)
            {
                await accounts.Over(db, token).SetPasswordHashAsync(now.Id, newHash);
            }
            now.AccessFailedCount = 0;
            now.LockoutEnd = null;
            return new AccountAnswer(now.ToInfo(), await sessions.BeginAsync(db, now.Id, device, origin, events, token));
        }, token);
    }

    /// <summary>The user of a name, with what only the log-in may see.</summary>
    public async Task<UserRow?> FindAsync(string normalizedName, CancellationToken token)
    {
        var userId = await store.ReadDirectoryAsync(
            db => db.Names.Where(row => row.NormalizedUserName == normalizedName).Select(row => (Guid?)row.UserId).SingleOrDefaultAsync(token), token);
        return userId is { } id ? await store.ReadAsync(id, db => db.Users.SingleOrDefaultAsync(row => row.Id == id, token), token) : null;
    }

    /// <summary>Checks a password, counts a wrong one, and refuses while the name is locked.</summary>
    public async Task<PasswordVerificationResult> VerifyAsync(UserRow? user, string normalizedName, string password, CancellationToken token)
    {
        CheckLock(user is null ? unknownNames.LockedUntil(normalizedName) : user.LockoutEnd);
        var verified = passwords.Verify(user, password);
        if (verified == PasswordVerificationResult.Failed)
        {
            var lockUntil = time.GetUtcNow().AddMinutes(options.Value.LockoutMinutes);
            await store.WriteAsync(
                user is null ? Scope.Directory.Alone() : Scope.Of(user.Id),
                work => user is null
                    ? unknownNames.CountFailureAsync(work.Directory, normalizedName, options.Value.LockoutAttempts, lockUntil, token)
                    : accounts.Over(work.Of(user.Id), token).CountFailureAsync(user.Id, options.Value.LockoutAttempts, lockUntil),
                token);
            throw Refusals.WrongCredentials();
        }
        return verified;
    }

    private void CheckLock(DateTimeOffset? lockedUntil)
    {
        var left = lockedUntil - time.GetUtcNow();
        if (left > TimeSpan.Zero)
        {
            throw new ChatException(ProblemCodes.LockedOut, "Too many wrong passwords for this name.") { RetryAfter = left };
        }
    }
}
