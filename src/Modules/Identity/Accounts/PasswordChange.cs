using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts;
using ModularChat.Identity.Names;
using ModularChat.Identity.Sessions;
using ModularChat.Identity.Storage;

namespace ModularChat.Identity.Accounts;

internal sealed record ChangePasswordRequest(string? Current, string? New)
{
    /// <summary>Names no secret.</summary>
    public override string ToString() => nameof(ChangePasswordRequest);
}

internal sealed record ResetPasswordRequest(string? Code, string? New)
{
    /// <summary>Names no secret.</summary>
    public override string ToString() => nameof(ResetPasswordRequest);
}

/// <summary>Gives a user another password: by the old one, by a one-time code, or by the one who runs the server.</summary>
internal sealed class PasswordChange(
    Changes changes, IdentityStore store, AccountStores accounts, Passwords passwords, LogIn logIn, RateLimits limits, TimeProvider time)
{
    public async Task ChangeAsync(Caller caller, ChangePasswordRequest request, Origin origin, CancellationToken token)
    {
        limits.CheckLogIn(origin);
        var current = Passwords.CheckGiven("current", request.Current);
        var wanted = passwords.CheckNew("new", request.New);
        var user = await store.ReadAsync(caller.UserId, db => db.Users.SingleAsync(row => row.Id == caller.UserId, token), token);
        await logIn.VerifyAsync(user, user.NormalizedUserName!, current, token);
        await SetAsync(user.Id, passwords.Hash(wanted), keptSession: caller.SessionId, codeHash: null, token);
    }

    public async Task ResetAsync(ResetPasswordRequest request, Origin origin, CancellationToken token)
    {
        limits.CheckLogIn(origin);
        var code = request.Code is { Length: > 0 } given ? given : throw ChatException.Invalid("code", "A code is needed.");
        var wanted = passwords.CheckNew("new", request.New);
        var hash = Tokens.Hash(code);
        var now = time.GetUtcNow();
        var row = await store.ReadDirectoryAsync(
            db => db.Codes.SingleOrDefaultAsync(found => found.CodeHash == hash && found.UserId != null && found.ExpiresAt > now, token), token)
            ?? throw WrongCode();
        await SetAsync(row.UserId!.Value, passwords.Hash(wanted), keptSession: null, hash, token);
    }

    /// <summary>A new random password for somebody by name; all their sessions end.</summary>
    public async Task<string> ReplaceAsync(string name, CancellationToken token)
    {
        var user = await logIn.FindAsync(UserNames.Normalize(name), token)
            ?? throw new ChatException(ProblemCodes.NotFound, "There is no user of this name.");
        var password = RandomNumberGenerator.GetString("abcdefghjkmnpqrstuvwxyz23456789", 20);
        await SetAsync(user.Id, passwords.Hash(password), keptSession: null, codeHash: null, token);
        return password;
    }

    private Task SetAsync(Guid userId, string passwordHash, Guid? keptSession, byte[]? codeHash, CancellationToken token) =>
        changes.MakeAsync(
            // The code is used up even when the rest fails: it never works twice.
            Scope.Of(userId).AndDirectory(first: true),
            async (work, events) =>
            {
                var db = work.Of(userId);
                if (codeHash is not null && await work.Directory.Codes.Where(code => code.CodeHash == codeHash).ExecuteDeleteAsync(token) == 0)
                {
                    throw WrongCode();
                }
                // A password that is changed because somebody else knows it must not leave that one a way in.
                await work.Directory.Codes.Where(code => code.UserId == userId).ExecuteDeleteAsync(token);
                await accounts.Over(db, token).SetPasswordHashAsync(userId, passwordHash);
                await SessionIssue.EndAsync(db, userId, session => session.Id != keptSession, events, token);
            },
            token);

    private static ChatException WrongCode() => new(ProblemCodes.WrongCredentials, "The code is wrong, used or expired.") { Field = "code" };
}
