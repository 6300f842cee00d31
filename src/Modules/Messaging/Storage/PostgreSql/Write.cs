using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage.Writing;

namespace ModularChat.Messaging.Storage.PostgreSql;

/// <summary>A write that waits for the shard's next call.</summary>
internal abstract class Write(CancellationToken token)
{
    /// <summary>True when its caller has gone before it was begun.</summary>
    public bool IsAbandoned => token.IsCancellationRequested;

    /// <summary>How many appends or marks it is.</summary>
    public abstract int Size { get; }

    public abstract void AddTo(AppendCall call);

    /// <summary>It is on disk and the listener knows. What its caller does next is done here: for <see cref="Answers{T}"/>.</summary>
    public abstract void Complete(AppendAnswer answer);

    /// <summary>It was not done, or its outcome is unknown.</summary>
    public abstract void Fail(Exception reason);
}

internal sealed class AppendWrite(Append append, CancellationToken token) : Write(token)
{
    private readonly Answer<AppendResult> _done = new();
    public Append Append => append;

    /// <summary>True for a message that changes nothing else.</summary>
    public bool IsMessage => append.Kind == EntryKind.Message && append.Change is null;

    /// <summary>Where it is in the call.</summary>
    public int Place { get; set; }

    public Task<AppendResult> Task => _done.Task;

    public override int Size => 1;

    public override void AddTo(AppendCall call) => Place = call.Add(append);

    public override void Complete(AppendAnswer answer) => _done.Set(answer.Results[Place].Result);

    public override void Fail(Exception reason) => _done.Fail(reason);
}

internal sealed class MarksWrite(IReadOnlyList<MarkAdvance> advances, CancellationToken token) : Write(token)
{
    private readonly Answer<bool> _done = new();

    public Task Task => _done.Task;

    public override int Size => advances.Count;

    public override void AddTo(AppendCall call)
    {
        foreach (var advance in advances)
        {
            call.Add(advance);
        }
    }

    public override void Complete(AppendAnswer answer) => _done.Set(true);

    public override void Fail(Exception reason) => _done.Fail(reason);
}

/// <summary>A write that is a call of its own, in its place among the others.</summary>
internal abstract class LoneWrite(CancellationToken token) : Write(token)
{
    public override int Size => 1;

    /// <summary>Makes the call; returns the state in which it found the shard.</summary>
    public abstract Task<ShardState> RunAsync();

    /// <summary>It is on disk and the listener knows.</summary>
    public abstract void Complete();

    public override void AddTo(AppendCall call) => throw new InvalidOperationException("It shares its call with nobody.");

    public override void Complete(AppendAnswer answer) => Complete();
}

internal sealed class LoneWrite<T>(Func<Task<(ShardState State, T Result)>> run, CancellationToken token) : LoneWrite(token)
{
    private readonly Answer<T> _done = new();
    private T _result = default!;

    public Task<T> Task => _done.Task;

    public override async Task<ShardState> RunAsync()
    {
        (var state, _result) = await run();
        return state;
    }

    public override void Complete() => _done.SetElsewhere(_result);

    public override void Fail(Exception reason) => _done.Fail(reason);
}
