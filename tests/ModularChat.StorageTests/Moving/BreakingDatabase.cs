using System.Reflection;
using ModularChat.Messaging.Storage;

namespace ModularChat.StorageTests.Moving;

/// <summary>A real database that a test does something to around the moment in which it is told to hold a shard. Not closed by whoever uses it.</summary>
public class BreakingDatabase : DispatchProxy
{
    private ILogDatabase _database = null!;

    /// <summary>What happens when it is told so, with the telling itself.</summary>
    internal Func<Func<Task>, Task>? OnHeld { get; set; }

    internal static ILogDatabase Around(ILogDatabase database)
    {
        var made = Create<ILogDatabase, BreakingDatabase>();
        ((BreakingDatabase)(object)made)._database = database;
        return made;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (targetMethod!.Name == nameof(IAsyncDisposable.DisposeAsync))
        {
            return ValueTask.CompletedTask;
        }
        return targetMethod.Name == nameof(ILogArchive.SetShardAsync) && args is [ShardRow { State: ShardState.Held } row, CancellationToken token] && OnHeld is { } happens
            ? new ValueTask(happens(() => _database.SetShardAsync(row, token).AsTask()))
            : targetMethod.Invoke(_database, BindingFlags.DoNotWrapExceptions, null, args, null);
    }
}
