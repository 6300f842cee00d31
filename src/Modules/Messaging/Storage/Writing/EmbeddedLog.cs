namespace ModularChat.Messaging.Storage.Writing;

/// <summary>How calls of the log become writes of the single writer.</summary>
internal static class EmbeddedLog
{
    /// <summary>Rows that one transaction of a cut looks at: other writes wait for it.</summary>
    private const int CutSlice = 500;

    public static async ValueTask<AppendResult> AppendAsync(this LogWriter writer, Append append, CancellationToken token) =>
        await writer.WriteAsync(writer.ShardOf(append.ConversationId), batch => batch.Apply(append), token);

    public static async ValueTask AdvanceMarksAsync(this LogWriter writer, IReadOnlyList<MarkAdvance> advances, CancellationToken token)
    {
        if (advances.Count == 0)
        {
            return;
        }
        await writer.WriteAsync(
            writer.ShardsOf(advances),
            batch =>
            {
                foreach (var advance in advances)
                {
                    batch.Apply(advance);
                }
                return true;
            },
            token);
    }

    /// <summary>The cut holds from the first transaction on; rows leave in many, so that others can write between them.</summary>
    public static async ValueTask<int> CutAsync(this LogWriter writer, Guid conversationId, long upTo, DateTimeOffset forgetBefore, CancellationToken token)
    {
        var left = 0;
        for (long? after = 0; after is { } from;)
        {
            var (some, last) = await writer.WriteAsync(
                writer.ShardOf(conversationId), batch => batch.Cut(conversationId, upTo, from, forgetBefore, CutSlice), token);
            (left, after) = (left + some, last);
        }
        return left;
    }

    public static async ValueTask PurgeAsync(this LogWriter writer, CancellationToken token) =>
        await writer.WriteAloneAsync(
            tables =>
            {
                tables.Purge();
                return true;
            },
            token);

    public static async ValueTask SetShardAsync(this LogWriter writer, ShardRow row, CancellationToken token)
    {
        if (row.State == ShardState.Held && writer.States[row.Shard] == ShardState.Gone)
        {
            throw new LogUnavailableException($"Shard {row.Shard} is gone from this database: it has to be received before it is held.");
        }
        await writer.WriteAloneAsync(
            tables =>
            {
                // Whoever freezes a shard does not know what was written in the last moment.
                var takesOver = row.State == ShardState.Receiving || tables.States[row.Shard] == ShardState.Receiving;
                tables.SetShard(takesOver ? row : row with { Position = tables.Positions[row.Shard] });
                return true;
            },
            token);
    }
}
