using System.Collections.Concurrent;
using ModularChat.Discovery.Registry;

namespace ModularChat.Discovery.Draining;

/// <summary>Wishes to drain that wait for the loop, which alone talks to the registry.</summary>
internal sealed class DrainWishes(Wake wake)
{
    private readonly ConcurrentQueue<Wish> _waiting = new();

    private sealed record Wish(string Id, Guid Instance, TaskCompletionSource Done);

    /// <summary>Completes when the registry has it.</summary>
    public Task AddAsync(string id, Guid instance, CancellationToken token)
    {
        var wish = new Wish(id, instance, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        _waiting.Enqueue(wish);
        wake.Up();
        return wish.Done.Task.WaitAsync(token);
    }

    /// <summary>Takes all that wait to the registry; when it is away, whoever waits is told.</summary>
    public async Task DeliverAsync(INodeRegistry registry, CancellationToken token)
    {
        while (_waiting.TryDequeue(out var wish))
        {
            try
            {
                await registry.AskToDrainAsync(wish.Id, wish.Instance, token);
                wish.Done.TrySetResult();
            }
            catch (Exception e)
            {
                wish.Done.TrySetException(e);
                throw;
            }
        }
    }
}
