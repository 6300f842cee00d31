using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Moving;
using ModularChat.Messaging.Storage.Placing;
using ModularChat.Storage;

namespace ModularChat.Messaging.Upkeep;

/// <summary>Puts a backup into the databases that the settings name, of whatever engine; they hold nothing yet.</summary>
internal sealed class LogRestore(ConfiguredLog configured, TimeProvider time)
{
    private const int FlushRows = 1000;

    /// <summary>Refuses databases that hold something.</summary>
    /// <exception cref="StartupException">They do.</exception>
    public async Task CheckEmptyAsync(CancellationToken token)
    {
        foreach (var database in configured.Names)
        {
            if (await configured.Engine(configured.EngineName).HoldsLogAsync(database, token))
            {
                throw new StartupException($"{Rendezvous.Identity(database)} holds a message log already: restore into an empty data folder and empty databases.");
            }
        }
    }

    /// <summary>Restores, and begins a run: what clients saw past the backup is no part of this history.</summary>
    /// <exception cref="InvalidDataException">A file of the backup is damaged.</exception>
    public async Task RunAsync(LogBackup backup, string folder, IProgress<UpkeepProgress> progress, CancellationToken token)
    {
        await CheckEmptyAsync(token);
        var runs = backup.Runs.Select(r => new RunRow(r.Id, r.Started, r.At)).ToList();
        var seed = new LogSeed(backup.LogId, Convert.FromBase64String(backup.Key), backup.Shards.Length, runs, []);
        await using var target = new CopyTarget(configured.Names);
        foreach (var database in configured.Names)
        {
            await target.OpenAsync(configured.Engine(configured.EngineName), database, seed, token);
        }
        var (done, total) = (0L, Math.Max(1, backup.Shards.Sum(s => s.Entries)));
        for (var shard = 0; shard < backup.Shards.Length; shard++)
        {
            var before = done;
            await target.At(shard).SetShardAsync(new ShardRow(shard, ShardState.Receiving, backup.Shards[shard].Position), token);
            await FillAsync(target.At(shard), backup, shard, folder, new Direct<long>(rows => progress.Report(
                new UpkeepProgress("Restoring messages", Math.Min(total, before + rows), total))), token);
            done += backup.Shards[shard].Entries;
        }
        await target.SetRunsAsync([.. runs, new RunRow(Ids.New(), [.. backup.Shards.Select(s => s.Position)], time.GetUtcNow())], token);
        // Only now: a torn restoration is no log that a server would open.
        for (var shard = 0; shard < backup.Shards.Length; shard++)
        {
            await target.At(shard).SetShardAsync(new ShardRow(shard, ShardState.Held, backup.Shards[shard].Position), token);
        }
    }

    private static async Task FillAsync(ILogDatabase target, LogBackup backup, int shard, string folder, Direct<long> progress, CancellationToken token)
    {
        var path = Path.Combine(folder, backup.Shards[shard].File);
        await using var reader = await RowFileReader.OpenAsync(path, token);
        if (reader.Header != new RowFileHeader(backup.LogId, backup.Shards.Length, shard))
        {
            throw new InvalidDataException($"{path} belongs to another backup.");
        }
        var (conversations, entries, read) = (new List<Membership>(), new List<EntryRow>(), 0L);
        await foreach (var record in reader.ReadAsync(token))
        {
            if (record.Conversation is { } membership)
            {
                conversations.Add(membership);
            }
            else if (record.Entry is { } row)
            {
                entries.Add(row);
            }
            if (conversations.Count + entries.Count >= FlushRows || record is { Conversation: null, Entry: null })
            {
                await FlushAsync();
            }
        }
        await FlushAsync();
        if (reader.Footer!.Position != backup.Shards[shard].Position)
        {
            throw new InvalidDataException($"{path} belongs to another backup.");
        }

        async Task FlushAsync()
        {
            if (conversations.Count + entries.Count > 0)
            {
                // One row a call counts: a later one of the same key replaces it.
                await target.WriteRowsAsync(
                    [.. conversations.GroupBy(c => c.Head.ConversationId).Select(g => g.Last())], [.. entries.GroupBy(e => (e.ConversationId, e.Seq)).Select(g => g.Last())], token);
            }
            progress.Report(read += entries.Count);
            conversations.Clear();
            entries.Clear();
        }
    }
}
