using Microsoft.EntityFrameworkCore;
using ModularChat.Contracts;

namespace ModularChat.Notifications.Storage;

/// <summary>
/// The module's tables. A write is one transaction. The tables are made when they are first needed, so that the tool finds them without a
/// server that has started.
/// </summary>
internal sealed class PushStore(IPushDatabase database) : IDisposable
{
    private const int Attempts = 3;
    private readonly SemaphoreSlim _opening = new(1);
    private bool _isOpen;

    public IPushDatabase Database => database;

    /// <summary>Reads outside a transaction.</summary>
    /// <exception cref="ChatException"><see cref="ProblemCodes.StorageUnavailable"/>: the database does not answer.</exception>
    public async Task<T> ReadAsync<T>(Func<PushDb, Task<T>> read, CancellationToken token)
    {
        try
        {
            await OpenAsync(token);
            await using var db = database.Open();
            return await read(db);
        }
        catch (Exception e) when (database.IsFault(e))
        {
            throw Unavailable(e);
        }
    }

    /// <summary>All that <paramref name="write"/> does, or nothing. It may be called again when others were at the same rows.</summary>
    /// <param name="write">Changes rows; must not keep anything from an earlier call.</param>
    /// <param name="isRelaxed">See <see cref="IPushDatabase.SetDurabilityAsync"/>.</param>
    /// <param name="token">Cancels it.</param>
    /// <exception cref="ChatException"><see cref="ProblemCodes.StorageUnavailable"/>: the database does not answer, and the outcome may be unknown.</exception>
    public async Task<T> WriteAsync<T>(Func<PushDb, Task<T>> write, bool isRelaxed, CancellationToken token)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await OpenAsync(token);
                return await WriteOnceAsync(write, isRelaxed, token);
            }
            catch (Exception e) when (attempt < Attempts && (e is DbUpdateConcurrencyException || database.IsConflict(e)))
            {
                // Others have changed the same rows: look again.
            }
            catch (Exception e) when (database.IsFault(e))
            {
                throw Unavailable(e);
            }
        }
    }

    public Task<T> WriteAsync<T>(Func<PushDb, Task<T>> write, CancellationToken token) => WriteAsync(write, isRelaxed: false, token);

    public async Task OpenAsync(CancellationToken token)
    {
        if (Volatile.Read(ref _isOpen))
        {
            return;
        }
        await _opening.WaitAsync(token);
        try
        {
            if (!_isOpen)
            {
                await database.MigrateAsync(token);
                Volatile.Write(ref _isOpen, true);
            }
        }
        finally
        {
            _opening.Release();
        }
    }

    public void Dispose() => _opening.Dispose();

    private async Task<T> WriteOnceAsync<T>(Func<PushDb, Task<T>> write, bool isRelaxed, CancellationToken token)
    {
        if (database.Writer is { } writer)
        {
            await writer.WaitAsync(token);
        }
        try
        {
            await using var db = database.Open();
            await database.SetDurabilityAsync(db, isRelaxed, token);
            await using var transaction = await db.Database.BeginTransactionAsync(token);
            var result = await write(db);
            await db.SaveChangesAsync(token);
            await transaction.CommitAsync(token);
            return result;
        }
        finally
        {
            database.Writer?.Release();
        }
    }

    private static ChatException Unavailable(Exception e) =>
        new(ProblemCodes.StorageUnavailable, "Notifications cannot be read or changed now.", e) { RetryAfter = TimeSpan.FromSeconds(1) };
}
