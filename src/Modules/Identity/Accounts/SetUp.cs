using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Identity.Sessions;
using ModularChat.Identity.Storage;

namespace ModularChat.Identity.Accounts;

/// <summary>
/// The time before there is an administrator: only the one who set up the server may register, and shows it by being on the
/// same machine or by the code that the server printed.
/// </summary>
internal sealed class SetUp(IdentityStore store, IOptions<IdentityOptions> options)
{
    private const string Administrator = "administrator", SetupCode = "setup-code";

    private bool _isDone;

    public async Task<bool> IsDoneAsync(CancellationToken token)
    {
        if (!_isDone)
        {
            _isDone = await store.ReadDirectoryAsync(db => db.Facts.AnyAsync(fact => fact.Key == Administrator, token), token);
        }
        return _isDone;
    }

    public void IsNowDone() => _isDone = true;

    /// <summary>Makes the code valid; returns it when it has to be printed. The newest holds, on every node.</summary>
    public async Task<string?> NewCodeAsync(CancellationToken token)
    {
        if (await IsDoneAsync(token))
        {
            return null;
        }
        var given = options.Value.SetupCode;
        var code = given.Length > 0 ? given : RandomNumberGenerator.GetString("abcdefghjkmnpqrstuvwxyz23456789", 20);
        await store.WriteAsync(Scope.Directory.Alone(), async work =>
        {
            await work.Directory.Facts.Where(fact => fact.Key == SetupCode).ExecuteDeleteAsync(token);
            work.Directory.Facts.Add(new FactRow { Key = SetupCode, Text = Convert.ToHexString(Tokens.Hash(code)) });
        }, token);
        return given.Length > 0 ? null : code;
    }

    public async Task CheckMaySetUpAsync(Origin origin, string? code, CancellationToken token)
    {
        if (origin.IsThisMachine)
        {
            return;
        }
        var kept = await store.ReadDirectoryAsync(db => db.Facts.Where(fact => fact.Key == SetupCode).Select(fact => fact.Text).SingleOrDefaultAsync(token), token);
        if (kept is null || code is null || !CryptographicOperations.FixedTimeEquals(Convert.FromHexString(kept), Tokens.Hash(code)))
        {
            throw new ChatException(
                ProblemCodes.RegistrationClosed,
                "This server has no administrator yet: the first account is made from its own machine or with the setupCode that it printed when it started.");
        }
    }

    /// <summary>From now on there is an administrator; fails when there was one.</summary>
    public static async Task CompleteAsync(IdentityDb db, CancellationToken token)
    {
        if (await db.Facts.AnyAsync(fact => fact.Key == Administrator, token))
        {
            throw new ChatException(ProblemCodes.RegistrationClosed, "Somebody else has just become the administrator: register again as a user.");
        }
        await db.Facts.Where(fact => fact.Key == SetupCode).ExecuteDeleteAsync(token);
        db.Facts.Add(new FactRow { Key = Administrator });
        await db.SaveChangesAsync(token);
    }
}
