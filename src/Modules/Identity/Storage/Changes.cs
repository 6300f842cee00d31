using MediatR;

namespace ModularChat.Identity.Storage;

/// <summary>A change and the events about it: they are published only after it is on disk.</summary>
internal sealed class Changes(IdentityStore store, IMediator mediator)
{
    public async Task<T> MakeAsync<T>(Scope scope, Func<Work, List<INotification>, Task<T>> change, CancellationToken token)
    {
        var events = new List<INotification>();
        var result = await store.WriteAsync(
            scope,
            work =>
            {
                // Of an attempt that was undone nothing has happened.
                events.Clear();
                return change(work, events);
            },
            token);
        foreach (var e in events)
        {
            // The change is made: a caller who has gone away must not keep others from hearing of it.
            await mediator.Publish(e, CancellationToken.None);
        }
        return result;
    }

    public Task MakeAsync(Scope scope, Func<Work, List<INotification>, Task> change, CancellationToken token) =>
        MakeAsync(scope, async (work, events) =>
        {
            await change(work, events);
            return true;
        }, token);
}
