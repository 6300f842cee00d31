using MediatR;

namespace ModularChat.Identity.Storage;

/// <summary>A change and the events about it: they are published only after it is on disk.</summary>
internal sealed class Changes(IdentityStore store, IMediator mediator)
{
    public async Task<T> MakeAsync<T>(Func<IdentityDb, List<INotification>, Task<T>> change, CancellationToken token)
    {
        var events = new List<INotification>();
        var result = await store.WriteAsync(db => change(db, events), token);
        foreach (var e in events)
        {
            // The change is made: a caller who has gone away must not keep others from hearing of it.
            await mediator.Publish(e, CancellationToken.None);
        }
        return result;
    }

    public Task MakeAsync(Func<IdentityDb, List<INotification>, Task> change, CancellationToken token) =>
        MakeAsync(async (db, events) =>
        {
            await change(db, events);
            return true;
        }, token);
}
