using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using ModularChat.Contracts;

namespace ModularChat.Identity.Storage;

/// <summary>
/// A change under way: a transaction on each database that it touches. On one database it is all or nothing. On several they commit
/// one after the other; a change leaves a note in the first, from which <see cref="Repair"/> brings the others up to it after a crash in between.
/// </summary>
internal sealed class Work(Databases databases, Scope scope) : IAsyncDisposable
{
    private readonly List<(IDatabase Database, IdentityDb Db, IDbContextTransaction Transaction)> _parts = [];
    private readonly List<SemaphoreSlim> _held = [];

    public IdentityDb Directory => scope.WithDirectory ? Part(databases.Directory) : throw new InvalidOperationException("The directory is not in the scope of this change.");

    /// <summary>True when there is a moment in which a part is committed and another not.</summary>
    public bool IsSplit => _parts.Count > 1;

    /// <summary>From now on the outcome of a failure is not known.</summary>
    public bool IsCommitting { get; private set; }

    public IdentityDb Of(Guid userId) => Part(databases.Of(userId));

    public async Task BeginAsync(CancellationToken token)
    {
        var used = scope.Users.Select(databases.Of).Concat(scope.WithDirectory ? [databases.Directory] : []).ToHashSet();
        // In the order of the list for everybody, so that no two wait for each other.
        foreach (var database in databases.All.Where(used.Contains))
        {
            if (database.Writer is { } writer)
            {
                await writer.WaitAsync(token);
                _held.Add(writer);
            }
            var db = database.Open();
            try
            {
                _parts.Add((database, db, await db.Database.BeginTransactionAsync(token)));
            }
            catch
            {
                await db.DisposeAsync();
                throw;
            }
            if (scope.Locks.Length > 0)
            {
                await database.LockAsync(db, scope.Locks, token);
            }
        }
    }

    /// <summary>Leaves word that other databases follow; nothing when there are none.</summary>
    public void Note(Guid userId, Guid? otherId, DateTimeOffset now)
    {
        if (IsSplit)
        {
            Of(userId).Notes.Add(new NoteRow { Id = Ids.New(), UserId = userId, OtherId = otherId, CreatedAt = now });
        }
    }

    public async Task CommitAsync(CancellationToken token)
    {
        foreach (var (_, db, _) in _parts)
        {
            await db.SaveChangesAsync(token);
        }
        token.ThrowIfCancellationRequested();
        IsCommitting = true;
        var users = scope.Users.Select(databases.Of);
        var order = scope.DirectoryFirst ? users.Prepend(databases.Directory) : scope.WithDirectory ? users.Append(databases.Directory) : users;
        foreach (var database in order.Distinct())
        {
            // A caller who has gone away must not leave half of it behind.
            await _parts.Find(part => part.Database == database).Transaction.CommitAsync(IsSplit ? CancellationToken.None : token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, db, transaction) in _parts)
        {
            await transaction.DisposeAsync();
            await db.DisposeAsync();
        }
        foreach (var writer in _held)
        {
            writer.Release();
        }
    }

    private IdentityDb Part(IDatabase database) =>
        _parts.Find(part => part.Database == database).Db ?? throw new InvalidOperationException("This user is not in the scope of this change.");
}
