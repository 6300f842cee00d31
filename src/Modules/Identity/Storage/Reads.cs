using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts.Identity;

namespace ModularChat.Identity.Storage;

/// <summary>The ways to read. A statement is about one database and one table: what belongs together is put together here, in the process.</summary>
internal abstract class Reads(Databases databases)
{
    protected Databases Databases => databases;

    /// <summary>Reads what belongs to a user; nothing that is changed in the context is kept.</summary>
    public Task<T> ReadAsync<T>(Guid userId, Func<IdentityDb, Task<T>> read, CancellationToken token) => FromAsync(databases.Of(userId), read, token);

    /// <summary>Reads what is one for everybody.</summary>
    public Task<T> ReadDirectoryAsync<T>(Func<IdentityDb, Task<T>> read, CancellationToken token) => FromAsync(databases.Directory, read, token);

    /// <summary>Reads what a token leads to.</summary>
    public Task<T> ReadByTokenAsync<T>(byte[] tokenHash, Func<IdentityDb, Task<T>> read, CancellationToken token) => FromAsync(databases.OfToken(tokenHash), read, token);

    /// <summary>Reads about many users, each database being asked about its own, all at once.</summary>
    public Task<List<T>> ReadEachAsync<T>(IEnumerable<Guid> userIds, Func<IdentityDb, Guid[], Task<List<T>>> read, CancellationToken token) =>
        GatherAsync(databases.Group(userIds).Select(group => FromAsync(group.Database, db => read(db, group.Users), token)));

    /// <summary>These users, in the order of their names; who is not there is left out.</summary>
    public async Task<UserInfo[]> ReadUsersAsync(IEnumerable<Guid> userIds, CancellationToken token)
    {
        var users = await ReadEachAsync(userIds, (db, ids) => db.Users.Where(user => ids.Contains(user.Id)).ToListAsync(token), token);
        return [.. users.OrderBy(user => user.NormalizedUserName, StringComparer.Ordinal).Select(user => user.ToInfo())];
    }

    /// <summary>Reads from every database.</summary>
    public Task<List<T>> ReadAllAsync<T>(Func<IdentityDb, Task<List<T>>> read, CancellationToken token) =>
        GatherAsync(databases.All.Select(database => FromAsync(database, read, token)));

    protected internal abstract Task<T> FromAsync<T>(IDatabase database, Func<IdentityDb, Task<T>> read, CancellationToken token);

    private static async Task<List<T>> GatherAsync<T>(IEnumerable<Task<List<T>>> reads) => [.. (await Task.WhenAll(reads)).SelectMany(rows => rows)];
}
