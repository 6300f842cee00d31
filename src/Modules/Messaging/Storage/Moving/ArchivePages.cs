using System.Runtime.CompilerServices;

namespace ModularChat.Messaging.Storage.Moving;

/// <summary>Reads an archive in bounded pages.</summary>
internal static class ArchivePages
{
    private const int Conversations = 100, Rows = 500, Pairs = 1000;

    /// <summary>Every conversation of a shard after an id, in order of ids.</summary>
    public static async IAsyncEnumerable<Membership> ConversationsAsync(this ILogArchive archive, int shard, Guid after, [EnumeratorCancellation] CancellationToken token)
    {
        while (await archive.ReadConversationsAsync(shard, after, Conversations, token) is { Count: > 0 } page)
        {
            foreach (var membership in page)
            {
                yield return membership;
            }
            after = page[^1].Head.ConversationId;
        }
    }

    /// <summary>The rows of a conversation from a seq to another, a page at a time.</summary>
    public static async IAsyncEnumerable<IReadOnlyList<EntryRow>> EntryPagesAsync(this ILogArchive archive, Guid conversation, long from, long to, [EnumeratorCancellation] CancellationToken token)
    {
        while (from <= to && await archive.ReadEntryRowsAsync(conversation, from, Rows, token) is { Count: > 0 } page)
        {
            from = page[^1].Seq + 1;
            if (page[^1].Seq > to)
            {
                page = [.. page.Where(r => r.Seq <= to)];
            }
            yield return page;
        }
    }

    /// <summary>Every place in the index from user to conversation of a shard.</summary>
    public static async IAsyncEnumerable<(Guid UserId, Guid ConversationId)> UserIndexAsync(this ILogArchive archive, int shard, [EnumeratorCancellation] CancellationToken token)
    {
        var (user, conversation) = (Guid.Empty, Guid.Empty);
        while (await archive.ReadUserIndexAsync(shard, user, conversation, Pairs, token) is { Count: > 0 } page)
        {
            foreach (var pair in page)
            {
                yield return pair;
            }
            (user, conversation) = page[^1];
        }
    }

    /// <summary>One conversation; null when it is not there.</summary>
    public static async ValueTask<Membership?> ConversationAsync(this ILogArchive archive, int shard, Guid id, CancellationToken token) =>
        await archive.ReadConversationsAsync(shard, Before(id), 1, token) is [var found] && found.Head.ConversationId == id ? found : null;

    /// <summary>The first row at or after a seq; null when there is none.</summary>
    public static async ValueTask<EntryRow?> EntryAsync(this ILogArchive archive, Guid conversation, long from, CancellationToken token) =>
        await archive.ReadEntryRowsAsync(conversation, from, 1, token) is [var row, ..] ? row : null;

    /// <summary>The first seq whose position lies after another; positions rise with seqs. New entries are few and last, so it is looked for from the end.</summary>
    public static async ValueTask<long> FirstAfterAsync(this ILogArchive archive, Head head, long after, CancellationToken token)
    {
        var (id, high) = (head.ConversationId, head.Seq + 1);
        var (low, step) = (high, 16L);
        do
        {
            low = Math.Max(1, low - step);
            step *= 4;
        }
        while (low > 1 && await archive.EntryAsync(id, low, token) is { } row && row.Position > after);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (await archive.EntryAsync(id, middle, token) is { } row && row.Position <= after)
            {
                low = row.Seq + 1;
            }
            else
            {
                high = middle;
            }
        }
        return low;
    }

    /// <summary>The id just before another in the order of ids.</summary>
    private static Guid Before(Guid id)
    {
        var bytes = id.ToByteArray(bigEndian: true);
        for (var i = 15; i >= 0; i--)
        {
            // 0 borrows from the byte before it.
            if (bytes[i]-- != 0)
            {
                break;
            }
        }
        return new Guid(bytes, bigEndian: true);
    }
}
