using Microsoft.Extensions.Options;
using ModularChat.Messaging.Publishing;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Conversations;

/// <summary>
/// Conversations, heads and users' lists of conversations in memory, loaded from the log on first need and kept right by its
/// commits. Speed only: an append says on which members it was judged, and the log refuses it when they have changed.
/// </summary>
internal sealed class ConversationCache(IMessageLog log, IOptions<MessagingOptions> options) : ICommitCache
{
    private readonly BoundedCache<ConversationState, ConversationChange> states =
        new(options.Value.CachedMembers, static state => state.Members.Count + 4, ConversationChange.Apply);

    private readonly BoundedCache<Head, Head> heads = new(options.Value.CachedHeads, static _ => 1, NewerHead);

    private readonly BoundedCache<Guid[], Guid> lists = new(options.Value.CachedListPlaces, static list => list.Length + 8, WithConversation);

    /// <summary>A conversation with its members; null when there is none. What has been acked is in it.</summary>
    public ValueTask<ConversationState?> GetAsync(Guid conversationId, CancellationToken token) =>
        states.Find(conversationId) is { } state ? new ValueTask<ConversationState?>(state) : LoadAsync(conversationId, token);

    /// <summary>The conversation if it is in memory; never reads the log.</summary>
    public ConversationState? Find(Guid conversationId) => states.Find(conversationId);

    /// <summary>The heads of these conversations, in no particular order; unknown ones are left out.</summary>
    public async ValueTask<IReadOnlyList<Head>> GetHeadsAsync(IReadOnlyList<Guid> conversationIds, CancellationToken token)
    {
        var found = new List<Head>(conversationIds.Count);
        List<Guid>? missing = null;
        for (var i = 0; i < conversationIds.Count; i++)
        {
            if (heads.Find(conversationIds[i]) is { } head)
            {
                found.Add(head);
            }
            else
            {
                (missing ??= []).Add(conversationIds[i]);
            }
        }
        if (missing is not null)
        {
            await LoadHeadsAsync(missing, found, token);
        }
        return found;
    }

    /// <summary>The conversations in which a user is, was or is invited, by id. Shared and never changed.</summary>
    public async ValueTask<IReadOnlyList<Guid>> ListAsync(Guid userId, CancellationToken token)
    {
        if (lists.Find(userId) is { } list)
        {
            return list;
        }
        var load = lists.Begin(userId);
        try
        {
            var loaded = await log.ListConversationsAsync(userId, token);
            var done = load;
            load = null;
            return lists.End(done, [.. loaded]) ?? [];
        }
        finally
        {
            if (load is not null)
            {
                lists.Abandon(load);
            }
        }
    }

    /// <summary>Forgets a conversation on whose members an append was judged wrongly.</summary>
    public void Drop(Guid conversationId)
    {
        states.Drop(conversationId);
        heads.Drop(conversationId);
    }

    public void Apply(Commit commit)
    {
        var changes = new Dictionary<Guid, ConversationChange>(commit.Heads.Count);
        foreach (var head in commit.Heads)
        {
            changes[head.ConversationId] = new ConversationChange(head, [], IsNew: false);
        }
        foreach (var (conversationId, member) in commit.Members)
        {
            changes[conversationId].Rows.Add(member);
        }
        foreach (var (_, entry, change) in commit.Entries)
        {
            if (change is Change.Create create)
            {
                changes[entry.ConversationId] = changes[entry.ConversationId] with { IsNew = true };
                foreach (var (userId, _) in create.Members)
                {
                    lists.Change(userId, entry.ConversationId);
                }
            }
            else if (change is Change.ChangeMembers members)
            {
                foreach (var member in members.Changes)
                {
                    lists.Change(member.UserId, entry.ConversationId);
                }
            }
        }
        foreach (var (conversationId, change) in changes)
        {
            states.Change(conversationId, change, make: change.IsNew);
            heads.Change(conversationId, change.Head, make: true);
        }
    }

    public void Clear()
    {
        states.Clear();
        heads.Clear();
        lists.Clear();
    }

    private async ValueTask<ConversationState?> LoadAsync(Guid conversationId, CancellationToken token)
    {
        var load = states.Begin(conversationId);
        try
        {
            var membership = await log.GetMembershipAsync(conversationId, token);
            var loaded = membership is null ? null : new ConversationState(membership.Head, new MemberTable(membership.Members));
            var done = load;
            load = null;
            return states.End(done, loaded);
        }
        finally
        {
            if (load is not null)
            {
                states.Abandon(load);
            }
        }
    }

    private async ValueTask LoadHeadsAsync(List<Guid> missing, List<Head> found, CancellationToken token)
    {
        var loads = new Dictionary<Guid, BoundedCache<Head, Head>.Load>(missing.Count);
        try
        {
            foreach (var id in missing)
            {
                if (!loads.ContainsKey(id))
                {
                    loads[id] = heads.Begin(id);
                }
            }
            foreach (var head in await log.GetHeadsAsync(missing, token))
            {
                if (loads.Remove(head.ConversationId, out var load) && heads.End(load, head) is { } value)
                {
                    found.Add(value);
                }
            }
        }
        finally
        {
            // Those that the log does not know, or all when it failed.
            foreach (var load in loads.Values)
            {
                heads.Abandon(load);
            }
        }
    }

    private static Head NewerHead(Head? old, Head changed) => old is null || ConversationChange.IsNewer(changed, old) ? changed : old;

    private static Guid[]? WithConversation(Guid[]? list, Guid conversationId)
    {
        if (list is null)
        {
            return null;
        }
        var place = Array.BinarySearch(list, conversationId);
        return place >= 0 ? list : [.. list.AsSpan(0, ~place), conversationId, .. list.AsSpan(~place)];
    }
}
