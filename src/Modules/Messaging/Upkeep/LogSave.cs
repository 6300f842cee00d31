using System.Globalization;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Moving;

namespace ModularChat.Messaging.Upkeep;

/// <summary>Writes the whole log into a folder, and reads what it wrote once more.</summary>
internal sealed class LogSave(TimeProvider time)
{
    public async Task<LogBackup> RunAsync(ILogDatabase log, string folder, IProgress<UpkeepProgress> progress, CancellationToken token)
    {
        Directory.CreateDirectory(Path.Combine(folder, "messages"));
        var positions = await log.GetPositionsAsync(token);
        var (total, done) = (Math.Max(1, positions.Sum()), 0L);
        var shards = new ShardBackup[positions.Length];
        for (var shard = 0; shard < shards.Length; shard++)
        {
            var (read, before, most) = (0L, done, positions[shard]);
            shards[shard] = await SaveAsync(log, shard, folder, new Direct<long>(rows =>
            {
                read += rows;
                progress.Report(new UpkeepProgress("Saving messages", before + Math.Min(read, most), total));
            }), token);
            done += most;
            progress.Report(new UpkeepProgress("Saving messages", Math.Min(done, total), total));
        }
        var seed = await log.GetSeedAsync(token);
        return new LogBackup(seed.LogId, Convert.ToBase64String(seed.Key), [.. seed.Runs.Select(r => new RunBackup(r.Id, r.Started, r.At))], shards);
    }

    private async Task<ShardBackup> SaveAsync(ILogDatabase log, int shard, string folder, IProgress<long> rows, CancellationToken token)
    {
        var name = Path.Combine("messages", string.Create(CultureInfo.InvariantCulture, $"shard-{shard:000}.rows"));
        var path = Path.Combine(folder, name);
        long position;
        await using (var file = new RowFileWriter(
            new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None), new RowFileHeader(log.Info.LogId, log.Info.ShardCount, shard)))
        {
            position = await new ShardSave(log, shard, rows).WriteAsync(file, time, token);
        }
        using var hash = await RowFileHash.ReadAsync(path, token);
        return new ShardBackup(name, position, hash.OfShard(shard, position), hash.Conversations, hash.Members, hash.Entries);
    }
}
