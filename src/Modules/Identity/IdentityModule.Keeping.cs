using Microsoft.Extensions.DependencyInjection;
using ModularChat.Contracts.Identity;
using ModularChat.Identity.Keeping;
using ModularChat.Identity.Storage;

namespace ModularChat.Identity;

/// <summary>What the one who runs the server does to the accounts: in the running server, or without one.</summary>
public static partial class IdentityModule
{
    /// <summary>Writes all accounts into a folder, beside running writes.</summary>
    public static async Task<AccountsBackup> BackUpAsync(IServiceProvider services, string folder, CancellationToken token)
    {
        await services.GetRequiredService<SchemaOpener>().OpenAsync(token);
        return await services.GetRequiredService<AccountsCopy>().SaveAsync(folder, token);
    }

    /// <summary>Refuses to restore over accounts.</summary>
    /// <exception cref="ModularChat.Storage.StartupException">There are some.</exception>
    public static Task CheckEmptyAsync(IServiceProvider services, CancellationToken token) =>
        services.GetRequiredService<AccountsCopy>().CheckEmptyAsync(token);

    /// <summary>Puts accounts back into empty databases.</summary>
    public static async Task RestoreAsync(IServiceProvider services, AccountsBackup backup, string folder, CancellationToken token)
    {
        await services.GetRequiredService<SchemaOpener>().OpenAsync(token);
        await services.GetRequiredService<AccountsCopy>().RestoreAsync(backup, folder, token);
    }

    /// <summary>What is there now: counts and hashes, to be compared with those of a backup.</summary>
    public static Task<AccountsFile[]> ReadAccountsAsync(IServiceProvider services, CancellationToken token) =>
        services.GetRequiredService<AccountsCopy>().ReadAsync(token);

    /// <summary>The id of the user of this name.</summary>
    /// <exception cref="Contracts.ChatException"><see cref="Contracts.ProblemCodes.NotFound"/>: nobody has it.</exception>
    public static Task<Guid> FindUserAsync(IServiceProvider services, string name, CancellationToken token) =>
        UseAsync(services, data => data.FindAsync(name, token));

    /// <summary>All that the accounts have of a user, in JSON.</summary>
    public static Task<string> ExportUserAsync(IServiceProvider services, Guid userId, CancellationToken token) =>
        UseAsync(services, data => data.ExportAsync(userId, token));

    /// <summary>Takes away all that the accounts have of a user; a removed user stays.</summary>
    public static Task EraseUserAsync(IServiceProvider services, Guid userId, CancellationToken token) =>
        UseAsync(services, async data =>
        {
            await data.EraseAsync(userId, token);
            return true;
        });

    /// <summary>Ends all sessions of a user, who can log in no more.</summary>
    public static Task EndSessionsAsync(IServiceProvider services, Guid userId, CancellationToken token) =>
        UseAsync(services, async data =>
        {
            await data.LockOutAsync(userId, token);
            return true;
        });

    private static async Task<T> UseAsync<T>(IServiceProvider services, Func<AccountData, Task<T>> use)
    {
        await using var scope = services.CreateAsyncScope();
        return await use(scope.ServiceProvider.GetRequiredService<AccountData>());
    }
}
