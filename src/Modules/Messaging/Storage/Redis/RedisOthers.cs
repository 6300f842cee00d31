using ModularChat.Storage.Redis;

namespace ModularChat.Messaging.Storage.Redis;

/// <summary>Reads what other nodes wrote to a shard and tells it.</summary>
internal sealed class RedisOthers(RedisCluster cluster, RedisRuns runs)
{
    // Past these it costs less to let caches and connections begin anew.
    private const int MostEntries = 5_000, MostConversations = 1_000;

    /// <summary>Tells everything that the shard has and the listener does not know, as one commit. Called by the shard's writer only.</summary>
    /// <exception cref="LogUnavailableException">The history has changed.</exception>
    public async Task CatchUpAsync(RedisLink link, int shard, int epoch, CancellationToken token)
    {
        var told = runs.Told(shard);
        var command = RedisScript.Changes.On(cluster.Keys.Shard(shard)).Add(told).Add(MostEntries).Add(MostConversations).Add(link.History).Add(link.Waits ? 1 : 0);
        // What is told must stay: so it is waited for as with a write of our own.
        var answer = (await link.RunAsync(RedisScript.Changes, command, token)).Items;
        var kind = answer[0].Text;
        if (kind == "run")
        {
            await link.DisposeAsync();
            throw new LogUnavailableException("Redis has another history now.");
        }
        var position = answer[1].Number;
        if (position <= told)
        {
            return;
        }
        if (kind == "far")
        {
            runs.Skip(shard, position, epoch);
            return;
        }
        var entries = RedisPages.Entries(shard, answer[2].Items, answer[3].Items, answer[4].Items);
        runs.TryTell(RedisCommits.OfOthers(shard, told, position, entries, answer[5].Items), epoch);
    }
}

/// <summary>Makes entries of what <c>feed.lua</c>, <c>page.lua</c> and <c>changes.lua</c> answer: rows, and for some of them what belongs to it.</summary>
internal static class RedisPages
{
    private static readonly byte[] Nothing = [];

    public static List<LogEntry> Entries(int shard, RespValue[] places, RespValue[] rows, RespValue[] extras)
    {
        var entries = new List<LogEntry>(rows.Length);
        var more = Extras(extras);
        for (var i = 0; i < rows.Length; i++)
        {
            var place = new PackedReader(places[i].Bytes);
            entries.Add(RedisRows.LogEntry(rows[i].Bytes, place.Id(), shard, place.Number(), more.GetValueOrDefault(i, Nothing)));
        }
        return entries;
    }

    public static List<LogEntry> Entries(Guid conversation, int shard, RespValue page)
    {
        var (first, rows, more) = (page.Items[0].Number, page.Items[1].Items, Extras(page.Items[2].Items));
        return [.. rows.Select((row, i) => RedisRows.LogEntry(row.Bytes, conversation, shard, first + i, more.GetValueOrDefault(i, Nothing)))];
    }

    public static List<EntryRow> Rows(Guid conversation, RespValue page)
    {
        var (first, rows, more, forgotten) = (page.Items[0].Number, page.Items[1].Items, Extras(page.Items[2].Items), page.Items[3].Number);
        return [.. rows.Select((row, i) => RedisRows.EntryRow(row.Bytes, conversation, first + i, more.GetValueOrDefault(i, Nothing), forgotten))];
    }

    private static Dictionary<int, byte[]> Extras(RespValue[] extras)
    {
        var more = new Dictionary<int, byte[]>(extras.Length / 2);
        for (var i = 0; i < extras.Length; i += 2)
        {
            more[(int)extras[i].Number] = extras[i + 1].Bytes;
        }
        return more;
    }
}
