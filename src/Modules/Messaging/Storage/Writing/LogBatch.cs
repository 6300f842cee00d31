using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Storage.Writing;

/// <summary>
/// Works out what appends and marks of one transaction do, on the states in memory and on the rows. When the transaction
/// fails all of it is thrown away, states included.
/// </summary>
internal sealed class LogBatch(IWriterTables tables, ConversationCache cache, int receiptLimit)
{
    private readonly long[] _positions = tables.Positions;
    private readonly ShardChanges[] _changes = [.. tables.Positions.Select((_, shard) => new ShardChanges(shard))];
    private readonly MessageChanges _messages = new(tables);

    public AppendResult Apply(Append append)
    {
        var state = Find(append.ConversationId);
        if (state is null)
        {
            return append.Change is Change.Create create ? Create(append, create) : new AppendResult(AppendOutcome.NoConversation);
        }
        MessageRow? changed = null;
        // A message is refused for nothing but its id once the members agree, so its request is entered without a look first.
        var isStale = IsStale(state, append);
        var isPlain = append.Kind == EntryKind.Message && !isStale;
        if (!isPlain || !AddRequest(state, append))
        {
            if (tables.FindRequest(state, append) is { } before)
            {
                return before;
            }
            if (append.Kind == EntryKind.Created)
            {
                return new AppendResult(AppendOutcome.AlreadyCreated);
            }
            if (isStale)
            {
                return new AppendResult(AppendOutcome.MembersChanged);
            }
            if (append.Change is Change.Edit or Change.Delete or Change.React or Change.Pin)
            {
                (var outcome, changed) = _messages.Apply(state, append, state.Seq + 1);
                if (outcome != AppendOutcome.Stored)
                {
                    return new AppendResult(outcome);
                }
            }
            AddRequest(state, append);
        }
        return Add(state, append, changed);
    }

    public void Apply(MarkAdvance advance)
    {
        if (Find(advance.ConversationId) is not { } state || FindMember(state, advance.UserId) is not { } member)
        {
            return;
        }
        var read = Math.Max(member.Read, Math.Min(advance.Read ?? 0, state.Seq));
        // Above the limit nobody is shown who got what, so delivered only follows read.
        var delivered = state.MemberCount > receiptLimit ? 0 : Math.Min(advance.Delivered ?? 0, state.Seq);
        delivered = Math.Max(member.Delivered, Math.Max(delivered, read));
        var preferences = advance.Preferences ?? member.Preferences;
        if (read == member.Read && delivered == member.Delivered && preferences == member.Preferences)
        {
            return;
        }
        if (read != member.Read)
        {
            member.ReadNumber = tables.NumberAt(state, read);
        }
        (member.Read, member.Delivered, member.Preferences) = (read, delivered, preferences);
        var position = ++_positions[state.Shard];
        Touch(state, member, position);
        tables.AddMark(state, member, position);
    }

    /// <summary>Moves the cut if it is to move, and does the next part of what follows from it.</summary>
    public (int Left, long? Last) Cut(Guid conversation, long upTo, long after, DateTimeOffset forgetBefore, int limit)
    {
        if (Find(conversation) is not { } state)
        {
            return (0, null);
        }
        var cut = Math.Min(upTo, state.Seq);
        if (cut > state.Cut)
        {
            var position = ++_positions[state.Shard];
            _changes[state.Shard].Begin(position - 1);
            (state.Cut, state.MarksPosition) = (cut, position);
            state.IsReshaped = true;
            Touch(state);
        }
        return after < state.Cut ? tables.Cut(state, after, forgetBefore, limit) : (0, null);
    }

    public int Forget(DateTimeOffset before, int limit) => tables.Forget(before, limit);

    /// <summary>The commit of each shard that changed, in order of shard; the changes start anew.</summary>
    public IReadOnlyList<(Commit Commit, ConversationState[] Touched)> TakeCommits()
    {
        var commits = new List<(Commit, ConversationState[])>();
        foreach (var changes in _changes)
        {
            if (changes.Take(_positions[changes.Shard]) is { } taken)
            {
                commits.Add(taken);
            }
        }
        return commits;
    }

    private ConversationState? Find(Guid id)
    {
        var state = cache.Find(id);
        if (state is null && (state = tables.FindConversation(id)) is not null)
        {
            cache.Add(state);
        }
        return state;
    }

    private MemberState? FindMember(ConversationState state, Guid user)
    {
        if (!state.Members.TryGetValue(user, out var member))
        {
            member = tables.FindMember(state, user) is { } row ? new MemberState(row) : null;
            state.Members.Add(user, member);
        }
        return member;
    }

    private bool IsStale(ConversationState state, Append append) =>
        append.MembersSeq != state.MembersSeq
        && (append.SenderRole is not { } role || FindMember(state, append.SenderId) is not { } sender || sender.Role != role);

    private bool AddRequest(ConversationState state, Append append) =>
        tables.AddRequest(state, append, state.Seq + 1, _positions[state.Shard] + 1);

    private AppendResult Create(Append append, Change.Create create)
    {
        var id = append.ConversationId;
        var state = new ConversationState
        {
            Key = tables.MakeConversation(id, create.Kind, create.Title, create.History),
            Id = id,
            Shard = Ids.Shard(id, _positions.Length),
            Kind = create.Kind,
            Title = create.Title,
            History = create.History,
        };
        cache.Add(state);
        AddRequest(state, append);
        foreach (var (user, _) in create.Members)
        {
            state.Members[user] = null;
        }
        return Add(state, append, null);
    }

    private AppendResult Add(ConversationState state, Append append, MessageRow? changed)
    {
        var changes = _changes[state.Shard];
        changes.Begin(_positions[state.Shard]);
        var position = ++_positions[state.Shard];
        state.Seq++;
        state.Position = position;
        if (append.Kind == EntryKind.Message)
        {
            state.Number++;
        }
        tables.AddEntry(state, append, changed);
        Touch(state);
        ApplyChange(state, append, position);
        changes.Entries.Add(new CommittedEntry(position, append.ToEntry(state.Seq, state.Number), append.Change));
        return new AppendResult(AppendOutcome.Stored, state.Seq, position, append.At.ToUniversalTime());
    }

    private void ApplyChange(ConversationState state, Append append, long position)
    {
        switch (append.Change)
        {
            case Change.Create create:
                SetMembers(state, create.Members.Select(m =>
                    new MemberChange(m.UserId, m.Role, m.Role >= MemberRole.Member ? RangeChange.OpenAll : RangeChange.Keep)), position);
                Reshape(state, position);
                break;
            case Change.ChangeMembers members:
                SetMembers(state, members.Changes, position);
                Reshape(state, position);
                break;
            case Change.Settings settings:
                (state.Title, state.History, state.Keep) = (settings.Title ?? state.Title, settings.History ?? state.History, settings.KeepAfter(state.Keep));
                Reshape(state, position);
                break;
            case null when append.Kind == EntryKind.Message && FindMember(state, append.SenderId) is { Role: >= MemberRole.Member } sender:
                (sender.Read, sender.Delivered, sender.ReadNumber) = (state.Seq, state.Seq, state.Number);
                Touch(state, sender, position);
                break;
        }
    }

    private static void Reshape(ConversationState state, long position)
    {
        (state.MembersSeq, state.MembersPosition) = (state.Seq, position);
        state.IsReshaped = true;
    }

    private void SetMembers(ConversationState state, IEnumerable<MemberChange> changes, long position)
    {
        foreach (var change in changes)
        {
            var member = FindMember(state, change.UserId);
            if (member is null)
            {
                member = new MemberState(new Member(change.UserId, MemberRole.None, [], 0, 0, 0, 0, Preferences.None, 0));
                state.Members[change.UserId] = member;
                tables.AddUser(state, change.UserId);
            }
            state.MemberCount += (change.Role >= MemberRole.Member ? 1 : 0) - (member.Role >= MemberRole.Member ? 1 : 0);
            var ranges = VisibleRanges.Change(member.Ranges, change.Range, state.Seq, state.Number);
            if (!ReferenceEquals(ranges, member.Ranges) || (member.Role != change.Role && (member.Role < MemberRole.Member || change.Role < MemberRole.Member)))
            {
                member.RangesPosition = position;
            }
            (member.Role, member.Ranges) = (change.Role, ranges);
            Touch(state, member, position);
        }
    }

    private void Touch(ConversationState state)
    {
        if (!state.IsDirty)
        {
            tables.Lag(state);
        }
        if (!state.IsTouched)
        {
            state.IsTouched = true;
            _changes[state.Shard].Conversations.Add(state);
        }
    }

    private void Touch(ConversationState state, MemberState member, long position)
    {
        _changes[state.Shard].Begin(position - 1);
        member.MarksPosition = position;
        state.MarksPosition = position;
        member.IsDirty = true;
        Touch(state);
        if (!member.IsTouched)
        {
            member.IsTouched = true;
            state.Touched.Add(member);
        }
    }
}
