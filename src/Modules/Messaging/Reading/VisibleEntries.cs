using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Conversations;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Reading;

/// <summary>Entries as one reader gets them: within the visible ranges, without what is only for others.</summary>
internal sealed class VisibleEntries(IMessageLog log, RecentEntries recent)
{
    /// <summary>About as much as a page may weigh, so that a page of long texts is no load for a server, a queue or a device.</summary>
    public const int PageBytes = 1 << 20;

    /// <summary>
    /// The visible entries with <c>from &lt;= seq &lt;= to</c>: the first <paramref name="limit"/> of them, or the last when
    /// <paramref name="newest"/>; in seq order, and fewer when they are long. More says that there are visible ones beyond these.
    /// </summary>
    public async ValueTask<(Entry[] Entries, bool More)> ReadAsync(
        Guid conversationId, Member reader, long from, long to, int limit, bool newest, CancellationToken token)
    {
        var parts = Parts(reader.Ranges, from, to, limit, newest, out var more);
        var entries = new List<Entry>();
        foreach (var (first, last) in parts)
        {
            foreach (var stored in await ReadAllAsync(conversationId, first, last, token))
            {
                entries.Add(For(reader, stored.Entry));
            }
        }
        var kept = Fitting(entries, newest);
        return kept == entries.Count
            ? ([.. entries], more)
            : ([.. newest ? entries.GetRange(entries.Count - kept, kept) : entries.GetRange(0, kept)], true);
    }

    /// <summary>About what an entry weighs in a page.</summary>
    public static int Weigh(Entry entry) => 300 + (entry.Body?.Utf8.Length ?? 0);

    /// <summary>All entries from one seq to another, from memory when they are there.</summary>
    public async ValueTask<IReadOnlyList<LogEntry>> ReadAllAsync(Guid conversationId, long from, long to, CancellationToken token) =>
        from > to ? []
        : recent.Read(conversationId, from, to) ?? await log.ReadAsync(conversationId, from, to, (int)(to - from + 1), newest: false, token);

    /// <summary>
    /// The last seq of a conversation at or before a position, which lies between two known seqs: positions rise with seqs.
    /// <paramref name="low"/> is known to lie at or before it (0 always does), everything after <paramref name="high"/> past it.
    /// </summary>
    public async ValueTask<long> FindLastAsync(Guid conversationId, long position, long low, long high, CancellationToken token)
    {
        if (recent.FindLast(conversationId, position) is { } found)
        {
            return Math.Clamp(found, low, high);
        }
        while (low < high)
        {
            var middle = high - ((high - low) / 2);
            var entries = await log.ReadAsync(conversationId, middle, middle, 1, newest: false, token);
            if (entries.Count > 0 && entries[0].Position <= position)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }
        return low;
    }

    /// <summary>
    /// The reader's copy: only one's own entries carry the clientMessageId, and an entry about a message that the reader may
    /// not see has no body. The stored entry itself where nothing differs.
    /// </summary>
    public static Entry For(Member reader, Entry entry)
    {
        var isOwn = entry.ClientMessageId is null || entry.SenderId == reader.UserId;
        var hasTarget = entry.Body is null || entry.Target is not { } target || ConversationViews.CanSee(reader.Ranges, target);
        return isOwn && hasTarget
            ? entry
            : entry with { ClientMessageId = isOwn ? entry.ClientMessageId : null, Body = hasTarget ? entry.Body : null };
    }

    /// <summary>How many entries from the wanted end a page holds; always one.</summary>
    private static int Fitting(List<Entry> entries, bool newest)
    {
        var weight = 0L;
        for (var i = 0; i < entries.Count; i++)
        {
            weight += Weigh(entries[newest ? entries.Count - 1 - i : i]);
            if (weight > PageBytes && i > 0)
            {
                return i;
            }
        }
        return entries.Count;
    }

    /// <summary>The runs of visible seqs to read, ascending. Seqs have no holes, so the count is known before anything is read.</summary>
    private static List<(long First, long Last)> Parts(VisibleRange[] ranges, long from, long to, int limit, bool newest, out bool more)
    {
        var parts = new List<(long First, long Last)>();
        long room = limit;
        more = false;
        for (var i = 0; i < ranges.Length; i++)
        {
            var range = newest ? ranges[^(i + 1)] : ranges[i];
            var first = Math.Max(range.From, from);
            var last = Math.Min(range.To ?? long.MaxValue, to);
            if (first > last)
            {
                continue;
            }
            if (room == 0)
            {
                more = true;
                break;
            }
            if (last - first >= room)
            {
                more = true;
                (first, last) = newest ? (last - room + 1, last) : (first, first + room - 1);
            }
            room -= last - first + 1;
            parts.Add((first, last));
            if (more)
            {
                break;
            }
        }
        if (newest)
        {
            parts.Reverse();
        }
        return parts;
    }
}
