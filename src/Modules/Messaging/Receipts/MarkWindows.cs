using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Receipts;

/// <summary>
/// Marks on their way into the log. The first advance of a member in a conversation is written at once and opens a window
/// of a second; the advances within it become one write at its end, which may open the next. All windows that end together
/// are written together. When the process stops, no window holds anything back any more.
/// </summary>
internal sealed class MarkWindows : IDisposable
{
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(1);

    private readonly IMessageLog log;
    private readonly TimeProvider time;
    private readonly ITimer timer;
    private readonly Lock gate = new();
    private readonly Dictionary<(Guid ConversationId, Guid UserId), Window> windows = [];
    // All windows are equally long, so the one that opened first ends first.
    private readonly Queue<Window> byEnd = [];
    private bool isStopping;

    public MarkWindows(IMessageLog log, TimeProvider time)
    {
        this.log = log;
        this.time = time;
        timer = time.CreateTimer(static state => ((MarkWindows)state!).EndWindows(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How many windows are open.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return windows.Count;
            }
        }
    }

    /// <summary>Moves marks; done once that is on disk, for every caller.</summary>
    public Task AdvanceAsync(Guid conversationId, Guid userId, long? delivered, long? read)
    {
        var key = (conversationId, userId);
        lock (gate)
        {
            if (windows.TryGetValue(key, out var open))
            {
                return open.Join(delivered, read);
            }
            if (!isStopping)
            {
                Open(windows[key] = new Window(conversationId, userId));
            }
        }
        return log.AdvanceMarksAsync([new MarkAdvance(conversationId, userId, delivered, read)], CancellationToken.None).AsTask();
    }

    /// <summary>The process stops: writes what waits, and from now on every advance at once. Done when that is on disk or has failed.</summary>
    public Task StopAsync()
    {
        var due = new List<(MarkAdvance Advance, TaskCompletionSource Done)>();
        lock (gate)
        {
            isStopping = true;
            while (byEnd.TryDequeue(out var window))
            {
                if (window.Take() is { } next)
                {
                    due.Add(next);
                }
            }
            windows.Clear();
        }
        return due.Count > 0 ? WriteAsync(due) : Task.CompletedTask;
    }

    public void Dispose() => timer.Dispose();

    private void Open(Window window)
    {
        window.Opened = time.GetTimestamp();
        byEnd.Enqueue(window);
        if (byEnd.Count == 1)
        {
            timer.Change(Length, Timeout.InfiniteTimeSpan);
        }
    }

    private void EndWindows()
    {
        var due = new List<(MarkAdvance Advance, TaskCompletionSource Done)>();
        lock (gate)
        {
            while (byEnd.TryPeek(out var window) && time.GetElapsedTime(window.Opened) >= Length)
            {
                byEnd.Dequeue();
                if (window.Take() is { } next)
                {
                    due.Add(next);
                    Open(window);
                }
                else
                {
                    windows.Remove((window.ConversationId, window.UserId));
                }
            }
            if (byEnd.TryPeek(out var first))
            {
                var left = Length - time.GetElapsedTime(first.Opened);
                timer.Change(left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
            }
        }
        if (due.Count > 0)
        {
            _ = WriteAsync(due);
        }
    }

    private async Task WriteAsync(List<(MarkAdvance Advance, TaskCompletionSource Done)> due)
    {
        try
        {
            await log.AdvanceMarksAsync(due.ConvertAll(static item => item.Advance), CancellationToken.None);
            due.ForEach(static item => item.Done.TrySetResult());
        }
        catch (Exception failure)
        {
            // Each caller answers for its own part.
            due.ForEach(item => item.Done.TrySetException(failure));
        }
    }

    /// <summary>Guarded by the lock of the whole.</summary>
    private sealed class Window(Guid conversationId, Guid userId)
    {
        private long? delivered;
        private long? read;
        private TaskCompletionSource? done;

        public Guid ConversationId { get; } = conversationId;

        public Guid UserId { get; } = userId;

        public long Opened { get; set; }

        public Task Join(long? toDelivered, long? toRead)
        {
            delivered = Higher(delivered, toDelivered);
            read = Higher(read, toRead);
            done ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return done.Task;
        }

        public (MarkAdvance Advance, TaskCompletionSource Done)? Take()
        {
            if (done is null)
            {
                return null;
            }
            var taken = (new MarkAdvance(ConversationId, UserId, delivered, read), done);
            (delivered, read, done) = (null, null, null);
            return taken;
        }

        private static long? Higher(long? one, long? other) => one is null || other > one ? other : one;
    }
}
