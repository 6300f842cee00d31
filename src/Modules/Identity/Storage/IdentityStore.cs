using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts;

namespace ModularChat.Identity.Storage;

/// <summary>Opens contexts for each piece of work, on the databases that are written to: what is read has happened last.</summary>
internal sealed class IdentityStore(Databases databases, Replicas replicas) : Reads(databases)
{
    // A change that the database has undone because of others at the same time is made again this often.
    private const int MostAttempts = 6;

    /// <summary>Reads that may lag by some seconds, but never behind what <paramref name="readerId"/> has changed through this node.</summary>
    public Reads MayLag(Guid readerId) => replicas.IsEmpty ? this : new LaggingReads(this, Databases, replicas, readerId);

    /// <summary>
    /// Changes within <paramref name="scope"/>; all of it is on disk when this returns. What <paramref name="write"/> throws undoes all of it.
    /// It may be called several times, and must leave nothing behind but in the contexts.
    /// </summary>
    /// <exception cref="TakenException">Another row has one of the unique values already.</exception>
    public async Task<T> WriteAsync<T>(Scope scope, Func<Work, Task<T>> write, CancellationToken token)
    {
        for (var attempt = 1; ; attempt++)
        {
            await using var work = new Work(Databases, scope);
            try
            {
                await work.BeginAsync(token);
                var result = await write(work);
                await work.CommitAsync(token);
                return result;
            }
            catch (Exception e) when (Databases.Directory.Judge(e) is var failure and not Failure.None)
            {
                // Undone is undone even while committing; after a lost connection that holds only before.
                var isUndone = failure == Failure.Undone || (failure == Failure.Lost && !work.IsCommitting && attempt == 1);
                if (!isUndone || attempt == MostAttempts)
                {
                    throw failure == Failure.Taken ? new TakenException(e) : Unavailable(e);
                }
            }
            finally
            {
                // Also when nobody knows how it ended.
                if (work.IsCommitting)
                {
                    replicas.Own.Wrote(scope);
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

    protected internal override async Task<T> FromAsync<T>(IDatabase database, Func<IdentityDb, Task<T>> read, CancellationToken token)
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
