using System.Text.Json;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Conversations;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Reading;

/// <summary>What one conversation has for one reader between two positions of its shard.</summary>
internal sealed class NewEntries(VisibleEntries entries, RecentEntries recent)
{
    /// <summary>Most entries of one conversation in one sync.</summary>
    public const int Limit = 200;

    /// <summary>
    /// The newest visible entries after <paramref name="cursor"/> up to <paramref name="watermark"/>, and the older ones as a
    /// gap. One who was let see everything after the cursor gets older entries too: they are new to the device.
    /// </summary>
    public async ValueTask<(Entry[] Entries, SeqRange? Gap)> ReadAsync(Head head, Member reader, long cursor, long watermark, CancellationToken token)
    {
        var last = ConversationViews.LastVisible(head, reader.Ranges);
        if (last == 0 || watermark <= cursor)
        {
            return ([], null);
        }
        // What retention has taken is not there to be looked at: it is neither new nor missing.
        var cut = Math.Min(head.Cut, last);
        var to = head.Position <= watermark ? last : await entries.FindLastAsync(head.ConversationId, watermark, cut, last, token);
        var visible = ConversationViews.Visible(head, reader);
        if (cursor == 0)
        {
            return await NewestAsync(head, visible, 1, to, token);
        }
        var mayHaveOpenedAll = reader.RangesPosition > cursor && reader.Ranges is [{ From: 1 }, ..];
        if (mayHaveOpenedAll && (reader.Ranges is [{ To: null }] || reader.RangesPosition > watermark))
        {
            // Also when it lies past the watermark: the state says already that all is visible, so a part of it would look like a hole.
            return await NewestAsync(head, visible, 1, to, token);
        }
        var after = await AfterAsync(head, visible, cursor, to, token);
        return mayHaveOpenedAll && (after.Gap is not null || HasOpenedAll(reader, after.Entries))
            ? await NewestAsync(head, visible, 1, to, token)
            : after;
    }

    private async ValueTask<(Entry[] Entries, SeqRange? Gap)> AfterAsync(Head head, Member reader, long cursor, long to, CancellationToken token)
    {
        if (recent.ReadAfter(head.ConversationId, cursor, head.Cut + 1, to, Limit) is { } inMemory)
        {
            var visible = Visible(reader, inMemory);
            if (visible.Sum(VisibleEntries.Weigh) <= VisibleEntries.PageBytes)
            {
                return (visible, null);
            }
        }
        var from = await entries.FindLastAsync(head.ConversationId, cursor, Math.Min(head.Cut, to), to, token) + 1;
        return await NewestAsync(head, reader, from, to, token);
    }

    private async ValueTask<(Entry[] Entries, SeqRange? Gap)> NewestAsync(Head head, Member reader, long first, long to, CancellationToken token)
    {
        // What retention took away is nobody's loss.
        var from = Math.Max(first, head.Cut + 1);
        var (read, more) = await entries.ReadAsync(head.ConversationId, reader, from, to, Limit, newest: true, token);
        return (read, more ? Gap(reader.Ranges, from, read[0].Seq) : null);
    }

    /// <summary>From the first visible seq to the last one before the entries; what is hidden at either end is no gap.</summary>
    private static SeqRange? Gap(VisibleRange[] ranges, long from, long before)
    {
        long? first = null;
        long last = 0;
        foreach (var range in ranges)
        {
            var start = Math.Max(range.From, from);
            var end = Math.Min(range.To ?? long.MaxValue, before - 1);
            if (start <= end)
            {
                first ??= start;
                last = end;
            }
        }
        return first is { } known ? new SeqRange(known, last) : null;
    }

    /// <summary>True when the reader came in by one of these entries and was let see what was before it: the range reaches back.</summary>
    private static bool HasOpenedAll(Member reader, Entry[] entries)
    {
        foreach (var entry in entries)
        {
            if (entry is { Kind: EntryKind.Members, Body: { } json }
                && JsonSerializer.Deserialize(json.Utf8.Span, ContractsJson.Default.MembersBody) is { Action: MembersAction.Added or MembersAction.Joined } body
                && body.UserIds.Contains(reader.UserId)
                && !Array.Exists(reader.Ranges, range => range.From == entry.Seq))
            {
                return true;
            }
        }
        return false;
    }

    private static Entry[] Visible(Member reader, LogEntry[] stored)
    {
        var visible = new List<Entry>(stored.Length);
        foreach (var entry in stored)
        {
            if (ConversationViews.CanSee(reader.Ranges, entry.Entry.Seq))
            {
                visible.Add(VisibleEntries.For(reader, entry.Entry));
            }
        }
        return [.. visible];
    }
}
