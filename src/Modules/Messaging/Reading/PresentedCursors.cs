using ModularChat.Contracts;
using ModularChat.Messaging.Publishing;
using ModularChat.Messaging.Receipts;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Reading;

/// <summary>Takes the cursor that a device presents: read, held against the log, and acknowledged.</summary>
internal sealed class PresentedCursors(IMessageLog log, Positions published, Deliveries deliveries, DeviceDeliveries devices)
{
    /// <summary>The cursor; null where the sync begins anew. Reset says that it names a history that this log does not have.</summary>
    public async ValueTask<(Cursor? Cursor, bool Reset)> TakeAsync(Caller caller, string? text, CancellationToken token)
    {
        if (text is null)
        {
            return (null, false);
        }
        var cursor = Cursor.Read(text, log.Info.Key, log.Info.ShardCount);
        if (!await IsOfThisLogAsync(cursor.RunId, cursor.Unfinished?.Watermark ?? cursor.Positions, token)
            || (cursor.Unfinished is not null && !await IsOfThisLogAsync(cursor.RunId, cursor.Positions, token)))
        {
            return (null, true);
        }
        await deliveries.AcknowledgeAsync(caller.UserId, cursor.Positions, token);
        await devices.HasAsync(caller, cursor.Positions, token);
        return (cursor, false);
    }

    private ValueTask<bool> IsOfThisLogAsync(Guid runId, long[] positions, CancellationToken token)
    {
        if (runId != log.Info.RunId)
        {
            return log.ContainsAsync(runId, positions, token);
        }
        for (var shard = 0; shard < positions.Length; shard++)
        {
            if (positions[shard] > published[shard])
            {
                return log.ContainsAsync(runId, positions, token);
            }
        }
        return ValueTask.FromResult(true);
    }
}
