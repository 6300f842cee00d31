namespace ModularChat.Host.Gateway.Inbound;

/// <summary>Counts what is under way, so that the end of a connection can wait for it.</summary>
internal sealed class Countdown
{
    private readonly TaskCompletionSource _zero = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count = 1;

    public void Add() => Interlocked.Increment(ref _count);

    public void Done()
    {
        if (Interlocked.Decrement(ref _count) == 0)
        {
            _zero.TrySetResult();
        }
    }

    /// <summary>Completes when all that was added is done; nothing may be added afterwards.</summary>
    public Task ZeroAsync()
    {
        Done();
        return _zero.Task;
    }
}
