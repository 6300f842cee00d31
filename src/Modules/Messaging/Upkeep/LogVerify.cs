using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Moving;

namespace ModularChat.Messaging.Upkeep;

/// <summary>Checks a whole log.</summary>
internal static class LogVerify
{
    private const int MaxFindings = 100;

    public static async Task<LogCheck> RunAsync(ILogDatabase log, IProgress<UpkeepProgress> progress, CancellationToken token) =>
        await RunAsync(_ => log, await log.GetPositionsAsync(token), progress, token);

    public static async Task<LogCheck> RunAsync(CopyTarget target, IProgress<UpkeepProgress> progress, CancellationToken token)
    {
        var positions = new long[target.Databases[0].Info.ShardCount];
        for (var shard = 0; shard < positions.Length; shard++)
        {
            positions[shard] = (await target.At(shard).GetShardAsync(shard, token)).Position;
        }
        return await RunAsync(target.At, positions, progress, token);
    }

    private static async Task<LogCheck> RunAsync(Func<int, ILogDatabase> at, long[] positions, IProgress<UpkeepProgress> progress, CancellationToken token)
    {
        var reports = new List<ShardReport>();
        var (total, done) = (Math.Max(1, positions.Sum()), 0L);
        for (var shard = 0; shard < positions.Length; shard++)
        {
            var (read, before, most) = (0L, done, positions[shard]);
            reports.Add(await new ShardVerify(at(shard), shard, positions.Length, new Direct<long>(rows =>
            {
                read += rows;
                progress.Report(new UpkeepProgress("Checking", before + Math.Min(read, most), total));
            })).RunAsync(token));
            done += most;
            progress.Report(new UpkeepProgress("Checking", done, total));
        }
        return new LogCheck(
            ContentHash.OfLog(reports.Select(r => r.Hash)), [.. reports.Select(r => r.Hash)], reports.Sum(r => r.Conversations), reports.Sum(r => r.Members), reports.Sum(r => r.Entries),
            reports.Sum(r => r.Unchecked), [.. reports.SelectMany(r => r.Findings).Take(MaxFindings).Select(f => f.ToString())], reports.Sum(r => r.FindingCount));
    }
}
