namespace ModularChat.Messaging.Storage.Writing;

/// <summary>Messages of one shard with what they do, worked out here: all are stored, or none. Positions are counted from the one before the first.</summary>
internal sealed class KnownBatch(IReadOnlyList<Append> messages)
{
    private readonly List<KnownHead> _heads = [];
    private readonly List<KnownMember> _members = [];
    private int _count;

    public IReadOnlyList<Append> Messages => messages;

    /// <summary>By message.</summary>
    public long[] Seqs { get; } = new long[messages.Count];

    /// <summary>By message: the running number.</summary>
    public long[] Numbers { get; } = new long[messages.Count];

    /// <summary>Each conversation once.</summary>
    public IReadOnlyList<KnownHead> Heads => _heads;

    /// <summary>Senders whose marks move with their messages, each once.</summary>
    public IReadOnlyList<KnownMember> Members => _members;

    public int Add(Head head)
    {
        _heads.Add(new KnownHead(head));
        return _heads.Count - 1;
    }

    public int Add(Guid conversation, Member member)
    {
        _members.Add(new KnownMember(conversation, member));
        return _members.Count - 1;
    }

    /// <summary>The next message.</summary>
    /// <param name="head">Its conversation's place.</param>
    /// <param name="sender">Its sender's, or -1.</param>
    public void Add(int head, int sender)
    {
        var state = _heads[head];
        (Seqs[_count], Numbers[_count]) = (++state.Seq, ++state.Number);
        state.Last = ++_count;
        if (sender >= 0)
        {
            state.LastMark = _count;
            (_members[sender].Seq, _members[sender].Number, _members[sender].Last) = (state.Seq, state.Number, _count);
        }
    }

    /// <summary>What it did, for the listener.</summary>
    public Commit ToCommit(int shard, long previous)
    {
        var entries = new CommittedEntry[_count];
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = new CommittedEntry(previous + i + 1, messages[i].ToEntry(Seqs[i], Numbers[i]), null);
        }
        var members = new (Guid, Member)[_members.Count];
        for (var i = 0; i < members.Length; i++)
        {
            members[i] = (_members[i].ConversationId, _members[i].After(previous));
        }
        var heads = new Head[_heads.Count];
        for (var i = 0; i < heads.Length; i++)
        {
            heads[i] = _heads[i].After(previous);
        }
        return new Commit(shard, previous, previous + _count, entries, members, heads);
    }
}

/// <summary>A head before and after a batch.</summary>
internal sealed class KnownHead(Head before)
{
    public Head Before => before;
    public long Seq { get; set; } = before.Seq;
    public long Number { get; set; } = before.Number;

    /// <summary>The last message by its place in the batch, from 1.</summary>
    public int Last { get; set; }

    /// <summary>The last message that moved its sender's marks; 0 when none did.</summary>
    public int LastMark { get; set; }

    public Head After(long previous) => before with
    {
        Seq = Seq,
        Number = Number,
        Position = previous + Last,
        MarksPosition = LastMark == 0 ? before.MarksPosition : previous + LastMark,
    };
}

/// <summary>A sender's row before and after a batch.</summary>
internal sealed class KnownMember(Guid conversationId, Member before)
{
    public Guid ConversationId => conversationId;
    public Member Before => before;
    public long Seq { get; set; }
    public long Number { get; set; }

    /// <summary>The last message by its place in the batch, from 1.</summary>
    public int Last { get; set; }

    public Member After(long previous) => before with { Read = Seq, Delivered = Seq, ReadNumber = Number, MarksPosition = previous + Last };
}
