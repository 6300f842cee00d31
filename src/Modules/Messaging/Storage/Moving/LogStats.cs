using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Storage.Moving;

/// <summary>How much a log holds, and which conversations hold the most. Reads heads, and the entries of the largest conversations only.</summary>
internal static class LogStats
{
    public static async Task<LogFigures> ReadAsync(ILogArchive archive, int top, CancellationToken token)
    {
        var seed = await archive.GetSeedAsync(token);
        var (conversations, members, entries, messages, cut, oldest) = (0L, 0L, 0L, 0L, 0L, (DateTimeOffset?)null);
        var largest = new PriorityQueue<Head, long>();
        foreach (var shard in seed.Shards)
        {
            await foreach (var (head, list) in archive.ConversationsAsync(shard, Guid.Empty, token))
            {
                conversations++;
                members += list.Count;
                entries += head.Seq - head.Cut;
                messages += head.Number;
                cut += head.Cut;
                if (await archive.EntryAsync(head.ConversationId, head.Cut + 1, token) is { } first && !(first.At >= oldest))
                {
                    oldest = first.At;
                }
                largest.Enqueue(head, head.Seq - head.Cut);
                if (largest.Count > top)
                {
                    largest.Dequeue();
                }
            }
        }
        var figures = new List<ConversationFigures>();
        while (largest.TryDequeue(out var head, out _))
        {
            figures.Add(await ReadAsync(archive, head, token));
        }
        figures.Reverse();
        return new LogFigures(await archive.GetSizeAsync(token), conversations, members, entries, messages, cut, oldest, [.. figures]);
    }

    private static async Task<ConversationFigures> ReadAsync(ILogArchive archive, Head head, CancellationToken token)
    {
        var bytes = 0L;
        DateTimeOffset? oldest = null;
        await foreach (var page in archive.EntryPagesAsync(head.ConversationId, head.Cut + 1, head.Seq, token))
        {
            oldest ??= page.Count > 0 ? page[0].At : null;
            bytes += page.Sum(r => (long)(r.Body?.Utf8.Length ?? 0));
        }
        return new ConversationFigures(head.ConversationId, head.Kind, head.Seq - head.Cut, bytes, head.MemberCount, oldest);
    }
}
