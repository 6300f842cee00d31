using MediatR;
using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Identity.Names;
using ModularChat.Identity.Storage;

namespace ModularChat.Identity.Profiles;

internal sealed class GetUsersHandler(IdentityStore store) : IRequestHandler<GetUsers, UserInfo[]>
{
    private const int Most = 1000;

    public Task<UserInfo[]> Handle(GetUsers request, CancellationToken cancellationToken) =>
        request.Ids.Length > Most
            ? throw ChatException.TooLong("ids", Most, "users")
            : store.ReadUsersAsync(request.Ids, cancellationToken);
}

internal sealed class FindUsersByNameHandler(IdentityStore store) : IRequestHandler<FindUsersByName, UserInfo[]>
{
    private const int Most = 100;

    public async Task<UserInfo[]> Handle(FindUsersByName request, CancellationToken cancellationToken)
    {
        if (request.Names.Length > Most)
        {
            throw ChatException.TooLong("names", Most, "names");
        }
        var names = request.Names.Where(name => name.Length <= 4 * UserNames.Longest).Select(UserNames.Normalize).Distinct(StringComparer.Ordinal).ToArray();
        var ids = await store.ReadDirectoryAsync(
            db => db.Names.Where(name => names.Contains(name.NormalizedUserName)).Select(name => name.UserId).ToArrayAsync(cancellationToken), cancellationToken);
        return await store.ReadUsersAsync(ids, cancellationToken);
    }
}

internal sealed class PingAccountsHandler(IdentityStore store, TimeProvider time) : IRequestHandler<PingAccounts, int>
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(3);

    public async Task<int> Handle(PingAccounts request, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Longest, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return (await store.ReadAllAsync(db => db.Facts.Select(fact => fact.Key).OrderBy(key => key).Take(1).ToListAsync(both.Token), both.Token)).Count;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ChatException(ProblemCodes.StorageUnavailable, "A database of accounts does not answer in time.", e);
        }
    }
}
