namespace ModularChat.Messaging.Storage.Writing;

/// <summary>
/// What a node knows of the conversations of a log that others may write too: heads, and members who did something lately, as the last told
/// commit left them. Messages can be worked out from it here; the engine compares before it writes, so what is known only has to be
/// right mostly. Bounded by two generations, like <see cref="ConversationCache"/>.
/// </summary>
internal sealed class KnownStates(int shards, int capacity)
{
    /// <summary>Of a conversation in which more are heard of, members are forgotten and learnt again.</summary>
    private const int MostMembers = 256;

    /// <summary>Then one of 64 batches is planned.</summary>
    private const int MostMisses = 6;

    private readonly Lock _lock = new();
    private Dictionary<Guid, Known> _young = [];
    private Dictionary<Guid, Known> _old = [];
    private int _plan;
    private readonly int[] _misses = new int[shards];
    private readonly int[] _pauses = new int[shards];

    /// <summary>Takes in what is told next.</summary>
    public void Take(Commit commit)
    {
        using var _ = _lock.EnterScope();
        foreach (var head in commit.Heads)
        {
            if (Find(head.ConversationId) is { } known)
            {
                known.Head = head;
            }
            else
            {
                _young.Add(head.ConversationId, new Known(head));
            }
        }
        foreach (var (conversation, member) in commit.Members)
        {
            if (Find(conversation) is { } known)
            {
                known.Take(member);
            }
        }
        if (_young.Count >= Math.Max(1, capacity / 2))
        {
            (_old, _young) = (_young, []);
        }
    }

    /// <summary>Nothing is known: positions were passed over, or the history is another one.</summary>
    public void Clear()
    {
        using var _ = _lock.EnterScope();
        _young.Clear();
        _old.Clear();
    }

    /// <summary>Where others write the same conversations all the time, planning is a call in vain: it pauses for longer and longer.</summary>
    /// <param name="shard">Where.</param>
    /// <param name="isRight">What was planned last was right.</param>
    public void Note(int shard, bool isRight)
    {
        using var _ = _lock.EnterScope();
        _misses[shard] = isRight ? 0 : Math.Min(_misses[shard] + 1, MostMisses);
        _pauses[shard] = isRight ? 0 : 1 << _misses[shard];
    }

    /// <summary>What these messages of one shard do; null when that is not known, or one of them may be refused.</summary>
    public KnownBatch? Plan(int shard, IReadOnlyList<Append> messages)
    {
        using var _ = _lock.EnterScope();
        if (_pauses[shard] > 0)
        {
            _pauses[shard]--;
            return null;
        }
        var (plan, batch) = (++_plan, new KnownBatch(messages));
        var requests = new HashSet<Guid>(messages.Count);
        foreach (var message in messages)
        {
            if (Find(message.ConversationId) is not { } known || !known.Members.TryGetValue(message.SenderId, out var sender) || !requests.Add(message.ClientMessageId)
                || (message.MembersSeq != known.Head.MembersSeq && message.SenderRole != sender.Row.Role))
            {
                return null;
            }
            if (known.Plan != plan)
            {
                (known.Plan, known.Place) = (plan, batch.Add(known.Head));
            }
            var place = -1;
            if (sender.Row.Role >= Contracts.Messaging.MemberRole.Member)
            {
                if (sender.Plan != plan)
                {
                    (sender.Plan, sender.Place) = (plan, batch.Add(message.ConversationId, sender.Row));
                }
                place = sender.Place;
            }
            batch.Add(known.Place, place);
        }
        return batch;
    }

    /// <summary>The newest seq that is known of a conversation, and up to where its rows have parts elsewhere; null when nothing is known of it.</summary>
    public (long Seq, long Parted)? Look(Guid conversation)
    {
        using var _ = _lock.EnterScope();
        return Find(conversation) is { } known ? (known.Head.Seq, known.Parted) : null;
    }

    /// <summary>The row of a seq was seen to have parts elsewhere: reactions, or what an edit made of a message.</summary>
    public void NoteParted(Guid conversation, long seq)
    {
        using var _ = _lock.EnterScope();
        if (Find(conversation) is { } known)
        {
            known.Parted = Math.Max(known.Parted, seq);
        }
    }

    private Known? Find(Guid id)
    {
        if (_young.TryGetValue(id, out var known))
        {
            return known;
        }
        if (_old.Remove(id, out known))
        {
            _young.Add(id, known);
        }
        return known;
    }

    private sealed class Known(Head head)
    {
        public Head Head { get; set; } = head;
        public Dictionary<Guid, Sender> Members { get; } = [];
        public int Plan { get; set; }
        public int Place { get; set; }
        public long Parted { get; set; }

        public void Take(Member row)
        {
            if (Members.TryGetValue(row.UserId, out var sender))
            {
                sender.Row = row;
                return;
            }
            if (Members.Count == MostMembers)
            {
                Members.Clear();
            }
            Members.Add(row.UserId, new Sender(row));
        }
    }

    private sealed class Sender(Member row)
    {
        public Member Row { get; set; } = row;
        public int Plan { get; set; }
        public int Place { get; set; }
    }
}
