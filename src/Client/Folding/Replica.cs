namespace ModularChat.Client.Folding;

/// <summary>
/// This device's copy: all conversations, and the cursor up to which they are complete. One loop writes to it, anybody takes snapshots.
/// Holes are mended from history before anything after them is shown.
/// </summary>
internal sealed class Replica(ChatClientOptions options, ChatApi api, EventHub events, Action<Entry> seen, Func<Guid, IReadOnlyList<PendingSend>> pending)
{
    private const int HistoryPageSize = 200;
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, ConversationFold> _folds = [];
    private readonly HashSet<Guid> _changed = [];
    private readonly bool _keeps = options.Store is not MemoryChatStore;
    private readonly List<Entry> _applied = [];

    public Guid Me { get; set; }

    public string? Cursor { get; private set; }

    public ConversationSnapshot? Find(Guid id)
    {
        lock (_gate)
        {
            return _folds.TryGetValue(id, out var fold) ? Snapshot(fold) : null;
        }
    }

    public IReadOnlyList<ConversationSnapshot> All()
    {
        lock (_gate)
        {
            return [.. _folds.Values.Select(Snapshot)];
        }
    }

    public void Restore(StoredClient stored)
    {
        Cursor = stored.Cursor;
        foreach (var conversation in stored.Conversations)
        {
            Fold(conversation.State.Id).Restore(conversation.State, conversation.Have, conversation.Timeline, conversation.Gaps);
        }
    }

    /// <summary>The server does not know the cursor: the next sync is one of everything, and what is here already is dropped as double.</summary>
    public void ForgetCursor() => Cursor = null;

    public async ValueTask KeepCursorAsync(string cursor, CancellationToken token)
    {
        Cursor = cursor;
        if (!_keeps)
        {
            return;
        }
        List<ConversationSnapshot> changed;
        lock (_gate)
        {
            changed = [.. _changed.Select(id => Snapshot(_folds[id]))];
            _changed.Clear();
        }
        await options.Store.SaveAsync(cursor, changed, token);
    }

    public async ValueTask ApplyAsync(SyncPage page, CancellationToken token)
    {
        if (page.Reset)
        {
            lock (_gate)
            {
                _folds.Clear();
                _changed.Clear();
            }
            await options.Store.ResetAsync(token);
            events.Publish(new HistoryReset());
        }
        foreach (var conversation in page.Conversations)
        {
            await ApplyAsync(conversation, token);
        }
        if (page.Versions is { Count: > 0 } versions)
        {
            Versions(versions);
        }
        await KeepCursorAsync(page.Cursor, token);
    }

    public async ValueTask ApplyAsync(Entry entry, CancellationToken token)
    {
        var fold = Fold(entry.ConversationId);
        var outcome = Change(fold, () => fold.Apply(entry));
        if (outcome == FoldOutcome.Applied)
        {
            Changed(entry.ConversationId);
            Show(entry);
        }
        else if (outcome != FoldOutcome.Duplicate)
        {
            if (!fold.HasState || outcome == FoldOutcome.Stale)
            {
                Apply(await api.GetConversationAsync(entry.ConversationId, token));
            }
            await ApplyAsync(new ConversationSync(fold.State, [entry], Left(fold, entry.Seq - 1)), token);
        }
    }

    public void Apply(ConversationState state)
    {
        var fold = Fold(state.Id);
        Change(fold, () => fold.ApplyState(state));
        Changed(state.Id);
        events.Publish(new ConversationChanged(fold.State));
    }

    public void Apply(Guid conversationId, OwnState own)
    {
        var fold = Fold(conversationId);
        Change(fold, () => fold.ApplyMe(own));
        Changed(conversationId);
        events.Publish(new ConversationChanged(fold.State));
    }

    public void Apply(Guid conversationId, IReadOnlyList<MemberMarks> marks)
    {
        var fold = Fold(conversationId);
        lock (_gate)
        {
            fold.ApplyMarks(marks);
        }
        Changed(conversationId);
        events.Publish(new MarksMoved(conversationId, marks));
    }

    public void Typing(Guid conversationId, Guid userId, DateTimeOffset expiresAt) => events.Publish(new TypingReceived(conversationId, userId, expiresAt));

    public void Called(Call call) => events.Publish(new CallChanged(call));

    public void Signalled(Guid callId, Guid legId, NumberedSignal told) => events.Publish(new CallSignalled(callId, legId, told));

    public void Gathered(Room room) => events.Publish(new RoomChanged(room));

    public void Signalled(Guid conversationId, Guid legId, RoomSignal told) => events.Publish(new RoomSignalled(conversationId, legId, told));

    public void Versions(IReadOnlyDictionary<string, long> versions) => events.Publish(new VersionsReceived(versions));

    public void ApplyOlder(Guid conversationId, HistoryPage page)
    {
        lock (_gate)
        {
            if (_folds.TryGetValue(conversationId, out var fold))
            {
                fold.ApplyOlder(page);
            }
        }
        Changed(conversationId);
    }

    private async ValueTask ApplyAsync(ConversationSync page, CancellationToken token)
    {
        var fold = Fold(page.State.Id);
        Change(fold, () => fold.ApplyState(page.State));
        Changed(page.State.Id);
        if (page.Gap is { To: { } last } gap && last > fold.Have && last - Math.Max(gap.From - 1, fold.Have) <= options.MaxGapFill)
        {
            await MendAsync(fold, last, token);
        }
        while (true)
        {
            var outcome = Change(fold, () => fold.ApplyPage(page, _applied.Add));
            ShowApplied();
            if (outcome != FoldOutcome.Hole)
            {
                break;
            }
            var next = page.Gap is { } left && left.From > fold.Have ? left.From : page.Entries.First(entry => entry.Seq > fold.Have).Seq;
            await MendAsync(fold, next - 1, token);
        }
        events.Publish(new ConversationChanged(fold.State));
    }

    /// <summary>Reads history after what is here until everything up to a seq is here. A failure breaks the connection, and the next sync tries again.</summary>
    private async ValueTask MendAsync(ConversationFold fold, long wanted, CancellationToken token)
    {
        var done = false;
        while (!done)
        {
            HistoryPage page;
            try
            {
                page = await api.GetHistoryAsync(fold.State.Id, after: fold.Have, limit: HistoryPageSize, token: token);
            }
            catch (ChatProblemException refused) when (refused.Problem is { Retryable: false, Code: not "unauthorized" })
            {
                page = new HistoryPage([], false);
            }
            var before = fold.Have;
            done = Change(fold, () => fold.ApplyHistory(page, wanted, _applied.Add));
            ShowApplied();
            if (!done && fold.Have == before)
            {
                throw new HttpRequestException("History says that there is more but gives nothing.");
            }
        }
    }

    /// <summary>A hole that is too large to read becomes a stated gap.</summary>
    private SeqRange? Left(ConversationFold fold, long last) =>
        last - fold.Have > options.MaxGapFill && fold.IsAnyVisible(fold.Have + 1, last) ? new SeqRange(fold.Have + 1, last) : null;

    /// <summary>Changes a conversation, and tells of the gaps that this leaves.</summary>
    private T Change<T>(ConversationFold fold, Func<T> change)
    {
        T result;
        List<SeqRange>? left = null;
        lock (_gate)
        {
            SeqRange[] before = fold.Gaps.Count == 0 ? [] : [.. fold.Gaps];
            result = change();
            if (fold.Gaps.Count > before.Length)
            {
                left = [.. fold.Gaps.Except(before)];
            }
        }
        left?.ForEach(gap => events.Publish(new GapLeft(fold.State.Id, gap)));
        return result;
    }

    private void Change(ConversationFold fold, Action change) => Change(fold, () =>
    {
        change();
        return true;
    });

    private ConversationFold Fold(Guid id)
    {
        lock (_gate)
        {
            if (!_folds.TryGetValue(id, out var fold))
            {
                _folds.Add(id, fold = new ConversationFold(Me, options.KeepEntries));
            }
            return fold;
        }
    }

    private void Changed(Guid id)
    {
        if (_keeps)
        {
            lock (_gate)
            {
                _changed.Add(id);
            }
        }
    }

    private void ShowApplied()
    {
        foreach (var entry in _applied)
        {
            Show(entry);
        }
        _applied.Clear();
    }

    private void Show(Entry entry)
    {
        seen(entry);
        events.Publish(new EntryReceived(entry));
    }

    private ConversationSnapshot Snapshot(ConversationFold fold) =>
        new(fold.State, fold.Have, [.. fold.Timeline], [.. fold.Gaps], pending(fold.State.Id));
}
