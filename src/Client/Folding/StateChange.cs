namespace ModularChat.Client.Folding;

/// <summary>How entries and newer states change what is known of a conversation's title, members and own side.</summary>
internal static class StateChange
{
    /// <summary>A state from the server takes the place of the known one, part by part, wherever it is not older.</summary>
    public static ConversationState Replace(ConversationState known, ConversationState state)
    {
        if (state.StateSeq < known.StateSeq)
        {
            return known with { Head = Math.Max(known.Head, state.Head) };
        }
        // A former member is told neither title nor settings: what was known at the end stays.
        var isFormer = state.Me.Role == MemberRole.None;
        return state with
        {
            Title = isFormer ? state.Title ?? known.Title : state.Title,
            History = isFormer ? state.History ?? known.History : state.History,
            Keep = isFormer ? state.Keep ?? known.Keep : state.Keep,
            Head = Math.Max(known.Head, state.Head),
            Me = known.Me,
            Members = Merge(state.Members, known.Members),
        };
    }

    public static ConversationState Settings(ConversationState state, Entry entry) => state with
    {
        Title = entry.Body?.Title ?? state.Title,
        History = entry.Body?.History ?? state.History,
        Keep = entry.Body?.Keep is not { } keep ? state.Keep : keep is { Days: 0, Count: 0 } ? null : keep,
        StateSeq = entry.Seq,
    };

    public static ConversationState Members(ConversationState state, Entry entry, Guid me)
    {
        if (entry.Body is not { UserIds: { } userIds } body)
        {
            return state with { StateSeq = entry.Seq };
        }
        var count = state.MemberCount;
        var own = state.Me;
        var members = state.Members is null ? null : new List<Member>(state.Members);
        foreach (var user in userIds)
        {
            var index = members?.FindIndex(member => member.UserId == user) ?? -1;
            var before = index >= 0 ? members![index].Role : (MemberRole?)null;
            switch (body.Action)
            {
                case "added" or "joined" or "invited" or "role":
                    var role = body.Role ?? (body.Action == "invited" ? MemberRole.Invited : MemberRole.Member);
                    count += body.Action is "added" or "joined" && before is null or MemberRole.Invited ? 1 : 0;
                    if (index >= 0)
                    {
                        members![index] = members[index] with { Role = role };
                    }
                    else
                    {
                        members?.Add(new Member(user, role));
                    }
                    own = user == me ? own with { Role = role } : own;
                    break;
                case "left" or "removed":
                    count -= before == MemberRole.Invited ? 0 : 1;
                    if (index >= 0)
                    {
                        members!.RemoveAt(index);
                    }
                    own = user == me ? own with { Role = MemberRole.None, Ranges = Close(own.Ranges, entry.Seq) } : own;
                    break;
            }
        }
        if (body.NewOwner is { } owner)
        {
            for (var index = 0; index < members?.Count; index++)
            {
                members[index] = members[index] with { Role = RoleUnder(owner, members[index].UserId, members[index].Role) };
            }
            own = own with { Role = RoleUnder(owner, me, own.Role) };
        }
        // A former member is not told who is there, so that nobody shows who was there once.
        var isFormer = own.Role == MemberRole.None;
        return state with { Members = isFormer ? null : members, MemberCount = isFormer ? 0 : count, Me = own, StateSeq = entry.Seq };
    }

    /// <summary>A message moves its sender's marks to itself; no frame says so.</summary>
    public static ConversationState Sent(ConversationState state, Entry entry)
    {
        if (state.Members is not { } members)
        {
            return state;
        }
        var at = 0;
        while (at < members.Count && members[at].UserId != entry.SenderId)
        {
            at++;
        }
        if (at == members.Count || members[at].Read is not { } read || read >= entry.Seq)
        {
            return state;
        }
        var result = new List<Member>(members);
        result[at] = Forward(members[at], entry.Seq, entry.Seq);
        return state with { Members = result };
    }

    public static List<Member>? Marks(IReadOnlyList<Member>? members, IReadOnlyList<MemberMarks> marks)
    {
        if (members is null)
        {
            return null;
        }
        var result = new List<Member>(members);
        foreach (var mark in marks)
        {
            var index = result.FindIndex(member => member.UserId == mark.UserId);
            if (index >= 0)
            {
                result[index] = Forward(result[index], mark.Delivered, mark.Read);
            }
        }
        return result;
    }

    /// <summary>There is one owner: who was it before, and is still there, is an administrator.</summary>
    private static MemberRole RoleUnder(Guid owner, Guid user, MemberRole role) =>
        user == owner ? MemberRole.Owner : role == MemberRole.Owner ? MemberRole.Administrator : role;

    /// <summary>The last visible range ends with the entry that ended the membership.</summary>
    private static List<SeqRange>? Close(IReadOnlyList<SeqRange>? ranges, long seq) =>
        ranges is null ? null : [.. ranges.Select(range => range.To is null ? range with { To = seq } : range)];

    private static IReadOnlyList<Member>? Merge(IReadOnlyList<Member>? members, IReadOnlyList<Member>? known)
    {
        if (members is null || known is null)
        {
            return members;
        }
        var marks = known.ToDictionary(member => member.UserId);
        return [.. members.Select(member => marks.TryGetValue(member.UserId, out var old) ? Forward(member, old.Delivered, old.Read) : member)];
    }

    private static Member Forward(Member member, long? delivered, long? read) => member with
    {
        Delivered = Later(member.Delivered, delivered),
        Read = Later(member.Read, read),
    };

    private static long? Later(long? one, long? other) => one is null ? other : other is null ? one : Math.Max(one.Value, other.Value);
}
