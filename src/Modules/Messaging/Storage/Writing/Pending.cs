namespace ModularChat.Messaging.Storage.Writing;

/// <summary>A write that waits for its transaction.</summary>
internal abstract class Pending(int[] shards, CancellationToken token)
{
    /// <summary>The shards that it writes to.</summary>
    public int[] Shards => shards;

    /// <summary>True when its caller has gone before it was begun.</summary>
    public bool IsAbandoned => token.IsCancellationRequested;

    /// <summary>When it began to wait for a frozen shard.</summary>
    public long ParkedAt { get; set; }

    /// <summary>Its transaction is on disk. What its caller does next is done here: for <see cref="Answers{T}"/>.</summary>
    public abstract void Complete();

    /// <summary>The outcome is unknown, or the write was not done.</summary>
    public abstract void Fail(Exception reason);
}

/// <summary>A write that shares a transaction with whatever else waits.</summary>
internal abstract class PendingChange(int[] shards, CancellationToken token) : Pending(shards, token)
{
    /// <summary>Does it within the transaction.</summary>
    public abstract void Apply(LogBatch batch);
}

/// <summary>A write past all rules, between transactions; what is cached of conversations is forgotten after it.</summary>
internal abstract class PendingAlone(CancellationToken token) : Pending([], token)
{
    /// <summary>Does it; durable when it returns.</summary>
    public abstract void Apply(IWriterTables tables);
}

/// <summary>A change whose caller waits for a result.</summary>
internal sealed class PendingChange<T>(int[] shards, Func<LogBatch, T> apply, CancellationToken token) : PendingChange(shards, token)
{
    private readonly Answer<T> _done = new();
    private T _result = default!;

    public Task<T> Task => _done.Task;

    public override void Apply(LogBatch batch) => _result = apply(batch);

    public override void Complete() => _done.Set(_result);

    public override void Fail(Exception reason) => _done.Fail(reason);
}

/// <summary>A write alone whose caller waits for a result.</summary>
internal sealed class PendingAlone<T>(Func<IWriterTables, T> apply, CancellationToken token) : PendingAlone(token)
{
    private readonly Answer<T> _done = new();
    private T _result = default!;

    public Task<T> Task => _done.Task;

    public override void Apply(IWriterTables tables) => _result = apply(tables);

    public override void Complete() => _done.SetElsewhere(_result);

    public override void Fail(Exception reason) => _done.Fail(reason);
}

/// <summary>A write failed by itself while it was worked out, before anything of its transaction was on disk.</summary>
internal sealed class BrokenWriteException(Pending write, Exception reason) : Exception("A write could not be worked out.", reason)
{
    public Pending Write { get; } = write;
}
