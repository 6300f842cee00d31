using ModularChat.Client;
using ModularChat.Client.Folding;

namespace ModularChat.Cli.Replay;

/// <summary>A device that was away all the time: it polls, reads the gaps from history, and must come to the same as the one that was live.</summary>
internal static class SecondDevice
{
    public static async Task<IReadOnlyDictionary<int, (long Have, ulong Hash)>> CatchUpAsync(
        ChatApi api, Guid user, Ledger ledger, Func<Func<Task<SyncPage>>, Task<SyncPage>> sync, Func<Func<Task<HistoryPage>>, Task<HistoryPage>> read, CancellationToken token)
    {
        var folded = new Dictionary<int, (long Have, ulong Hash)>();
        string? cursor = null;
        while (true)
        {
            var from = cursor;
            var page = await sync(() => api.SyncAsync(from, token: token));
            foreach (var conversation in page.Conversations)
            {
                if (ledger.Group(conversation.State.Id) is { } group)
                {
                    folded[group] = await FoldAsync(api, user, conversation, read, token);
                }
            }
            cursor = page.Cursor;
            if (!page.More)
            {
                return folded;
            }
        }
    }

    private static async Task<(long Have, ulong Hash)> FoldAsync(
        ChatApi api, Guid user, ConversationSync page, Func<Func<Task<HistoryPage>>, Task<HistoryPage>> read, CancellationToken token)
    {
        var fold = new ConversationFold(user, keepEntries: 0);
        var hash = 0UL;
        fold.ApplyState(page.State);
        if (page.Gap is { To: { } last })
        {
            var done = false;
            while (!done)
            {
                var history = await read(() => api.GetHistoryAsync(page.State.Id, after: fold.Have, limit: 200, token: token));
                done = fold.ApplyHistory(history, last, Add) || (history.Entries.Count == 0 && history.More);
            }
        }
        fold.ApplyPage(page, Add);
        return (fold.Have, hash);

        void Add(Entry entry) => hash = unchecked((hash * 31) + Ledger.Fingerprint(entry.Kind, entry.SenderId, entry.Text) + (ulong)entry.Seq);
    }
}
