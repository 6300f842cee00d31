using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Identity.Sessions;
using ModularChat.Identity.Storage;

namespace ModularChat.Identity.Accounts;

internal sealed record CodeAnswer(string Code, DateTimeOffset ExpiresAt)
{
    /// <summary>Names no secret.</summary>
    public override string ToString() => nameof(CodeAnswer);
}

/// <summary>One-time codes that administrators make: invites and password resets.</summary>
internal sealed class Codes(IdentityStore store, TimeProvider time, IOptions<IdentityOptions> options)
{
    public Task<CodeAnswer> InviteAsync(Caller caller, CancellationToken token) =>
        AddAsync(caller, null, time.GetUtcNow().AddDays(options.Value.InviteDays), token);

    public Task<CodeAnswer> ResetAsync(Caller caller, Guid userId, CancellationToken token) =>
        AddAsync(caller, userId, time.GetUtcNow().AddHours(options.Value.ResetHours), token);

    private Task<CodeAnswer> AddAsync(Caller caller, Guid? userId, DateTimeOffset expiresAt, CancellationToken token)
    {
        var code = Tokens.New(Tokens.Code);
        return store.WriteAsync(
            userId is { } about ? Scope.Directory.About(about) : Scope.Directory,
            async work =>
            {
                var db = work.Directory;
                if (userId is not null)
                {
                    if (!await db.Names.AnyAsync(name => name.UserId == userId, token))
                    {
                        throw new ChatException(ProblemCodes.NotFound, "There is no such user.");
                    }
                    // The newest code is the only one.
                    await db.Codes.Where(row => row.UserId == userId).ExecuteDeleteAsync(token);
                }
                db.Codes.Add(new CodeRow { CodeHash = Tokens.Hash(code), UserId = userId, CreatedBy = caller.UserId, ExpiresAt = expiresAt });
                return new CodeAnswer(code, expiresAt);
            },
            token);
    }
}
