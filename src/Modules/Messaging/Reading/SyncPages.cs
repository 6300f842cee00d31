using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Conversations;
using ModularChat.Messaging.Publishing;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Reading;

/// <summary>
/// Makes the pages of a sync: the watermark first, then heads, then entries, never past the watermark. State is as of now and
/// may be ahead of the entries; what it is ahead by comes again after the watermark, and its stateSeq and version say so.
/// </summary>
internal sealed class SyncPages(
    IMessageLog log, Positions published, ConversationCache conversations, ConversationViews views, NewEntries newEntries)
{
    /// <summary>The next page after a cursor; without versions of general data. Null stands for no cursor, or one from a history that is gone.</summary>
    public async ValueTask<SyncPage> ReadAsync(Guid userId, Cursor? cursor, int limit, bool reset, CancellationToken token)
    {
        var from = cursor?.Positions ?? new long[log.Info.ShardCount];
        var watermark = cursor?.Unfinished?.Watermark ?? Watermark(from);
        var pages = new List<ConversationSync>();
        var (entries, weight) = (0, 0L);
        UnfinishedSync? rest = null;
        if (!from.AsSpan().SequenceEqual(watermark))
        {
            foreach (var head in await ChangedAsync(userId, from, watermark, cursor?.Unfinished, token))
            {
                if (entries >= limit || weight >= VisibleEntries.PageBytes)
                {
                    var done = pages[^1].State.Id;
                    rest = new UnfinishedSync(watermark, Ids.Shard(done, watermark.Length), done);
                    break;
                }
                if (await ReadAsync(userId, head, from[head.Shard], watermark[head.Shard], token) is { } page)
                {
                    pages.Add(page);
                    // A conversation without entries costs room too: there may be thousands of them.
                    entries += Math.Max(1, page.Entries.Length);
                    weight += page.Entries.Sum(static entry => (long)VisibleEntries.Weigh(entry));
                }
            }
        }
        var next = new Cursor(log.Info.RunId, rest is null ? watermark : from, rest);
        return new SyncPage(reset, [.. pages], null, Cursor.Write(next, log.Info.Key), rest is not null);
    }

    /// <summary>Where the sync ends: what is published, or the cursor where another server has seen more.</summary>
    private long[] Watermark(long[] from)
    {
        var watermark = published.Snapshot();
        for (var i = 0; i < watermark.Length; i++)
        {
            watermark[i] = Math.Max(watermark[i], from[i]);
        }
        return watermark;
    }

    /// <summary>The heads of the user's conversations in which anything lies past the cursor, in the order of a sync, after the place where it goes on.</summary>
    private async ValueTask<List<Head>> ChangedAsync(Guid userId, long[] from, long[] watermark, UnfinishedSync? rest, CancellationToken token)
    {
        var changed = new List<Head>();
        var ids = MovedShards.Filter(await conversations.ListAsync(userId, token), from, watermark);
        foreach (var head in await conversations.GetHeadsAsync(ids, token))
        {
            if (Math.Max(head.Position, head.MarksPosition) > from[head.Shard]
                && (rest is null || Compare(head.Shard, head.ConversationId, rest.Shard, rest.ConversationId) > 0))
            {
                changed.Add(head);
            }
        }
        changed.Sort(static (one, other) => Compare(one.Shard, one.ConversationId, other.Shard, other.ConversationId));
        return changed;
    }

    private static int Compare(int shard, Guid id, int otherShard, Guid otherId) =>
        shard != otherShard ? shard.CompareTo(otherShard) : id.CompareTo(otherId);

    private async ValueTask<ConversationSync?> ReadAsync(Guid userId, Head listed, long cursor, long watermark, CancellationToken token)
    {
        if (await conversations.GetAsync(listed.ConversationId, token) is not { } state
            || state.Members.Find(userId) is not { } reader
            || !Concerns(state.Head, reader, cursor))
        {
            return null;
        }
        var (entries, gap) = await newEntries.ReadAsync(state.Head, reader, cursor, watermark, token);
        return new ConversationSync(views.View(state.Head, reader, state.Members), entries, gap);
    }

    /// <summary>True when entries, membership or marks that the reader may know of lie past the cursor.</summary>
    private bool Concerns(Head head, Member reader, long cursor)
    {
        if (reader.MarksPosition > cursor || reader.RangesPosition > cursor)
        {
            // One who only ever was invited, and is no longer, is told once.
            return reader.Role != MemberRole.None || reader.Ranges.Length > 0 || cursor > 0;
        }
        return reader.Role switch
        {
            MemberRole.None => false,
            MemberRole.Invited => head.MembersPosition > cursor,
            _ => head.Position > cursor || (views.IsSmall(head) && head.MarksPosition > cursor),
        };
    }
}
