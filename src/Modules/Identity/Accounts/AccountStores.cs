using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModularChat.Identity.Names;
using ModularChat.Identity.Storage;
using IdentitySettings = Microsoft.AspNetCore.Identity.IdentityOptions;

namespace ModularChat.Identity.Accounts;

/// <summary>Makes an <see cref="AccountStore"/> over the context of a transaction.</summary>
internal sealed class AccountStores(
    IOptions<IdentitySettings> settings,
    IPasswordHasher<UserRow> hasher,
    UserNames names,
    IServiceProvider services,
    ILogger<UserManager<UserRow>> logger)
{
    /// <summary>Adds a user whose password is hashed already, and the name, which decides who of two has it.</summary>
    public async Task AddAsync(Work work, UserRow user, CancellationToken token)
    {
        work.Directory.Names.Add(new NameRow { NormalizedUserName = user.NormalizedUserName!, NormalizedDisplayName = user.NormalizedDisplayName, UserId = user.Id });
        await work.Directory.SaveChangesAsync(token);
        work.Note(user.Id, null, user.CreatedAt);
        await Over(work.Of(user.Id), token).AddAsync(user);
    }

    public AccountStore Over(IdentityDb db, CancellationToken token) => new(db, settings, hasher, names, services, logger, token);
}
