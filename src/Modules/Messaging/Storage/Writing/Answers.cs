namespace ModularChat.Messaging.Storage.Writing;

/// <summary>
/// Has the callers of a writer's batches go on, each up to where it waits again. Those who were just answered often write again at once, and a writer
/// that took the first of them would have the others wait for its sync, and need two transactions where one would do: so it waits for all of them, but
/// not for one who takes long. They go on one after the other on a thread of the pool, as waking one for each costs more than what most do.
/// </summary>
internal sealed class Answers<T>(AnswerWatch watch) : IWatchedAnswers
{
    /// <summary>So many for each further thread that waking it is worth it.</summary>
    private const int Together = 16;

    private Round? _round;
    private Round? _seen;
    private int _isWatched;

    /// <summary>Answers all of them; done when each has gone on, or one takes too long.</summary>
    /// <param name="batch">In the order in which they are answered, if they are few; it may change afterwards.</param>
    /// <param name="answer">Completes one, and with it runs what its caller does next.</param>
    public Task GiveAsync(List<T> batch, Action<T> answer)
    {
        if (batch.Count == 0)
        {
            return Task.CompletedTask;
        }
        var round = new Round([.. batch], answer);
        Volatile.Write(ref _round, round);
        if (Interlocked.Exchange(ref _isWatched, 1) == 0)
        {
            watch.Add(this);
        }
        // This thread is soon free for the first.
        for (var thread = 0; thread == 0 || (thread < Environment.ProcessorCount && thread * Together < batch.Count); thread++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(round, preferLocal: thread == 0);
        }
        return round.Done;
    }

    /// <summary>A round that was here at the last look too takes too long. When there is nothing to look at, nobody looks until the next round.</summary>
    public void Look()
    {
        var round = Volatile.Read(ref _round);
        var goesOn = round is { IsOver: false };
        if (goesOn && round == _seen)
        {
            round!.Hurry();
        }
        _seen = goesOn ? round : null;
        if (!goesOn)
        {
            Interlocked.CompareExchange(ref _round, null, round);
            Interlocked.Exchange(ref _isWatched, 0);
            // One that came between has found the watch set.
            goesOn = Volatile.Read(ref _round) is not null && Interlocked.Exchange(ref _isWatched, 1) == 0;
        }
        if (goesOn)
        {
            watch.Add(this);
        }
    }

    private sealed class Round(T[] writes, Action<T> answer) : IThreadPoolWorkItem
    {
        private readonly TaskCompletionSource _done = new();
        private int _taken;
        private int _left = writes.Length;

        public Task Done => _done.Task;

        /// <summary>True when the writer goes on.</summary>
        public bool IsOver => _done.Task.IsCompleted;

        /// <summary>Has the writer go on, and those who wait behind somebody too, each by itself: this round is not looked at again.</summary>
        public void Hurry()
        {
            for (var left = writes.Length - Volatile.Read(ref _taken); left > 0; left--)
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            }
            // Not here, where the rounds of other writers wait to be looked at.
            ThreadPool.UnsafeQueueUserWorkItem(static done => done.TrySetResult(), _done, preferLocal: false);
        }

        public void Execute()
        {
            while (Interlocked.Increment(ref _taken) - 1 is var next && next < writes.Length)
            {
                answer(writes[next]);
                if (Interlocked.Decrement(ref _left) == 0)
                {
                    _done.TrySetResult();
                }
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

    /// <summary>The caller goes on elsewhere.</summary>
    public void SetElsewhere(T result) => ThreadPool.UnsafeQueueUserWorkItem(static s => s._done.TrySetResult(s.result), (_done, result), preferLocal: false);
}
