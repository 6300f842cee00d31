namespace ModularChat.Messaging.Storage.Moving;

/// <summary>
/// Brings a shard into another database and shows that it is the same there. Most of it goes on beside writing; for <see cref="FinishAsync"/>
/// the source must stand still, which takes as long as what changed in the last moments.
/// </summary>
internal sealed class ShardTransfer(ILogArchive source, ILogArchive target, int shard, IProgress<long>? rows = null)
{
    private const int Attempts = 3;

    private readonly ShardCopy _copy = new(source, target, shard, rows);
    private readonly ShardCompare _compare = new(source, target, shard);
    private HashSet<Guid> _suspects = [];
    private long _after;

    /// <summary>Copies everything and compares it; begins anew when retention came between.</summary>
    public async Task PrepareAsync(CancellationToken token)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                _after = await _copy.CopyAsync(token);
                _suspects = await _compare.FindDifferentAsync(token);
                // The comparing took its time: catch up once more, so that little is left to be done while writers wait.
                await CatchUpAsync(token);
                return;
            }
            catch (CopyOvertakenException) when (attempt < Attempts)
            {
                await AbandonAsync(token);
            }
        }
    }

    /// <summary>The rest, with the source standing still; the target is the same when this returns, but still receiving.</summary>
    /// <returns>The position of the shard.</returns>
    /// <exception cref="CopyDiffersException">Something is not the same; see <see cref="AbandonAsync"/>.</exception>
    public async Task<long> FinishAsync(CancellationToken token)
    {
        await CatchUpAsync(token);
        foreach (var id in _suspects)
        {
            if (!await _compare.IsSameAsync(id, token))
            {
                throw new CopyDiffersException(id);
            }
        }
        return _after;
    }

    /// <summary>Takes away what was copied.</summary>
    public async Task AbandonAsync(CancellationToken token)
    {
        await target.SetShardAsync(new ShardRow(shard, ShardState.Gone, 0), token);
        await target.DropShardAsync(shard, token);
    }

    private async Task CatchUpAsync(CancellationToken token)
    {
        (_after, var changes) = await _copy.CatchUpAsync(_after, token);
        _suspects.UnionWith(changes);
    }
}

/// <summary>A copied conversation is not the same as its source.</summary>
internal sealed class CopyDiffersException(Guid conversation) : Exception($"The copy of conversation {conversation} differs from its source.");
