using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Moving;

namespace ModularChat.Messaging.Upkeep;

/// <summary>Takes away what the settings and the owners of conversations no longer keep. Members, ranges and numbers stay, so that who may read what is known for ever.</summary>
internal sealed class Retention(IOptions<MessagingOptions> options, TimeProvider time)
{
    /// <summary>From so many rows on, and a fifth of what is left, packing the databases is worth its time.</summary>
    private const long PurgeFrom = 10_000, PurgePart = 5;

    private readonly RetentionRules _rules = new(options.Value.Retention);

    public async Task<RetentionResult> RunAsync(ILogDatabase log, bool dryRun, IProgress<UpkeepProgress> progress, CancellationToken token)
    {
        var (conversations, entries, left, remaining) = (0L, 0L, 0L, 0L);
        var forgetBefore = time.GetUtcNow().AddDays(-options.Value.DuplicateDays);
        for (var shard = 0; shard < log.Info.ShardCount; shard++)
        {
            progress.Report(new UpkeepProgress("Retention", shard, log.Info.ShardCount));
            await foreach (var (head, _) in log.ConversationsAsync(shard, Guid.Empty, token))
            {
                var upTo = head.Kind == ConversationKind.Self ? head.Cut : await FindCutAsync(log, head, token);
                remaining += head.Seq - upTo;
                if (upTo > head.Cut)
                {
                    conversations++;
                    entries += upTo - head.Cut;
                }
                if (!dryRun && (upTo > head.Cut || await HasOldRowsAsync(log, head, forgetBefore, token)))
                {
                    left += await log.CutAsync(head.ConversationId, upTo, forgetBefore, token);
                }
            }
        }
        var isWorth = left >= PurgeFrom && left * PurgePart >= remaining;
        if (isWorth)
        {
            await log.PurgeAsync(token);
        }
        return new RetentionResult(conversations, entries, left, isWorth);
    }

    /// <summary>The last seq that is kept no longer; never below what was cut before.</summary>
    private async Task<long> FindCutAsync(ILogDatabase log, Head head, CancellationToken token)
    {
        var rule = _rules.Of(head);
        var upTo = rule.Count > 0 ? Math.Max(head.Cut, head.Seq - rule.Count) : head.Cut;
        if (rule.Days == 0)
        {
            return upTo;
        }
        // Times rise with seqs but for a clock that was set back; then a few leave with the next round.
        var before = time.GetUtcNow().AddDays(-rule.Days);
        var (low, high) = (upTo, head.Seq);
        while (low < high)
        {
            var middle = high - ((high - low) / 2);
            if (await log.EntryAsync(head.ConversationId, middle, token) is { } row && row.Seq == middle && row.At < before)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }
        return low;
    }

    /// <summary>Rows that were kept when they were cut, because a retry might still have come.</summary>
    private static async Task<bool> HasOldRowsAsync(ILogDatabase log, Head head, DateTimeOffset forgetBefore, CancellationToken token) =>
        head.Cut > 0 && await log.EntryAsync(head.ConversationId, 1, token) is { } row && row.Seq <= head.Cut && row.At < forgetBefore;
}

/// <summary>Does it hourly.</summary>
internal sealed partial class RetentionSweep(Retention retention, LogAccess access, TimeProvider time, ILogger<RetentionSweep> logger) : BackgroundService
{
    private static readonly TimeSpan Between = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await Task.Delay(Between, time, stoppingToken);
            try
            {
                var result = await access.UseAsync(log => retention.RunAsync(log, dryRun: false, new Direct<UpkeepProgress>(_ => { }), stoppingToken), stoppingToken);
                if (result.Entries > 0)
                {
                    Log.Cut(logger, result.Entries, result.Conversations);
                }
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, failure);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2061, LogLevel.Information, "Retention took away {Entries} entries of {Conversations} conversations")]
        public static partial void Cut(ILogger logger, long entries, long conversations);

        [LoggerMessage(2062, LogLevel.Warning, "Retention could not do its round; it is tried again in an hour")]
        public static partial void Failed(ILogger logger, Exception failure);
    }
}
