using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts;

namespace ModularChat.Identity.Storage;

/// <summary>Opens a context for each piece of work; a change is one transaction.</summary>
internal sealed class IdentityStore(IDbContextFactory<IdentityDb> contexts) : IDisposable
{
    // An embedded engine lets one writer in at a time and makes the others poll with a blocked thread; they wait here instead.
    private readonly SemaphoreSlim _writer = new(1);

    /// <summary>Reads; nothing that is changed in the context is kept.</summary>
    public async Task<T> ReadAsync<T>(Func<IdentityDb, Task<T>> read, CancellationToken token)
    {
        try
        {
            await using var db = await contexts.CreateDbContextAsync(token);
            db.ChangeTracker.QueryTrackingBehavior = QueryTrackingBehavior.NoTracking;
            return await read(db);
        }
        catch (DbException e)
        {
            throw Unavailable(e);
        }
    }

    /// <summary>Changes in one transaction, which is on disk when this returns. What <paramref name="write"/> throws undoes all of it.</summary>
    /// <exception cref="TakenException">Another row has one of the unique values already.</exception>
    public async Task<T> WriteAsync<T>(Func<IdentityDb, Task<T>> write, CancellationToken token)
    {
        await _writer.WaitAsync(token);
        try
        {
            await using var db = await contexts.CreateDbContextAsync(token);
            await using var transaction = await db.Database.BeginTransactionAsync(token);
            var result = await write(db);
            await db.SaveChangesAsync(token);
            await transaction.CommitAsync(token);
            return result;
        }
        catch (DbException e)
        {
            throw Unavailable(e);
        }
        catch (DbUpdateException e) when (e.InnerException is DbException inner)
        {
            throw IsTaken(inner) ? new TakenException(e) : Unavailable(e);
        }
        finally
        {
            _writer.Release();
        }
    }

    /// <inheritdoc cref="WriteAsync{T}"/>
    public Task WriteAsync(Func<IdentityDb, Task> write, CancellationToken token) =>
        WriteAsync(async db =>
        {
            await write(db);
            return true;
        }, token);

    public void Dispose() => _writer.Dispose();

    // SQLite has its own code for a broken constraint, other engines the SQL standard's class 23.
    private static bool IsTaken(DbException e) =>
        e is Microsoft.Data.Sqlite.SqliteException { SqliteErrorCode: 19 } || e.SqlState?.StartsWith("23", StringComparison.Ordinal) == true;

    private static ChatException Unavailable(Exception e) =>
        new(ProblemCodes.StorageUnavailable, "The accounts cannot be read or changed now.", e) { RetryAfter = TimeSpan.FromSeconds(1) };
}

/// <summary>A row with one of the unique values is there already.</summary>
internal sealed class TakenException(Exception inner) : Exception("A unique value is taken.", inner);
