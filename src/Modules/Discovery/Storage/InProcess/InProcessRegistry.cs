using ModularChat.Discovery.Registry;

namespace ModularChat.Discovery.Storage.InProcess;

/// <summary>The registry of a cluster of one.</summary>
internal sealed class InProcessRegistry : INodeRegistry
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private NodePlace? _place;
    private Guid _drain;

    public Task<bool> KeepAsync(NodePlace place, CancellationToken token)
    {
        lock (_gate)
        {
            _place = place;
        }
        return Task.FromResult(true);
    }

    public Task<IReadOnlyList<KeyValuePair<string, byte[]>>> ReadAsync(CancellationToken token)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<KeyValuePair<string, byte[]>>>(_place is { } place ? [new(place.Id, place.Written)] : []);
        }
    }

    public Task AskToDrainAsync(string id, Guid instance, CancellationToken token)
    {
        lock (_gate)
        {
            _drain = instance;
            _changed.TrySetResult();
        }
        return Task.CompletedTask;
    }

    public Task<bool> IsAskedToDrainAsync(string id, Guid instance, CancellationToken token)
    {
        lock (_gate)
        {
            return Task.FromResult(_drain == instance);
        }
    }

    public Task LeaveAsync(NodePlace place, CancellationToken token)
    {
        lock (_gate)
        {
            _place = null;
        }
        return Task.CompletedTask;
    }

    public Task ChangedAsync(CancellationToken token)
    {
        lock (_gate)
        {
            var changed = _changed.Task;
            if (changed.IsCompleted)
            {
                _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
            return changed.WaitAsync(token);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
