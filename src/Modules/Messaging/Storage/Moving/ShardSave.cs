namespace ModularChat.Messaging.Storage.Moving;

/// <summary>Writes a shard into a file beside running writes: everything first, then what changed meanwhile, the last of it while writes wait.</summary>
internal sealed class ShardSave(ILogArchive archive, int shard, IProgress<long>? rows = null)
{
    private const int MaxPasses = 8, FewChanges = 20;

    /// <summary>Longer than that nobody waits: then the rest is what changed up to the last pass that was whole.</summary>
    private static readonly TimeSpan FreezeLimit = TimeSpan.FromSeconds(5);

    /// <summary>Returns the position that the file comes up to.</summary>
    public async Task<long> WriteAsync(RowFileWriter file, TimeProvider time, CancellationToken token)
    {
        var after = (await archive.GetShardAsync(shard, token)).Position;
        await foreach (var membership in archive.ConversationsAsync(shard, Guid.Empty, token))
        {
            await WriteAsync(file, membership, 1, token);
        }
        await file.AddChangesAsync(token);
        for (var pass = 0; pass < MaxPasses; pass++)
        {
            (after, var changes) = await CatchUpAsync(file, after, token);
            if (changes <= FewChanges)
            {
                break;
            }
        }
        using var limit = new CancellationTokenSource(FreezeLimit, time);
        using var frozen = CancellationTokenSource.CreateLinkedTokenSource(token, limit.Token);
        await archive.SetShardAsync(new ShardRow(shard, ShardState.Frozen, 0), token);
        try
        {
            (after, _) = await CatchUpAsync(file, after, frozen.Token);
        }
        finally
        {
            await archive.SetShardAsync(new ShardRow(shard, ShardState.Held, 0), CancellationToken.None);
        }
        await file.FinishAsync(after, token);
        return after;
    }

    private async Task<(long Position, int Changes)> CatchUpAsync(RowFileWriter file, long after, CancellationToken token)
    {
        var position = (await archive.GetShardAsync(shard, token)).Position;
        if (position == after)
        {
            return (after, 0);
        }
        var changes = await archive.ReadChangesAsync(shard, after, token);
        foreach (var id in changes)
        {
            if (await archive.ConversationAsync(shard, id, token) is { } membership)
            {
                await WriteAsync(file, membership, await archive.FirstAfterAsync(membership.Head, after, token), token);
            }
        }
        return (position, changes.Count);
    }

    private async Task WriteAsync(RowFileWriter file, Membership membership, long first, CancellationToken token)
    {
        var id = membership.Head.ConversationId;
        await file.AddAsync(membership, token);
        var targets = new SortedSet<long>();
        await foreach (var page in archive.EntryPagesAsync(id, first, long.MaxValue, token))
        {
            foreach (var row in page)
            {
                await file.AddAsync(row, token);
            }
            targets.UnionWith(page.Where(r => r.Target < first).Select(r => r.Target!.Value));
            rows?.Report(page.Count);
        }
        foreach (var seq in targets)
        {
            if (await archive.EntryAsync(id, seq, token) is { } row && row.Seq == seq)
            {
                await file.AddAsync(row, token);
            }
        }
    }
}
