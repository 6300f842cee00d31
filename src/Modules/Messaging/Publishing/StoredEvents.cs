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
            entries[i] = new StoredEntry(position, entry, recipients, HiddenFrom(state.Members, recipients, entry.Target), InvitedTo(state.Members, entry.Kind));
        }
        return entries;
    }

    /// <summary>
    /// After the last change of members everybody present sees an entry: the shared array. At and before it the ranges
    /// decide, so that one who leaves still gets the entry that says so.
    /// </summary>
    public static Guid[] WhoSees(ConversationState state, long seq)
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

    private static Guid[]? InvitedTo(MemberTable members, EntryKind kind)
    {
        if (members.InvitedCount == 0 || kind is not (EntryKind.Members or EntryKind.Settings))
        {
            return null;
        }
        var invited = new List<Guid>(members.InvitedCount);
        for (var i = 0; i < members.Count; i++)
        {
            if (members[i].Role == MemberRole.Invited)
            {
                invited.Add(members[i].UserId);
            }
        }
        return [.. invited];
    }

    private MovedMarks[] Marks(Commit commit, Dictionary<Guid, ConversationState> states)
    {
        if (commit.Members.Count == 0)
        {
            return [];
        }
        var known = KnownWithout(commit);
        Dictionary<Guid, (List<MemberMarks> Others, List<OwnMarks> Own)>? moved = null;
        foreach (var (conversationId, member) in commit.Members)
        {
            if (!states.TryGetValue(conversationId, out var state)
                || (member.Role >= MemberRole.Member && known.Contains((conversationId, Guid.Empty, 0)))
                || known.Contains((conversationId, member.UserId, member.Read)))
            {
                continue;
            }
            moved ??= [];
            if (!moved.TryGetValue(conversationId, out var marks))
            {
                marks = moved[conversationId] = ([], []);
            }
            marks.Own.Add(new OwnMarks(member.UserId, views.Own(state.Head, member)));
            if (member.Role >= MemberRole.Member && views.IsSmall(state.Head))
            {
                marks.Others.Add(new MemberMarks(member.UserId, member.Delivered, member.Read));
            }
        }
        if (moved is null)
        {
            return [];
        }
        var result = new List<MovedMarks>(moved.Count);
        foreach (var (conversationId, (others, own)) in moved)
        {
            var recipients = others.Count == 0 ? [] : states[conversationId].Members.Recipients;
            result.Add(new MovedMarks(conversationId, [.. others], recipients, [.. own]));
        }
        return [.. result];
    }

    /// <summary>
    /// Marks that no frame has to tell of. A sender's marks move to the own message, and everybody who gets the message knows
    /// that: conversation, sender and seq. Who comes into a conversation that was just made gets all of it anyway: the
    /// conversation alone. Who is invited into it gets nothing but this.
    /// </summary>
    private static HashSet<(Guid Conversation, Guid Sender, long Seq)> KnownWithout(Commit commit)
    {
        var known = new HashSet<(Guid, Guid, long)>(commit.Entries.Count);
        foreach (var (_, entry, change) in commit.Entries)
        {
            if (change is Change.Create)
            {
                known.Add((entry.ConversationId, Guid.Empty, 0));
            }
            else if (entry.Kind == EntryKind.Message)
            {
                known.Add((entry.ConversationId, entry.SenderId, entry.Seq));
            }
        }
        return known;
    }
}
