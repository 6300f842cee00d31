namespace ModularChat.Client.Folding;

/// <summary>
/// Folds the entries of one conversation into its state by the rules of section 7 of the protocol. No input or output, no
/// clock, not safe for use from several threads. Whatever the transport and whatever was lost, doubled or reordered on the
/// way, the same log folds to the same state.
/// </summary>
/// <param name="me">The user whose copy this is.</param>
/// <param name="keepEntries">How many entries the timeline keeps; 0 keeps none, and unread counts are then the server's.</param>
public sealed class ConversationFold(Guid me, int keepEntries)
{
    private readonly Timeline _timeline = new(keepEntries);
    private readonly List<SeqRange> _gaps = [];
    private long _countedTo;

    /// <summary>Title, members, one's own side.</summary>
    public ConversationState State { get; private set; } = new(Guid.Empty, ConversationKind.Unknown, 0, 0, new OwnState(MemberRole.None, null, 0, 0, 0, -1), 0);

    /// <summary>Everything that one may see up to this seq is applied, but for <see cref="Gaps"/>.</summary>
    public long Have { get; private set; }

    /// <summary>The newest messages in present state, and entries about members and settings, by seq.</summary>
    public IReadOnlyList<Entry> Timeline => _timeline.Entries;

    /// <summary>Runs below <see cref="Have"/> that a sync left out, or that one may see only since they were passed by.</summary>
    public IReadOnlyList<SeqRange> Gaps => _gaps;

    internal bool HasState { get; private set; }

    /// <summary>Goes on from what an earlier run of the program kept.</summary>
    public void Restore(ConversationState state, long have, IEnumerable<Entry> timeline, IEnumerable<SeqRange> gaps)
    {
        (State, Have, _countedTo, HasState) = (state, have, have, true);
        _gaps.AddRange(gaps);
        foreach (var entry in timeline)
        {
            _timeline.Put(entry);
        }
    }

    /// <summary>A state of the conversation from a sync page or a conversation frame: rule 5.</summary>
    public void ApplyState(ConversationState state)
    {
        var own = state.Me;
        State = HasState ? StateChange.Replace(State, state) : state with { Me = State.Me };
        HasState = true;
        if (own.Version > State.Me.Version || (own.Version == State.Me.Version && state.Head >= _countedTo))
        {
            Own(own);
            _countedTo = Math.Max(_countedTo, state.Head);
        }
        EndIfFormer();
    }

    /// <summary>One's own side from a me frame.</summary>
    public void ApplyMe(OwnState own)
    {
        if (own.Version < State.Me.Version)
        {
            return;
        }
        // The frame does not say which head its count belongs to; what is here does, when it reaches back to the read mark.
        var unread = own.Read >= Have ? 0 : _timeline.UnreadAfter(own.Read, me) ?? own.Unread;
        Own(own with { Unread = unread });
        _countedTo = Have;
        EndIfFormer();
    }

    /// <summary>Marks of other members: only forward.</summary>
    public void ApplyMarks(IReadOnlyList<MemberMarks> marks) => State = State with { Members = StateChange.Marks(State.Members, marks) };

    /// <summary>One entry as it came live: rules 1 to 4, and 7.</summary>
    public FoldOutcome Apply(Entry entry) =>
        entry.Seq > Have && !IsAnyVisible(entry.Seq, entry.Seq) ? FoldOutcome.Stale : ApplyNext(entry);

    /// <summary>
    /// A conversation of a sync page: its state, its stated gap, then its entries. Stops at a hole, which something lost
    /// before this page has left; history after <see cref="Have"/> then gives the rest of the page too.
    /// </summary>
    public FoldOutcome ApplyPage(ConversationSync page, Action<Entry>? applied = null)
    {
        ApplyState(page.State);
        if (page.Gap is { To: { } last } gap && last > Have)
        {
            if (IsAnyVisible(Have + 1, gap.From - 1))
            {
                return FoldOutcome.Hole;
            }
            _gaps.Add(new SeqRange(Math.Max(gap.From, Have + 1), last));
            Have = last;
        }
        var outcome = FoldOutcome.Duplicate;
        foreach (var entry in page.Entries)
        {
            switch (ApplyNext(entry))
            {
                case FoldOutcome.Hole:
                    return FoldOutcome.Hole;
                case FoldOutcome.Applied:
                    outcome = FoldOutcome.Applied;
                    applied?.Invoke(entry);
                    break;
            }
        }
        return outcome;
    }

    /// <summary>A page of history after <see cref="Have"/>, to mend a hole below <paramref name="wanted"/>. True when it is mended.</summary>
    /// <param name="page">The page; what it does not hold is not there for this reader.</param>
    /// <param name="wanted">The seq that is known to be on the server.</param>
    /// <param name="applied">Is told each entry that was applied.</param>
    public bool ApplyHistory(HistoryPage page, long wanted, Action<Entry>? applied = null)
    {
        if (page.Ranges is { } ranges)
        {
            Own(State.Me with { Ranges = ranges });
        }
        foreach (var entry in page.Entries)
        {
            if (entry.Seq > Have)
            {
                Take(entry);
                applied?.Invoke(entry);
            }
        }
        if (!page.More)
        {
            Have = Math.Max(Have, wanted);
        }
        return Have >= wanted;
    }

    /// <summary>A page of older history, for show: goes into the timeline and closes what it covers of the gaps.</summary>
    public void ApplyOlder(HistoryPage page)
    {
        foreach (var entry in page.Entries)
        {
            if (entry.Seq <= Have && entry.Target is null)
            {
                _timeline.Put(entry);
            }
        }
        if (page.Entries.Count > 0)
        {
            Cover(page.Entries[0].Seq, page.Entries[^1].Seq);
        }
    }

    /// <summary>True when one may see any seq from <paramref name="first"/> to <paramref name="last"/>.</summary>
    public bool IsAnyVisible(long first, long last) =>
        first <= last && (State.Me.Ranges is not { } ranges || ranges.Any(range => range.From <= last && (range.To ?? long.MaxValue) >= first));

    private FoldOutcome ApplyNext(Entry entry)
    {
        if (entry.Seq <= Have)
        {
            return FoldOutcome.Duplicate;
        }
        if (IsAnyVisible(Have + 1, entry.Seq - 1))
        {
            return FoldOutcome.Hole;
        }
        Take(entry);
        return FoldOutcome.Applied;
    }

    private void Take(Entry entry)
    {
        Have = entry.Seq;
        State = State with { Head = Math.Max(State.Head, entry.Seq) };
        switch (entry.Kind)
        {
            case EntryKind.Edited or EntryKind.Deleted or EntryKind.Reaction or EntryKind.Pinned:
                _timeline.Change(entry);
                return;
            case EntryKind.Message:
                State = StateChange.Sent(State, entry);
                Count(entry);
                break;
            case EntryKind.Members when entry.Seq > State.StateSeq:
                State = StateChange.Members(State, entry, me);
                break;
            case EntryKind.Settings when entry.Seq > State.StateSeq:
                State = StateChange.Settings(State, entry);
                break;
        }
        _timeline.Put(entry);
    }

    private void Count(Entry entry)
    {
        if (entry.Seq <= _countedTo)
        {
            return;
        }
        _countedTo = entry.Seq;
        State = State with
        {
            Me = entry.SenderId == me
                ? State.Me with { Unread = 0, Read = Math.Max(State.Me.Read, entry.Seq), Delivered = Math.Max(State.Me.Delivered, entry.Seq) }
                : State.Me with { Unread = State.Me.Unread + 1 },
        };
    }

    /// <summary>Takes over one's own side. What was passed by because one might not see it, and now may, has never come: a gap (rule 7).</summary>
    private void Own(OwnState own)
    {
        if (State.Me.Ranges is { } known && own.Ranges is { } ranges)
        {
            if (CameInAgain(known, ranges))
            {
                // What was changed while the reader was out is told by no entry: all that is here is read again when it is wanted.
                _timeline.Clear();
                _gaps.Clear();
                known = [];
            }
            foreach (var range in ranges)
            {
                AddUnseen(known, range.From, Math.Min(range.To ?? long.MaxValue, Have));
            }
        }
        State = State with { Me = own.Ranges is null ? own with { Ranges = State.Me.Ranges } : own };
    }

    /// <summary>
    /// What an invitation told goes with it: no entry that a former member sees takes it back, and the state that does has a lower
    /// <c>stateSeq</c> than the one that came with the invitation (rule 5).
    /// </summary>
    private void EndIfFormer()
    {
        if (State.Me is { Role: MemberRole.None, Ranges: { } ranges })
        {
            var last = ranges.Count > 0 ? ranges[^1].To ?? long.MaxValue : 0;
            State = State with { Members = null, MemberCount = 0, StateSeq = Math.Min(State.StateSeq, last) };
        }
    }

    /// <summary>One is in, but by another coming in than the known one.</summary>
    private static bool CameInAgain(IReadOnlyList<SeqRange> known, IReadOnlyList<SeqRange> ranges) =>
        known is [.., var before] && ranges is [.., { To: null } now] && (before.To is not null || before.From != now.From || known.Count != ranges.Count);

    private void AddUnseen(IReadOnlyList<SeqRange> known, long from, long last)
    {
        foreach (var range in known.OrderBy(range => range.From))
        {
            if (range.From > from && Math.Min(range.From - 1, last) is var to && to >= from)
            {
                _gaps.Add(new SeqRange(from, to));
            }
            from = Math.Max(from, range.To is { } end ? end + 1 : long.MaxValue);
        }
        if (from <= last)
        {
            _gaps.Add(new SeqRange(from, last));
        }
    }

    private void Cover(long first, long last)
    {
        for (var i = _gaps.Count - 1; i >= 0; i--)
        {
            var gap = _gaps[i];
            if (gap.From > last || gap.To < first)
            {
                continue;
            }
            _gaps.RemoveAt(i);
            if (gap.To > last)
            {
                _gaps.Insert(i, gap with { From = last + 1 });
            }
            if (gap.From < first)
            {
                _gaps.Insert(i, gap with { To = first - 1 });
            }
        }
    }
}
