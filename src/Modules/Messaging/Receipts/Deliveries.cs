using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Conversations;
using ModularChat.Messaging.Publishing;
using ModularChat.Messaging.Reading;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Receipts;

/// <summary>
/// Moves delivered marks for what a presented cursor covers, in conversations where somebody is shown them. What a user has
/// acknowledged is remembered, so that presenting the same again costs a comparison; forgetting it costs one more look.
/// </summary>
internal sealed partial class Deliveries(
    ConversationCache conversations, ConversationViews views, VisibleEntries entries, IMessageLog log, MarkWindows windows, ILogger<Deliveries> logger)
    : ICommitCache
{
    private const int RememberedUsers = 100_000;
    private readonly ConcurrentDictionary<Guid, long[]> acknowledged = new();

    /// <summary>Schedules the marks; does not wait for the disk.</summary>
    public async ValueTask AcknowledgeAsync(Guid userId, long[] positions, CancellationToken token)
    {
        acknowledged.TryGetValue(userId, out var before);
        if (before is not null && !IsAhead(positions, before))
        {
            return;
        }
        foreach (var (head, member) in await DueAsync(userId, positions, before, token))
        {
            if (await SeqAtAsync(head, member, positions[head.Shard], token) is var seq && seq > member.Delivered)
            {
                _ = MoveAsync(head.ConversationId, userId, seq);
            }
        }
        Remember(userId, positions);
    }

    public void Apply(Commit commit)
    {
        // Commits say nothing about cursors.
    }

    public void Clear() => acknowledged.Clear();

    private async ValueTask<List<(Head Head, Member Member)>> DueAsync(Guid userId, long[] positions, long[]? before, CancellationToken token)
    {
        var heads = new Dictionary<Guid, Head>();
        var ids = MovedShards.Filter(await conversations.ListAsync(userId, token), before, positions);
        foreach (var head in await conversations.GetHeadsAsync(ids, token))
        {
            var from = before?[head.Shard] ?? 0;
            if (head.MemberCount > 1 && views.IsSmall(head) && head.Position > from)
            {
                heads[head.ConversationId] = head;
            }
        }
        var due = new List<(Head Head, Member Member)>();
        if (heads.Count == 0)
        {
            return due;
        }
        // The first time it may be all conversations of the user: one read, instead of every list of members.
        var members = before is null
            ? await log.GetMemberAsync([.. heads.Keys], userId, token)
            : await CachedAsync(heads.Keys, userId, token);
        foreach (var (conversationId, member) in members)
        {
            if (member.Role >= MemberRole.Member && member.Delivered < heads[conversationId].Seq)
            {
                due.Add((heads[conversationId], member));
            }
        }
        return due;
    }

    private async ValueTask<IReadOnlyList<(Guid ConversationId, Member Member)>> CachedAsync(
        IEnumerable<Guid> conversationIds, Guid userId, CancellationToken token)
    {
        var found = new List<(Guid ConversationId, Member Member)>();
        foreach (var id in conversationIds)
        {
            if (await conversations.GetAsync(id, token) is { } state && state.Members.Find(userId) is { } member)
            {
                found.Add((id, member));
            }
        }
        return found;
    }

    /// <summary>The last seq at or before the position, or one at or below the delivered mark when there is nothing to move.</summary>
    private async ValueTask<long> SeqAtAsync(Head head, Member member, long position, CancellationToken token)
    {
        if (head.Position <= position)
        {
            return head.Seq;
        }
        var next = member.Delivered + 1;
        // A device that was away long has acknowledged this cursor before: one read tells.
        return await entries.FindLastAsync(head.ConversationId, position, member.Delivered, next, token) == next
            ? await entries.FindLastAsync(head.ConversationId, position, next, head.Seq, token)
            : member.Delivered;
    }

    private async Task MoveAsync(Guid conversationId, Guid userId, long seq)
    {
        try
        {
            await windows.AdvanceAsync(conversationId, userId, seq, null);
        }
        catch (Exception failure)
        {
            // Nothing is lost: the next cursor acknowledges it again.
            acknowledged.TryRemove(userId, out _);
            Log.NotMoved(logger, failure);
        }
    }

    private void Remember(Guid userId, long[] positions)
    {
        if (!acknowledged.ContainsKey(userId) && acknowledged.Count >= RememberedUsers)
        {
            acknowledged.Clear();
        }
        acknowledged.AddOrUpdate(userId, static (_, now) => now, static (_, old, now) => Higher(old, now), positions);
    }

    private static bool IsAhead(long[] positions, long[] before)
    {
        for (var shard = 0; shard < positions.Length; shard++)
        {
            if (positions[shard] > before[shard])
            {
                return true;
            }
        }
        return false;
    }

    private static long[] Higher(long[] one, long[] other)
    {
        var higher = new long[one.Length];
        for (var shard = 0; shard < higher.Length; shard++)
        {
            higher[shard] = Math.Max(one[shard], other[shard]);
        }
        return higher;
    }

    private static partial class Log
    {
        [LoggerMessage(2101, LogLevel.Information, "A delivered mark could not be moved; the next cursor of the device moves it")]
        public static partial void NotMoved(ILogger logger, Exception failure);
    }
}
