using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using ModularChat.Messaging.Storage.Moving;

namespace ModularChat.Messaging.Storage.Placing;

/// <summary>
/// Moves whole shards to where they belong while the log is read and written. For each: copy, catch up, compare; then the source is frozen for the
/// little that is left, the target takes over, the source gives up. At every moment exactly one database holds the shard or has it frozen, so a
/// process that is killed in between finds at its next start which of them it is; one that lives, and whose databases fail, finds it as soon as they answer.
/// </summary>
internal sealed partial class Rebalance(PlacedLog log, IReadOnlyList<string> databases, TimeProvider time, ILogger logger)
{
    private const int Attempts = 3;

    // Less than writers wait for a frozen shard, and less than Placement.LongestFreeze.
    private static readonly TimeSpan FreezeLimit = TimeSpan.FromSeconds(4), ReadGrace = TimeSpan.FromSeconds(3);

    /// <summary>The shards that lie elsewhere than they belong.</summary>
    public IReadOnlyList<(int Shard, int From, int To)> Plan()
    {
        var owners = log.Owners;
        return [.. Enumerable.Range(0, owners.Length).Select(s => (s, owners[s], Rendezvous.Choose(s, databases))).Where(m => m.Item2 != m.Item3)];
    }

    /// <summary>Moves them all; returns how many moved.</summary>
    public async Task<int> RunAsync(Action<string> tell, CancellationToken token)
    {
        var plan = Plan();
        foreach (var (shard, from, to) in plan)
        {
            tell($"Shard {shard}: from {Rendezvous.Identity(databases[from])} to {Rendezvous.Identity(databases[to])}");
            await MoveAsync(shard, log.Databases[from], log.Databases[to], token);
            Log.Moved(logger, shard, from, to);
        }
        if (plan.Count > 0)
        {
            // Whoever looked a shard up before may still be reading.
            await Task.Delay(ReadGrace, time, token);
        }
        foreach (var (shard, from, _) in plan)
        {
            await log.Databases[from].DropShardAsync(shard, token);
        }
        return plan.Count;
    }

    /// <summary>Moves one shard; its rows are still at the source, and of no use.</summary>
    public async Task MoveAsync(int shard, ILogDatabase from, ILogDatabase to, CancellationToken token)
    {
        for (var attempt = 1; ; attempt++)
        {
            var transfer = new ShardTransfer(from, to, shard);
            try
            {
                await transfer.PrepareAsync(token);
                await HandOverAsync(shard, transfer, from, to, token);
                break;
            }
            catch (Exception e) when (attempt < Attempts && e is CopyOvertakenException or CopyDiffersException)
            {
                Log.Again(logger, e, shard);
                await transfer.AbandonAsync(token);
            }
        }
    }

    private async Task HandOverAsync(int shard, ShardTransfer transfer, ILogDatabase from, ILogDatabase to, CancellationToken token)
    {
        ExceptionDispatchInfo? failure = null;
        var isOffered = false;
        log.Close(shard);
        try
        {
            using var limit = new CancellationTokenSource(FreezeLimit, time);
            using var frozen = CancellationTokenSource.CreateLinkedTokenSource(token, limit.Token);
            await from.SetShardAsync(new ShardRow(shard, ShardState.Frozen, 0), frozen.Token);
            var position = await transfer.FinishAsync(frozen.Token);
            await TakeRunsAsync(shard, from, to, frozen.Token);
            // From here on the target may have it, whatever happens.
            isOffered = true;
            await to.SetShardAsync(new ShardRow(shard, ShardState.Held, position), frozen.Token);
        }
        catch (Exception e)
        {
            failure = ExceptionDispatchInfo.Capture(e);
        }
        var owner = await log.SettleAsync(shard, settling => SettleAsync(shard, from, to, isOffered, settling), failure?.SourceException, logger);
        if (!ReferenceEquals(owner, to))
        {
            failure?.Throw();
        }
    }

    /// <summary>
    /// Ends a hand-over by what the databases say, however it went: one of them holds the shard, the other gives it up. May be done again when it failed.
    /// </summary>
    private static async Task<ILogDatabase> SettleAsync(int shard, ILogDatabase from, ILogDatabase to, bool isOffered, CancellationToken token)
    {
        var (source, target) = (await from.GetShardAsync(shard, token), await to.GetShardAsync(shard, token));
        if (isOffered && target.State == ShardState.Receiving)
        {
            // That it is to hold the shard may still be on its way to the target: refused from here on, since one that is gone does not become the holder.
            await to.SetShardAsync(target with { State = ShardState.Gone }, token);
            target = await to.GetShardAsync(shard, token);
        }
        if (target.State == ShardState.Gone && target.Position > source.Position)
        {
            // It came through just before, and another node has written there: the target has more.
            await to.SetShardAsync(target with { State = ShardState.Receiving }, token);
            await to.SetShardAsync(target with { State = ShardState.Held }, token);
            target = target with { State = ShardState.Held };
        }
        var isMoved = target.State == ShardState.Held && !(source.State == ShardState.Held && source.Position > target.Position);
        if (!isMoved && target.State == ShardState.Held)
        {
            await to.SetShardAsync(target with { State = ShardState.Gone }, token);
        }
        await from.SetShardAsync(source with { State = isMoved ? ShardState.Gone : ShardState.Held }, token);
        return isMoved ? to : from;
    }

    /// <summary>Cursors of all runs stay good: the target learns where each began in this shard.</summary>
    private static async Task TakeRunsAsync(int shard, ILogDatabase from, ILogDatabase to, CancellationToken token)
    {
        var theirs = (await from.GetSeedAsync(token)).Runs.ToDictionary(r => r.Id, r => r.Started[shard]);
        var own = (await to.GetSeedAsync(token)).Runs;
        await to.SetRunsAsync([.. own.Select(Take)], token);

        RunRow Take(RunRow run)
        {
            long[] started = [.. run.Started];
            started[shard] = theirs.GetValueOrDefault(run.Id, started[shard]);
            return run with { Started = started };
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2051, LogLevel.Information, "Shard {Shard} of the message log moved from database {From} to database {To} of the list")]
        public static partial void Moved(ILogger logger, int shard, int from, int to);

        [LoggerMessage(2052, LogLevel.Warning, "Shard {Shard} of the message log is copied anew")]
        public static partial void Again(ILogger logger, Exception reason, int shard);
    }
}
