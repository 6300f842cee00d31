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
    public AccountStore Over(IdentityDb db, CancellationToken token) => new(db, settings, hasher, names, services, logger, token);
}
