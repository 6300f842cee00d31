namespace ModularChat.Messaging.Storage.Sqlite;

/// <summary>A write that waits for the next transaction.</summary>
internal abstract class Pending(CancellationToken token)
{
    /// <summary>True when its caller has gone before it was begun.</summary>
    public bool IsAbandoned => token.IsCancellationRequested;

    /// <summary>Does it within the transaction.</summary>
    public abstract void Apply(LogBatch batch);

    /// <summary>The transaction is on disk.</summary>
    public abstract void Complete();

    /// <summary>The outcome is unknown.</summary>
    public abstract void Fail(Exception reason);
}

/// <summary>A write whose caller waits for a result.</summary>
internal sealed class Pending<T>(Func<LogBatch, T> apply, CancellationToken token) : Pending(token)
{
    // Callers go on elsewhere: the writer has the next batch to do.
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T _result = default!;

    public Task<T> Task => _done.Task;

    public override void Apply(LogBatch batch) => _result = apply(batch);

    public override void Complete() => _done.TrySetResult(_result);

    public override void Fail(Exception reason) => _done.TrySetException(reason);
}

/// <summary>A write failed by itself while it was worked out, before anything of its transaction was on disk.</summary>
internal sealed class BrokenWriteException(Pending write, Exception reason) : Exception("A write could not be worked out.", reason)
{
    public Pending Write { get; } = write;
}
