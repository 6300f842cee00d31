namespace ModularChat.Messaging.Storage.Moving;

/// <summary>
/// Copies one shard into another database, beside running writes. The target tells how far an earlier try got: its shard is receiving, with the
/// position from which the source's changes are still to be caught up; conversations come in order of ids, so only the last of them may be
/// incomplete. Nobody reads a receiving shard, so what is torn never looks whole.
/// </summary>
internal sealed class ShardCopy(ILogArchive source, ILogArchive target, int shard, IProgress<long>? rows = null)
{
    private const int FlushRows = 1000, FlushBytes = 2 << 20, MaxPasses = 8, FewChanges = 20;

    private readonly List<Membership> _conversations = [];
    private readonly List<EntryRow> _entries = [];
    private long _bytes;

    /// <summary>Copies everything and catches up until little is left; returns the position up to which the target is right.</summary>
    /// <exception cref="CopyOvertakenException">Retention went on beside it.</exception>
    public async Task<long> CopyAsync(CancellationToken token)
    {
        var after = await BeginAsync(token);
        await BulkAsync(token);
        for (var pass = 0; pass < MaxPasses; pass++)
        {
            (after, var changes) = await CatchUpAsync(after, token);
            if (changes.Count <= FewChanges)
            {
                break;
            }
        }
        return after;
    }

    /// <summary>Brings over what changed after a position. With the source frozen, the target is the same after it.</summary>
    public async Task<(long Position, IReadOnlyList<Guid> Changes)> CatchUpAsync(long after, CancellationToken token)
    {
        // First the position, then the changes: what comes between is found again by the next pass.
        var position = (await source.GetShardAsync(shard, token)).Position;
        if (position == after)
        {
            return (after, []);
        }
        var changes = await source.ReadChangesAsync(shard, after, token);
        foreach (var id in changes)
        {
            await CopyChangesAsync(id, after, token);
        }
        await FlushAsync(token);
        await target.SetShardAsync(new ShardRow(shard, ShardState.Receiving, position), token);
        return (position, changes);
    }

    private async Task<long> BeginAsync(CancellationToken token)
    {
        var there = await target.GetShardAsync(shard, token);
        if (there.State == ShardState.Receiving)
        {
            return there.Position;
        }
        if (there.State != ShardState.Gone)
        {
            throw new InvalidOperationException($"The target holds shard {shard} already.");
        }
        await target.DropShardAsync(shard, token);
        var position = (await source.GetShardAsync(shard, token)).Position;
        await target.SetShardAsync(new ShardRow(shard, ShardState.Receiving, position), token);
        return position;
    }

    private async Task BulkAsync(CancellationToken token)
    {
        var (last, from) = await ResumeAsync(token);
        if (last is { } unfinished)
        {
            await CopyEntriesAsync(unfinished, from, token);
        }
        await foreach (var membership in source.ConversationsAsync(shard, last ?? Guid.Empty, token))
        {
            // The head goes with the first of its entries, so that a target that has entries knows their conversation.
            _conversations.Add(membership);
            await CopyEntriesAsync(membership.Head.ConversationId, 1, token);
            await AddAsync([], token);
        }
        await FlushAsync(token);
    }

    /// <summary>The last conversation that the target has, and the first seq of it that it may lack.</summary>
    private async Task<(Guid? Last, long From)> ResumeAsync(CancellationToken token)
    {
        Guid? last = null;
        await foreach (var membership in target.ConversationsAsync(shard, Guid.Empty, token))
        {
            last = membership.Head.ConversationId;
        }
        if (last is not { } id || await source.ConversationAsync(shard, id, token) is not { } there)
        {
            return (last, 1);
        }
        // The rows that are there end somewhere: with the first seq from which on there is none.
        var (low, high) = (1L, there.Head.Seq + 1);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (await target.EntryAsync(id, middle, token) is { } row)
            {
                low = row.Seq + 1;
            }
            else
            {
                high = middle;
            }
        }
        return (last, low);
    }

    private async Task CopyChangesAsync(Guid id, long after, CancellationToken token)
    {
        if (await source.ConversationAsync(shard, id, token) is not { } membership)
        {
            return;
        }
        if (await target.ConversationAsync(shard, id, token) is { } old && old.Head.Cut != membership.Head.Cut)
        {
            throw new CopyOvertakenException();
        }
        _conversations.Add(membership);
        var first = await source.FirstAfterAsync(membership.Head, after, token);
        var targets = new SortedSet<long>();
        await foreach (var page in source.EntryPagesAsync(id, first, long.MaxValue, token))
        {
            targets.UnionWith(page.Where(r => r.Target < first).Select(r => r.Target!.Value));
            await AddAsync(page, token);
        }
        foreach (var seq in targets)
        {
            if (await source.EntryAsync(id, seq, token) is { } row && row.Seq == seq)
            {
                await AddAsync([row], token);
            }
        }
    }

    private async Task CopyEntriesAsync(Guid id, long from, CancellationToken token)
    {
        await foreach (var page in source.EntryPagesAsync(id, from, long.MaxValue, token))
        {
            await AddAsync(page, token);
        }
    }

    private async Task AddAsync(IReadOnlyList<EntryRow> page, CancellationToken token)
    {
        _entries.AddRange(page);
        _bytes += page.Sum(r => 200L + (r.Body?.Utf8.Length ?? 0));
        if (_entries.Count + _conversations.Sum(c => c.Members.Count) >= FlushRows || _bytes >= FlushBytes)
        {
            await FlushAsync(token);
        }
    }

    private async Task FlushAsync(CancellationToken token)
    {
        if (_entries.Count + _conversations.Count == 0)
        {
            return;
        }
        await target.WriteRowsAsync(_conversations, _entries, token);
        rows?.Report(_entries.Count);
        _conversations.Clear();
        _entries.Clear();
        _bytes = 0;
    }
}

/// <summary>Retention took entries away while the shard was copied: the copy begins anew.</summary>
internal sealed class CopyOvertakenException() : Exception("Retention took entries away while the shard was copied; the copy has to begin anew.");
