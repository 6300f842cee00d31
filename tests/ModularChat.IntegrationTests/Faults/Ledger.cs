using ModularChat.Contracts.Messaging;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Faults;

/// <summary>Holds what a conversation contains against what its senders were told.</summary>
internal static class Ledger
{
    /// <summary>The whole conversation, page by page.</summary>
    public static async Task<List<Entry>> ReadAllAsync(ChatUser reader, Guid conversation)
    {
        var all = new List<Entry>();
        while (true)
        {
            var page = await reader.HistoryAsync(conversation, after: all.Count == 0 ? 0 : all[^1].Seq);
            all.AddRange(page.Entries);
            if (!page.More)
            {
                return all;
            }
        }
    }

    /// <summary>Nothing lost, nothing doubled, everybody's own order kept, no hole.</summary>
    /// <param name="entries">The whole conversation.</param>
    /// <param name="senders">Everybody who wrote into it.</param>
    /// <param name="allMayBeMore">True when a sender gave up on a message: it may be there without an ack.</param>
    public static void ShouldHold(IReadOnlyList<Entry> entries, IEnumerable<StubbornSender> senders, bool allMayBeMore = false)
    {
        entries.Select(e => e.Seq).ShouldBe(Enumerable.Range(1, entries.Count).Select(i => (long)i));
        var texts = entries.Where(e => e.Kind == EntryKind.Message).ToDictionary(e => e.Seq, Text);
        var doubled = texts.Values.GroupBy(t => t, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key).ToArray();
        doubled.ShouldBeEmpty();
        var acked = 0;
        foreach (var sender in senders)
        {
            sender.Surprises.ShouldBeEmpty();
            foreach (var (text, stored) in sender.Acked)
            {
                texts.ShouldContainKey(stored.Seq, $"acked but lost: {text[..Math.Min(40, text.Length)]}");
                texts[stored.Seq].ShouldBe(text);
                acked++;
            }
            sender.Acked.Select(a => a.Stored.Seq).ShouldBeInOrder();
        }
        if (!allMayBeMore)
        {
            // Everybody sends to the end, so what is there was acked.
            texts.Count.ShouldBe(acked);
        }
    }

    private static string Text(Entry entry)
    {
        using var body = System.Text.Json.JsonDocument.Parse(entry.Body!.Utf8);
        return body.RootElement.GetProperty("text").GetString()!;
    }
}
