namespace ModularChat.Messaging.Storage.Moving;

/// <summary>
/// Shows that a copy of a shard is the same, row for row, although the source is written meanwhile: all conversations are compared first, and those
/// that differed or changed once more while the source stands still. So the source stands still only for those few.
/// </summary>
internal sealed class ShardCompare(ILogArchive source, ILogArchive target, int shard)
{
    /// <summary>The conversations that are not the same now, in either of the two.</summary>
    public async Task<HashSet<Guid>> FindDifferentAsync(CancellationToken token)
    {
        var different = new HashSet<Guid>();
        await foreach (var membership in source.ConversationsAsync(shard, Guid.Empty, token))
        {
            if (!await IsSameAsync(membership.Head.ConversationId, token))
            {
                different.Add(membership.Head.ConversationId);
            }
        }
        await foreach (var membership in target.ConversationsAsync(shard, Guid.Empty, token))
        {
            if (await source.ConversationAsync(shard, membership.Head.ConversationId, token) is null)
            {
                different.Add(membership.Head.ConversationId);
            }
        }
        return different;
    }

    /// <summary>True when a conversation has the same rows in both.</summary>
    public async Task<bool> IsSameAsync(Guid id, CancellationToken token)
    {
        var (one, other) = (await source.ConversationAsync(shard, id, token), await target.ConversationAsync(shard, id, token));
        if (one is null || other is null)
        {
            return one is null && other is null;
        }
        using var here = await ShardVerify.HashAsync(source, one, token);
        using var there = await ShardVerify.HashAsync(target, other, token);
        return here.IsSame(there);
    }
}
