using Microsoft.Extensions.Logging;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Placing;

namespace ModularChat.Messaging.Upkeep;

/// <summary>Moves the shards of the log to where they belong, and begins runs.</summary>
internal sealed class LogRebalance(ConfiguredLog configured, TimeProvider time, ILogger<LogRebalance> logger)
{
    public async Task<int> RunAsync(ILogDatabase log, bool dryRun, IProgress<UpkeepProgress> progress, CancellationToken token)
    {
        if (log is not PlacedLog placed)
        {
            return 0;
        }
        var rebalance = new Rebalance(placed, configured.Names, time, logger);
        return dryRun ? rebalance.Plan().Count : await rebalance.RunAsync(line => progress.Report(new UpkeepProgress(line, 0, 0)), token);
    }

    public async Task<Guid> BeginRunAsync(ILogDatabase log, CancellationToken token)
    {
        var run = new RunRow(Ids.New(), await log.GetPositionsAsync(token), time.GetUtcNow());
        await log.SetRunsAsync([.. (await log.GetSeedAsync(token)).Runs, run], token);
        return run.Id;
    }
}
