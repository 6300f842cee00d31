using ModularChat.Storage;

namespace ModularChat.Messaging.Storage.Placing;

/// <summary>Reads from the databases which of them holds each shard, and puts right what a move left when it was broken off.</summary>
internal static class Placement
{
    /// <summary>A move freezes a shard for less than this; one that is frozen longer is frozen by nobody who lives.</summary>
    public static readonly TimeSpan LongestFreeze = TimeSpan.FromSeconds(15);

    /// <summary>For each shard the index of its database; -1 for one that no database has.</summary>
    public static async Task<int[]> ReadAsync(IReadOnlyList<ILogDatabase> databases, CancellationToken token)
    {
        var states = await StatesAsync(databases, token);
        return [.. states.Select(Owner)];
    }

    /// <summary>
    /// Ends moves that were broken off: where the target held the shard already, it keeps it; else the source does. What is left over elsewhere is dropped.
    /// </summary>
    /// <param name="databases">All of the log.</param>
    /// <param name="isShared">Other processes may be moving shards now: what is frozen gets the time that a move may take.</param>
    /// <param name="time">The clock.</param>
    /// <param name="token">Ends the wait.</param>
    public static async Task<int[]> HealAsync(IReadOnlyList<ILogDatabase> databases, bool isShared, TimeProvider time, CancellationToken token)
    {
        var states = await StatesAsync(databases, token);
        if (isShared && states.Any(s => s.Any(r => r.State is ShardState.Frozen)))
        {
            await Task.Delay(LongestFreeze, time, token);
            states = await StatesAsync(databases, token);
        }
        for (var shard = 0; shard < states.Length; shard++)
        {
            var owner = Owner(states[shard]);
            for (var i = 0; i < databases.Count && owner >= 0; i++)
            {
                var row = states[shard][i];
                if (i == owner && row.State == ShardState.Frozen)
                {
                    await databases[i].SetShardAsync(row with { State = ShardState.Held }, token);
                }
                else if (i != owner && (row.State is ShardState.Held or ShardState.Frozen || (row.State == ShardState.Receiving && !isShared)))
                {
                    await databases[i].SetShardAsync(row with { State = ShardState.Gone }, token);
                    await databases[i].DropShardAsync(shard, token);
                }
                else if (i != owner && row.State == ShardState.Gone && !isShared && await databases[i].ReadConversationsAsync(shard, Guid.Empty, 1, token) is { Count: > 0 })
                {
                    await databases[i].DropShardAsync(shard, token);
                }
            }
        }
        return [.. states.Select(Owner)];
    }

    /// <summary>Refuses to go on without one of the shards.</summary>
    /// <exception cref="StartupException">A shard lies in none of the databases.</exception>
    public static void Check(int[] owners)
    {
        var missing = Enumerable.Range(0, owners.Length).Where(s => owners[s] < 0).ToList();
        if (missing.Count > 0)
        {
            throw new StartupException(
                $"No database in Storage:Messages:Databases holds shard {string.Join(", ", missing)} of the message log: name the one that holds it again, move its shards with chat store rebalance, and only then take it off the list.");
        }
    }

    private static async Task<ShardRow[][]> StatesAsync(IReadOnlyList<ILogDatabase> databases, CancellationToken token)
    {
        var shards = databases[0].Info.ShardCount;
        var states = new ShardRow[shards][];
        for (var shard = 0; shard < shards; shard++)
        {
            states[shard] = new ShardRow[databases.Count];
            for (var i = 0; i < databases.Count; i++)
            {
                states[shard][i] = await databases[i].GetShardAsync(shard, token);
            }
        }
        return states;
    }

    /// <summary>
    /// Two hold it only when a move was broken off at its end and the engine thawed the source by itself: then nothing was written since, or
    /// only to the one with the higher position.
    /// </summary>
    private static int Owner(ShardRow[] states)
    {
        var held = Enumerable.Range(0, states.Length).Where(i => states[i].State == ShardState.Held).OrderByDescending(i => states[i].Position).ToList();
        return held is [var first, ..] ? first : Array.FindIndex(states, s => s.State == ShardState.Frozen);
    }
}
