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
            : store.ReadAsync(
                async db => (await db.Users.Where(user => request.Ids.Contains(user.Id)).ToListAsync(cancellationToken)).Select(user => user.ToInfo()).ToArray(),
                cancellationToken);
}

internal sealed class FindUsersByNameHandler(IdentityStore store) : IRequestHandler<FindUsersByName, UserInfo[]>
{
    private const int Most = 100;

    public Task<UserInfo[]> Handle(FindUsersByName request, CancellationToken cancellationToken)
    {
        if (request.Names.Length > Most)
        {
            throw ChatException.TooLong("names", Most, "names");
        }
        var names = request.Names.Where(name => name.Length <= 4 * UserNames.Longest).Select(UserNames.Normalize).Distinct(StringComparer.Ordinal).ToArray();
        return store.ReadAsync(
            async db => (await db.Users.Where(user => names.Contains(user.NormalizedUserName)).ToListAsync(cancellationToken)).Select(user => user.ToInfo()).ToArray(),
            cancellationToken);
    }
}
