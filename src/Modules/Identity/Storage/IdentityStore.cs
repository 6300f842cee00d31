using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;

namespace ModularChat.Identity.Storage;

/// <summary>Opens contexts for each piece of work. A statement is about one database and one table: what belongs together is put together here, in the process.</summary>
internal sealed class IdentityStore(Databases databases)
{
    // A change that the database has undone because of others at the same time is made again this often.
    private const int MostAttempts = 6;

    /// <summary>Reads what belongs to a user; nothing that is changed in the context is kept.</summary>
    public Task<T> ReadAsync<T>(Guid userId, Func<IdentityDb, Task<T>> read, CancellationToken token) => ReadAsync(databases.Of(userId), read, token);

    /// <summary>Reads what is one for everybody.</summary>
    public Task<T> ReadDirectoryAsync<T>(Func<IdentityDb, Task<T>> read, CancellationToken token) => ReadAsync(databases.Directory, read, token);

    /// <summary>Reads what a token leads to.</summary>
    public Task<T> ReadByTokenAsync<T>(byte[] tokenHash, Func<IdentityDb, Task<T>> read, CancellationToken token) => ReadAsync(databases.OfToken(tokenHash), read, token);

    /// <summary>Reads about many users, each database being asked about its own, all at once.</summary>
    public Task<List<T>> ReadEachAsync<T>(IEnumerable<Guid> userIds, Func<IdentityDb, Guid[], Task<List<T>>> read, CancellationToken token) =>
        GatherAsync(databases.Group(userIds).Select(group => ReadAsync(group.Database, db => read(db, group.Users), token)));

    /// <summary>These users, in the order of their names; who is not there is left out.</summary>
    public async Task<UserInfo[]> ReadUsersAsync(IEnumerable<Guid> userIds, CancellationToken token)
    {
        var users = await ReadEachAsync(userIds, (db, ids) => db.Users.Where(user => ids.Contains(user.Id)).ToListAsync(token), token);
        return [.. users.OrderBy(user => user.NormalizedUserName, StringComparer.Ordinal).Select(user => user.ToInfo())];
    }

    /// <summary>Reads from every database.</summary>
    public Task<List<T>> ReadAllAsync<T>(Func<IdentityDb, Task<List<T>>> read, CancellationToken token) =>
        GatherAsync(databases.All.Select(database => ReadAsync(database, read, token)));

    /// <summary>
    /// Changes within <paramref name="scope"/>; all of it is on disk when this returns. What <paramref name="write"/> throws undoes all of it.
    /// It may be called several times, and must leave nothing behind but in the contexts.
    /// </summary>
    /// <exception cref="TakenException">Another row has one of the unique values already.</exception>
    public async Task<T> WriteAsync<T>(Scope scope, Func<Work, Task<T>> write, CancellationToken token)
    {
        for (var attempt = 1; ; attempt++)
        {
            await using var work = new Work(databases, scope);
            try
            {
                await work.BeginAsync(token);
                var result = await write(work);
                await work.CommitAsync(token);
                return result;
            }
            catch (Exception e) when (databases.Directory.Judge(e) is var failure and not Failure.None)
            {
                // Undone is undone even while committing; after a lost connection that holds only before.
                var isUndone = failure == Failure.Undone || (failure == Failure.Lost && !work.IsCommitting && attempt == 1);
                if (!isUndone || attempt == MostAttempts)
                {
                    throw failure == Failure.Taken ? new TakenException(e) : Unavailable(e);
                }
            }
        }
    }

    /// <inheritdoc cref="WriteAsync{T}"/>
    public Task WriteAsync(Scope scope, Func<Work, Task> write, CancellationToken token) =>
        WriteAsync(scope, async work =>
        {
            await write(work);
            return true;
        }, token);

    private static async Task<List<T>> GatherAsync<T>(IEnumerable<Task<List<T>>> reads) => [.. (await Task.WhenAll(reads)).SelectMany(rows => rows)];

    private static async Task<T> ReadAsync<T>(IDatabase database, Func<IdentityDb, Task<T>> read, CancellationToken token)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var db = database.Open();
                db.ChangeTracker.QueryTrackingBehavior = QueryTrackingBehavior.NoTracking;
                return await read(db);
            }
            catch (Exception e) when (database.Judge(e) is var failure and not Failure.None)
            {
                // A connection that was kept may have been lost meanwhile; a new one tells whether the server is there.
                if (failure is not (Failure.Lost or Failure.Undone) || attempt == 2)
                {
                    throw Unavailable(e);
                }
            }
        }
    }

    private static ChatException Unavailable(Exception e) =>
        new(ProblemCodes.StorageUnavailable, "The accounts cannot be read or changed now.", e) { RetryAfter = TimeSpan.FromSeconds(1) };
}

/// <summary>A row with one of the unique values is there already.</summary>
internal sealed class TakenException(Exception inner) : Exception("A unique value is taken.", inner);
