namespace ModularChat.Messaging.Storage.Writing;

/// <summary>
/// Has the callers of a batch go on, some after each other on one thread of the pool: a piece of work for each of them would cost more than
/// what most do next, and on the writer's own thread they would hold up the next batch.
/// </summary>
internal sealed class Answers<T>(T[] writes, Action<T> answer) : IThreadPoolWorkItem
{
    /// <summary>So many that waking a thread is shared, and so few that all processors have some.</summary>
    private const int Together = 16;

    public void Execute()
    {
        foreach (var write in writes)
        {
            answer(write);
        }
    }

    /// <summary>Answers all of them, in their order in each part.</summary>
    /// <param name="batch">Taken as it is now; it may change afterwards.</param>
    /// <param name="answer">Completes one, and with it runs what its caller does next.</param>
    public static void Give(List<T> batch, Action<T> answer)
    {
        for (var i = 0; i < batch.Count; i += Together)
        {
            ThreadPool.UnsafeQueueUserWorkItem(new Answers<T>([.. batch.Slice(i, Math.Min(Together, batch.Count - i))], answer), preferLocal: true);
        }
    }
}

/// <summary>What one caller waits for.</summary>
internal sealed class Answer<T>
{
    private readonly TaskCompletionSource<T> _done = new();

    public Task<T> Task => _done.Task;

    /// <summary>Runs what the caller does next, here: for <see cref="Answers{T}"/>.</summary>
    public void Set(T result) => _done.TrySetResult(result);

    /// <summary>The caller goes on elsewhere.</summary>
    public void Fail(Exception reason) => ThreadPool.UnsafeQueueUserWorkItem(static s => s._done.TrySetException(s.reason), (_done, reason), preferLocal: false);
}
