namespace ModularChat.Messaging.Reading;

/// <summary>One long poll that waits. It holds no thread; a signal that comes before the wait is not lost.</summary>
internal sealed class Waiter(Waiters all, Guid userId, Guid? sessionId) : IDisposable
{
    private TaskCompletionSource signal = NewSignal();
    private volatile bool isOver;
    private Exception? failure;

    public Guid UserId { get; } = userId;

    public Guid? SessionId { get; } = sessionId;

    /// <summary>True when the time is up.</summary>
    public bool IsOver => isOver;

    /// <summary>Waits for the next signal. What comes from now on is a signal of its own.</summary>
    public async Task WaitAsync()
    {
        await Volatile.Read(ref signal).Task;
        Volatile.Write(ref signal, NewSignal());
        if (Volatile.Read(ref failure) is { } thrown)
        {
            throw thrown;
        }
    }

    public void Wake() => Volatile.Read(ref signal).TrySetResult();

    public void EndWait()
    {
        isOver = true;
        Wake();
    }

    public void Fail(Exception reason)
    {
        Volatile.Write(ref failure, reason);
        Wake();
    }

    public void Dispose() => all.Leave(this);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
