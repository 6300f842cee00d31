namespace ModularChat.Messaging.Storage.Writing;

/// <summary>
/// Has the callers of a batch go on, each up to where it waits again. Those who were just answered often write again at once, and a writer that took
/// the first of them would have the others wait for its sync, and need two transactions where one would do: so it goes on when all have. A few are
/// answered on the writer's own thread, as waking another costs more than what they do; many are shared out.
/// </summary>
internal sealed class Answers<T> : IThreadPoolWorkItem
{
    /// <summary>So many that waking a thread is worth it, and so few that all processors have some.</summary>
    private const int Together = 16;

    private readonly T[] _writes;
    private readonly Action<T> _answer;
    private readonly TaskCompletionSource _over = new();
    private int _taken;
    private int _left;

    private Answers(T[] writes, Action<T> answer) => (_writes, _answer, _left) = (writes, answer, writes.Length);

    /// <summary>Answers all of them; done when each has gone on. No caller may block its thread to wait for the log.</summary>
    /// <param name="batch">In the order in which they are answered, if they are few.</param>
    /// <param name="answer">Completes one, and with it runs what its caller does next.</param>
    public static Task GiveAsync(List<T> batch, Action<T> answer)
    {
        if (batch.Count <= Together)
        {
            foreach (var write in batch)
            {
                answer(write);
            }
            return Task.CompletedTask;
        }
        var answers = new Answers<T>([.. batch], answer);
        for (var part = 1; part < Environment.ProcessorCount && part * Together < batch.Count; part++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(answers, preferLocal: false);
        }
        answers.Execute();
        return answers._over.Task;
    }

    public void Execute()
    {
        while (Interlocked.Add(ref _taken, Together) - Together is var from && from < _writes.Length)
        {
            var part = _writes.AsSpan(from, Math.Min(Together, _writes.Length - from));
            foreach (var write in part)
            {
                _answer(write);
            }
            if (Interlocked.Add(ref _left, -part.Length) == 0)
            {
                _over.SetResult();
            }
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
