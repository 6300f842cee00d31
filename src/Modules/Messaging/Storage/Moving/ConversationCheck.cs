using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Storage.Moving;

/// <summary>Checks one conversation: every entry, and that head and members say what the entries say.</summary>
internal sealed class ConversationCheck
{
    private readonly Membership _membership;
    private readonly ShardRow _shard;
    private readonly int _shards;
    private readonly PositionSet _positions;
    private readonly MessageFold _fold;
    private readonly List<Finding> _findings = [];

    // Numbers that marks and ranges name are few; those of all entries would be many.
    private readonly Dictionary<long, long> _numbers = [];
    private readonly PositionSet _messages = new();
    private EntryRow? _last;
    private (long Seq, long Position) _members;

    public ConversationCheck(Membership membership, ShardRow shard, int shards, PositionSet positions)
    {
        (_membership, _shard, _shards, _positions) = (membership, shard, shards, positions);
        _fold = new MessageFold(Report);
        foreach (var member in membership.Members)
        {
            _numbers.TryAdd(member.Read, -1);
            foreach (var range in member.Ranges)
            {
                _numbers.TryAdd(range.From, -1);
                _numbers.TryAdd(range.To ?? 0, -1);
            }
        }
    }

    public IReadOnlyList<Finding> Findings => _findings;
    public long Unchecked { get; private set; }

    private Head Head => _membership.Head;

    /// <summary>Takes in one row after another, in seq order.</summary>
    public void Add(EntryRow row)
    {
        var (cut, before) = (Head.Cut, _last);
        _last = row;
        if (row.ConversationId != Head.ConversationId || row.Seq <= (before?.Seq ?? 0))
        {
            Report(row.Seq, "it is out of order or of another conversation.");
        }
        if ((before is null && cut == 0 && row.Seq != 1) || (row.Seq > cut + 1 && row.Seq != (before?.Seq ?? cut) + 1))
        {
            Report(row.Seq, $"the entries after seq {before?.Seq ?? cut} up to it are missing.");
        }
        if (row.Position <= (before?.Position ?? 0) || row.Position > _shard.Position)
        {
            Report(row.Seq, "its position does not rise, or lies past the position of its shard.");
        }
        else if (!_positions.Add(row.Position))
        {
            Report(row.Seq, $"position {row.Position} is there twice.");
        }
        if (row.Seq == 1 != (row.Kind == EntryKind.Created))
        {
            Report(row.Seq, "the created entry is the first, and no other is one.");
        }
        CheckNumber(row, before);
        CheckBody(row, cut);
        if (row.Kind == EntryKind.Message)
        {
            _messages.Add(row.Seq);
        }
        if (row.Kind is EntryKind.Created or EntryKind.Members or EntryKind.Settings)
        {
            _members = (row.Seq, row.Position);
        }
        _fold.Add(row, cut);
    }

    /// <summary>After the last row.</summary>
    public void Finish()
    {
        if (Head.Shard != _shard.Shard || Ids.Shard(Head.ConversationId, _shards) != _shard.Shard)
        {
            Report(0, "it lies in another shard than its id says.");
        }
        if (Head.Seq < 1 || (_last?.Seq == Head.Seq ? (_last.Position, _last.Number) != (Head.Position, Head.Number) : Head.Cut < Head.Seq))
        {
            Report(0, $"its head (seq {Head.Seq}, number {Head.Number}) is not its last entry (seq {_last?.Seq ?? 0}, number {_last?.Number ?? 0}).");
        }
        if (Head.Position > _shard.Position || Head.MarksPosition > _shard.Position || Head.Cut > Head.Seq || Head.Cut < 0)
        {
            Report(0, "its head names a position or a cut that lies past the end.");
        }
        if (_members.Seq > Head.Cut || Head.MembersSeq > Head.Cut ? _members != (Head.MembersSeq, Head.MembersPosition) : Head.MembersSeq < 1)
        {
            Report(0, $"its head says that members last changed at seq {Head.MembersSeq}, its entries say at {_members.Seq}.");
        }
        if (_membership.Members.Count(m => m.Role >= MemberRole.Member) != Head.MemberCount)
        {
            Report(0, $"its head counts {Head.MemberCount} members, but there are {_membership.Members.Count(m => m.Role >= MemberRole.Member)}.");
        }
        foreach (var member in _membership.Members)
        {
            CheckMember(member);
        }
        _fold.Compare(_messages.Contains, Head.Cut);
    }

    public void Report(long seq, string what) => _findings.Add(new Finding(_shard.Shard, Head.ConversationId, seq, what));

    private void CheckNumber(EntryRow row, EntryRow? before)
    {
        var step = row.Kind == EntryKind.Message ? 1 : 0;
        var expected = before is { } last && last.Seq == row.Seq - 1 ? last.Number + step : row.Seq == 1 ? step : row.Number;
        if (row.Number != expected)
        {
            Report(row.Seq, $"its message number is {row.Number}, counted it is {expected}.");
        }
        if (_numbers.ContainsKey(row.Seq))
        {
            _numbers[row.Seq] = row.Number;
        }
        // The number before a range is that of the entry before it, and the same number less one for a message.
        if (row.Kind == EntryKind.Message && _numbers.ContainsKey(row.Seq))
        {
            _numbers[-row.Seq] = row.Number - 1;
        }
    }

    private void CheckBody(EntryRow row, long cut)
    {
        if (row.Check == 0)
        {
            Unchecked++;
        }
        else if (row.Check != EntryCheck.Of(row))
        {
            Report(row.Seq, "its checksum does not agree with its content: the row was damaged.");
        }
        if (row.Kind == EntryKind.Message && row.Seq > cut && row.Body is null != row.IsDeleted)
        {
            Report(row.Seq, row.IsDeleted ? "it is deleted, but still has its content." : "its content is missing.");
        }
        if ((row.Kind == EntryKind.Edited || (row.Kind == EntryKind.Message && row.Seq <= cut)) && row.Body is not null)
        {
            Report(row.Seq, "it holds content that it must not hold.");
        }
        if (row.RequestHash is not (null or { Length: 16 }))
        {
            Report(row.Seq, "the hash of its request is not 16 bytes.");
        }
    }

    private void CheckMember(Member member)
    {
        if (member.Read < 0 || member.Read > member.Delivered || member.Delivered > Head.Seq || member.MarksPosition > Head.MarksPosition || member.RangesPosition > member.MarksPosition)
        {
            Report(0, $"the marks of member {member.UserId} are out of bounds.");
        }
        else if (Number(member.Read) is { } number && number != member.ReadNumber)
        {
            Report(0, $"member {member.UserId} has read up to seq {member.Read}, number {number}, but the row says number {member.ReadNumber}.");
        }
        var end = 0L;
        foreach (var range in member.Ranges)
        {
            var isLast = ReferenceEquals(range, member.Ranges[^1]);
            if (range.From <= end || range.From > Head.Seq || (range.To is { } to ? to < range.From || to > Head.Seq : !isLast)
                || (NumberBefore(range.From) is { } before && before != range.NumberBefore) || (range.To is { } last && Number(last) is { } at && at != range.NumberTo))
            {
                Report(0, $"the visible range from seq {range.From} of member {member.UserId} does not agree with the entries.");
            }
            end = range.To ?? long.MaxValue;
        }
    }

    /// <summary>The message number at a seq; null when retention may have taken the entry.</summary>
    private long? Number(long seq) => seq == 0 ? 0 : seq <= Head.Cut || !_numbers.TryGetValue(seq, out var number) || number < 0 ? null : number;

    private long? NumberBefore(long seq) => seq <= Head.Cut ? null : _numbers.TryGetValue(-seq, out var before) ? before : Number(seq);
}
