using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Identity.Names;
using ModularChat.Identity.Sessions;
using ModularChat.Identity.Storage;

namespace ModularChat.Identity.Accounts;

internal sealed record RegisterRequest(
    string? Name, string? Password, string? DisplayName = null, string? Invite = null, string? SetupCode = null, DeviceRequest? Device = null)
{
    /// <summary>Names no secret.</summary>
    public override string ToString() => nameof(RegisterRequest);
}

/// <summary>Makes accounts: the first administrator's, and after that everybody's whom the registration mode lets in.</summary>
internal sealed class Registration(
    Changes changes, IdentityStore store, AccountStores accounts, Passwords passwords, SessionIssue sessions, SetUp setUp,
    RateLimits limits, TimeProvider time, IOptions<IdentityOptions> options)
{
    public async Task<AccountAnswer> RegisterAsync(RegisterRequest request, Origin origin, CancellationToken token)
    {
        limits.CheckRegistration(origin);
        var name = UserNames.Check(request.Name);
        var password = passwords.CheckNew("password", request.Password);
        var displayName = Texts.Check("displayName", request.DisplayName ?? name, 64);
        var device = DeviceRequest.Check(request.Device);
        var isSetUp = !await setUp.IsDoneAsync(token);
        if (isSetUp)
        {
            await setUp.CheckMaySetUpAsync(origin, request.SetupCode, token);
        }
        else
        {
            await CheckModeAsync(request.Invite, token);
        }

        var user = NewUser(Ids.New(), name, displayName, time.GetUtcNow());
        user.PasswordHash = passwords.Hash(password);
        try
        {
            var scope = Scope.Of(user.Id).AndDirectory();
            var answer = await changes.MakeAsync(isSetUp ? scope.Alone() : scope, async (work, events) =>
            {
                // Judged again while nobody else is at it: of two that come at once, one is the administrator and the other comes too late.
                if (isSetUp)
                {
                    await SetUp.CompleteAsync(work.Directory, token);
                    user.IsAdministrator = true;
                }
                else if (options.Value.RegistrationMode == RegistrationMode.Invite)
                {
                    await UseInviteAsync(work.Directory, request.Invite!, token);
                }
                await accounts.AddAsync(work, user, token);
                return new AccountAnswer(user.ToInfo(), await sessions.BeginAsync(work.Of(user.Id), user.Id, device, origin, events, token));
            }, token);
            if (isSetUp)
            {
                setUp.IsNowDone();
            }
            return answer;
        }
        catch (TakenException)
        {
            throw new ChatException(ProblemCodes.NameTaken, "This user name is taken.") { Field = "name" };
        }
    }

    public static UserRow NewUser(Guid id, string name, string displayName, DateTimeOffset now) => new()
    {
        Id = id,
        UserName = name,
        NormalizedUserName = UserNames.Normalize(name),
        DisplayName = displayName,
        NormalizedDisplayName = UserNames.Normalize(displayName),
        AvatarColour = AvatarColours.Of(id),
        LockoutEnabled = true,
        CreatedAt = now,
    };

    private async Task CheckModeAsync(string? invite, CancellationToken token)
    {
        switch (options.Value.RegistrationMode)
        {
            case RegistrationMode.Open:
                return;
            case RegistrationMode.Invite when invite is not null && Tokens.Is(Tokens.Code, invite):
                var hash = Tokens.Hash(invite);
                if (!await store.ReadDirectoryAsync(db => db.Codes.AnyAsync(code => code.CodeHash == hash && code.UserId == null, token), token))
                {
                    throw Closed();
                }
                return;
            default:
                throw Closed();
        }
    }

    private async Task UseInviteAsync(IdentityDb db, string invite, CancellationToken token)
    {
        var hash = Tokens.Hash(invite);
        var now = time.GetUtcNow();
        if (await db.Codes.Where(code => code.CodeHash == hash && code.UserId == null && code.ExpiresAt > now).ExecuteDeleteAsync(token) == 0)
        {
            throw Closed();
        }
    }

    private ChatException Closed() => new(
        ProblemCodes.RegistrationClosed,
        options.Value.RegistrationMode == RegistrationMode.Invite
            ? "Registration needs an invite code; this one is missing, wrong, used or expired."
            : "Registration is closed on this server.");
}
