using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;

namespace ModularChat.StorageTests;

/// <summary>What a log does, as simply as it can be said: lists in memory. Written from the interface, not from an engine.</summary>
internal sealed class ModelLog(int shards)
{
    private const int ReceiptLimit = 100, MaxReactions = 50;
    private readonly Dictionary<Guid, ModelConversation> _conversations = [];
    private readonly Dictionary<(Guid Conversation, Guid Sender, Guid Id), (byte[] Hash, AppendResult Result)> _requests = [];

    public long[] Positions { get; } = new long[shards];
    public IEnumerable<ModelConversation> Conversations => _conversations.Values;

    public ModelConversation? Find(Guid id) => _conversations.GetValueOrDefault(id);

    public AppendResult Append(Append append)
    {
        var conversation = Find(append.ConversationId);
        if (conversation is null && append.Change is not Change.Create)
        {
            return new AppendResult(AppendOutcome.NoConversation);
        }
        if (_requests.TryGetValue((append.ConversationId, append.SenderId, append.ClientMessageId), out var before))
        {
            return before.Hash.SequenceEqual(append.RequestHash) ? before.Result with { Outcome = AppendOutcome.Duplicate } : new(AppendOutcome.IdReused);
        }
        if (append.Change is Change.Create create)
        {
            if (conversation is not null)
            {
                return new AppendResult(AppendOutcome.AlreadyCreated);
            }
            conversation = new ModelConversation(append.ConversationId, Ids.Shard(append.ConversationId, shards), create);
            _conversations.Add(append.ConversationId, conversation);
        }
        else if (append.MembersSeq != conversation!.MembersSeq && !(append.SenderRole is { } role && conversation.Members.GetValueOrDefault(append.SenderId)?.Role == role))
        {
            return new AppendResult(AppendOutcome.MembersChanged);
        }
        var refusal = conversation.ChangeMessage(append, MaxReactions);
        if (refusal is not null)
        {
            return new AppendResult(refusal.Value);
        }
        conversation.Add(append, ++Positions[conversation.Shard]);
        var result = new AppendResult(AppendOutcome.Stored, conversation.Entries.Count, conversation.Position, append.At);
        _requests.Add((append.ConversationId, append.SenderId, append.ClientMessageId), (append.RequestHash, result));
        return result;
    }

    /// <summary>Returns how many entries leave.</summary>
    public int Cut(Guid id, long upTo, DateTimeOffset forgetBefore)
    {
        if (Find(id) is not { } conversation)
        {
            return 0;
        }
        if (Math.Min(upTo, conversation.Entries.Count) > conversation.Cut)
        {
            conversation.Cut = Math.Min(upTo, conversation.Entries.Count);
            conversation.MarksPosition = ++Positions[conversation.Shard];
        }
        var left = conversation.Entries.Take((int)conversation.Cut).Where(e => e.At < forgetBefore && conversation.Left.Add(e.Seq)).ToArray();
        foreach (var entry in left)
        {
            _requests.Remove((id, entry.SenderId, entry.ClientMessageId!.Value));
        }
        return left.Length;
    }

    public void Advance(MarkAdvance advance)
    {
        if (Find(advance.ConversationId) is not { } conversation || !conversation.Members.TryGetValue(advance.UserId, out var member))
        {
            return;
        }
        var head = conversation.Entries.Count;
        var read = Math.Max(member.Read, Math.Min(head, advance.Read ?? 0));
        var delivered = conversation.MemberCount > ReceiptLimit ? member.Delivered : Math.Max(member.Delivered, Math.Min(head, advance.Delivered ?? 0));
        var moved = member with
        {
            Read = read,
            Delivered = Math.Max(delivered, read),
            ReadNumber = read == member.Read ? member.ReadNumber : conversation.NumberAt(read),
            Preferences = advance.Preferences ?? member.Preferences,
        };
        if (moved != member)
        {
            conversation.MarksPosition = ++Positions[conversation.Shard];
            conversation.Members[advance.UserId] = moved with { MarksPosition = conversation.MarksPosition };
        }
    }
}

/// <summary>One conversation of the model.</summary>
internal sealed class ModelConversation(Guid id, int shard, Change.Create create)
{
    private string? _title = create.Title;
    private HistoryVisibility _history = create.History;
    private KeepRule? _keep;
    private long _number;
    private long _membersPosition;

    public Guid Id => id;
    public int Shard => shard;
    public List<Entry> Entries { get; } = [];
    public Dictionary<Guid, Member> Members { get; } = [];
    public long Position { get; private set; }
    public long MembersSeq { get; private set; }
    public long MarksPosition { get; set; }
    public long Cut { get; set; }
    public HashSet<long> Left { get; } = [];
    public int MemberCount => Members.Values.Count(m => m.Role >= MemberRole.Member);

    public Membership Membership => new(
        new Head(id, shard, create.Kind, _title, _history, Entries.Count, Position, _number, MembersSeq, _membersPosition, MarksPosition, MemberCount, Cut, _keep),
        [.. Members.Values]);

    /// <summary>The entries after the cut, with what the log keeps only in the message: an edit shows the present content.</summary>
    public IEnumerable<Entry> Present => Entries.Skip((int)Cut)
        .Select(e => e.Kind == EntryKind.Edited ? e with { Body = e.Target > Cut ? Entries[(int)e.Target!.Value - 1].Body : null } : e);

    /// <summary>Below the cut nothing is told apart any more.</summary>
    public long NumberAt(long seq) => seq == 0 && Cut == 0 ? 0 : Entries[(int)Math.Max(seq, Cut) - 1].Number;

    public AppendOutcome? ChangeMessage(Append append, int maxReactions)
    {
        if (append.Change is not (Change.Edit or Change.Delete or Change.React or Change.Pin))
        {
            return null;
        }
        if (append.Target is not { } target || target <= Cut || target > Entries.Count || Entries[(int)target - 1] is not { Kind: EntryKind.Message } message)
        {
            return AppendOutcome.NoTarget;
        }
        if (message.IsDeleted == true)
        {
            return append.Change is Change.Delete ? AppendOutcome.Unchanged : AppendOutcome.NoTarget;
        }
        var changed = append.Change switch
        {
            Change.Edit => message with { Body = append.Body, EditedAt = append.At },
            Change.Delete => message with { Body = null, IsDeleted = true, IsPinned = null, Reactions = null },
            Change.Pin pin => message with { IsPinned = pin.Pinned ? true : null },
            Change.React react => message with { Reactions = React(message.Reactions ?? [], react, append.SenderId) },
            _ => message,
        };
        if (changed == message || (append.Change is Change.React && ReferenceEquals(changed.Reactions, message.Reactions)))
        {
            return append.Change is Change.Edit ? Store() : AppendOutcome.Unchanged;
        }
        if (changed.Reactions?.Length > maxReactions)
        {
            return AppendOutcome.TooManyReactions;
        }
        return Store();

        AppendOutcome? Store()
        {
            Entries[(int)target - 1] = changed with { Changed = Entries.Count + 1 };
            return null;
        }
    }

    public void Add(Append append, long position)
    {
        _number += append.Kind == EntryKind.Message ? 1 : 0;
        Position = position;
        var seq = Entries.Count + 1;
        Entries.Add(new Entry
        {
            ConversationId = id,
            Seq = seq,
            Kind = append.Kind,
            SenderId = append.SenderId,
            At = append.At,
            Number = _number,
            Target = append.Target,
            Body = append.Body,
            ClientMessageId = append.ClientMessageId,
        });
        switch (append.Change)
        {
            case Change.Create:
                Set(create.Members.Select(m => new MemberChange(m.UserId, m.Role, m.Role == MemberRole.Invited ? RangeChange.Keep : RangeChange.OpenAll)));
                (MembersSeq, _membersPosition) = (seq, position);
                break;
            case Change.ChangeMembers change:
                Set(change.Changes);
                (MembersSeq, _membersPosition) = (seq, position);
                break;
            case Change.Settings settings:
                (_title, _history, _keep) = (settings.Title ?? _title, settings.History ?? _history, settings.KeepAfter(_keep));
                (MembersSeq, _membersPosition) = (seq, position);
                break;
        }
        if (append.Kind == EntryKind.Message && Members.TryGetValue(append.SenderId, out var sender) && sender.Role >= MemberRole.Member)
        {
            Members[append.SenderId] = sender with { Read = seq, Delivered = seq, ReadNumber = _number, MarksPosition = position };
            MarksPosition = position;
        }
    }

    private void Set(IEnumerable<MemberChange> changes)
    {
        foreach (var change in changes)
        {
            var old = Members.GetValueOrDefault(change.UserId) ?? new Member(change.UserId, MemberRole.None, [], 0, 0, 0, 0, Preferences.None, 0);
            var ranges = Ranges(old.Ranges, change.Range);
            var comesOrGoes = (old.Role >= MemberRole.Member) != (change.Role >= MemberRole.Member) || (change.Role < MemberRole.Member && old.Role != change.Role);
            Members[change.UserId] = old with
            {
                Role = change.Role,
                Ranges = ranges,
                MarksPosition = Position,
                RangesPosition = comesOrGoes || !ranges.SequenceEqual(old.Ranges) ? Position : old.RangesPosition,
            };
            MarksPosition = Position;
        }
    }

    private VisibleRange[] Ranges(VisibleRange[] ranges, RangeChange change)
    {
        var open = ranges.LastOrDefault(r => r.To is null);
        return change switch
        {
            RangeChange.OpenHere => open is null ? [.. ranges, new VisibleRange(Entries.Count, _number, null, null)] : ranges,
            RangeChange.OpenAll => [new VisibleRange(1, 0, null, null)],
            RangeChange.Close => [.. ranges.Select(r => r == open ? r with { To = Entries.Count, NumberTo = _number } : r)],
            _ => ranges,
        };
    }

    /// <summary>The rule by which clients fold; the same array when nothing changes.</summary>
    private static ReactionGroup[]? React(ReactionGroup[] groups, Change.React react, Guid sender)
    {
        var group = groups.FirstOrDefault(g => g.Emoji == react.Emoji);
        if ((group?.UserIds.Contains(sender) ?? false) != react.Remove)
        {
            return groups.Length == 0 ? null : groups;
        }
        ReactionGroup[] changed = group is null
            ? [.. groups, new ReactionGroup(react.Emoji, [sender])]
            : [.. groups
                .Select(g => g != group ? g : g with { UserIds = react.Remove ? [.. g.UserIds.Where(u => u != sender)] : [.. g.UserIds, sender] })
                .Where(g => g.UserIds.Length > 0)];
        return changed.Length == 0 ? null : changed;
    }
}
