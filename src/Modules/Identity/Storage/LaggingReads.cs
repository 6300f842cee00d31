namespace ModularChat.Identity.Storage;

/// <summary>Reads from replicas where one is far enough, and from the database itself where not, or where a replica does not know of something yet.</summary>
internal sealed class LaggingReads(IdentityStore store, Databases databases, Replicas replicas, Guid readerId) : Reads(databases)
{
    protected internal override async Task<T> FromAsync<T>(IDatabase database, Func<IdentityDb, Task<T>> read, CancellationToken token) =>
        await replicas.TryReadAsync(Databases.PlaceOf(database), readerId, read, token) is (true, { } result)
            ? result
            : await store.FromAsync(database, read, token);
}
