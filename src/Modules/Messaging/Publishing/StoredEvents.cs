using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Conversations;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Publishing;

/// <summary>Makes of a commit the event that says who gets what.</summary>
internal sealed class StoredEvents(ConversationCache conversations, ConversationViews views)
{
    public async ValueTask<MessageStored> MakeAsync(QueuedCommit queued, CancellationToken token)
    {
        var commit = queued.Commit;
        var states = new Dictionary<Guid, ConversationState>(commit.Heads.Count);
        for (var i = 0; i < commit.Heads.Count; i++)
        {
            var id = commit.Heads[i].ConversationId;
            if ((queued.States[i] ?? await conversations.GetAsync(id, token)) is { } state)
            {
                states[id] = state;
            }
        }
        return new MessageStored(commit.Shard, commit.PreviousPosition, commit.Position, Entries(commit, states), Marks(commit, states));
    }

    private static StoredEntry[] Entries(Commit commit, Dictionary<Guid, ConversationState> states)
    {
        var entries = new StoredEntry[commit.Entries.Count];
        for (var i = 0; i < entries.Length; i++)
        {
            var (position, entry, _) = commit.Entries[i];
            if (!states.TryGetValue(entry.ConversationId, out var state))
            {
                entries[i] = new StoredEntry(position, entry, []);
                continue;
            }
            var recipients = WhoSees(state, entry.Seq);
            entries[i] = new StoredEntry(position, entry, recipients, HiddenFrom(state.Members, recipients, entry.Target));
        }
        return entries;
    }

    /// <summary>
    /// After the last change of members everybody present sees an entry: the shared array. At and before it the ranges
    /// decide, so that one who leaves still gets the entry that says so.
    /// </summary>
    private static Guid[] WhoSees(ConversationState state, long seq)
    {
        if (seq > state.Head.MembersSeq)
        {
            return state.Members.Recipients;
        }
        var seeing = new List<Guid>(state.Members.Recipients.Length + 1);
        for (var i = 0; i < state.Members.Count; i++)
        {
            var member = state.Members[i];
            if (ConversationViews.CanSee(member.Ranges, seq))
            {
                seeing.Add(member.UserId);
            }
        }
        return [.. seeing];
    }

    private static Guid[]? HiddenFrom(MemberTable members, Guid[] recipients, long? target)
    {
        if (target is not { } seq || (!members.HasRestricted && ReferenceEquals(recipients, members.Recipients)))
        {
            return null;
        }
        List<Guid>? hidden = null;
        foreach (var userId in recipients)
        {
            if (members.Find(userId) is { } member && !ConversationViews.CanSee(member.Ranges, seq))
            {
                (hidden ??= []).Add(userId);
            }
        }
        return hidden?.ToArray();
    }

    private MovedMarks[] Marks(Commit commit, Dictionary<Guid, ConversationState> states)
    {
        if (commit.Members.Count == 0)
        {
            return [];
        }
        var moved = new List<MovedMarks>();
        foreach (var head in commit.Heads)
        {
            if (!states.TryGetValue(head.ConversationId, out var state))
            {
                continue;
            }
            List<MemberMarks>? others = null;
            List<OwnMarks>? own = null;
            foreach (var (conversationId, member) in commit.Members)
            {
                if (conversationId != head.ConversationId || MovedBySending(commit, conversationId, member))
                {
                    continue;
                }
                (own ??= []).Add(new OwnMarks(member.UserId, views.Own(head, member)));
                if (member.Role >= MemberRole.Member && views.IsSmall(head))
                {
                    (others ??= []).Add(new MemberMarks(member.UserId, member.Delivered, member.Read));
                }
            }
            if (own is not null)
            {
                moved.Add(new MovedMarks(head.ConversationId, [.. others ?? []], others is null ? [] : state.Members.Recipients, [.. own]));
            }
        }
        return [.. moved];
    }

    /// <summary>
    /// A sender's marks move to the own message, and everybody who gets the message knows that: no frame says it again. Who
    /// comes into a conversation that was just made gets all of it anyway; who is invited into it gets nothing but this.
    /// </summary>
    private static bool MovedBySending(Commit commit, Guid conversationId, Member member)
    {
        foreach (var (_, entry, change) in commit.Entries)
        {
            if (entry.ConversationId == conversationId
                && ((change is Change.Create && member.Role >= MemberRole.Member) || (entry.Kind == EntryKind.Message && entry.SenderId == member.UserId && entry.Seq == member.Read)))
            {
                return true;
            }
        }
        return false;
    }
}
