using ModularChat.Contracts.Messaging;

namespace ModularChat.Messaging.Storage.Writing;

/// <summary>A conversation as its writer knows it: the head, the members who did something lately, and what is not folded into its rows yet.</summary>
internal sealed class ConversationState
{
    /// <summary>The small number that stands for the id in all rows of an engine that has such numbers.</summary>
    public required long Key { get; init; }
    public required Guid Id { get; init; }
    public required int Shard { get; init; }
    public required ConversationKind Kind { get; init; }
    public string? Title { get; set; }
    public HistoryVisibility History { get; set; }
    public long Seq { get; set; }
    public long Position { get; set; }
    public long Number { get; set; }
    public long MembersSeq { get; set; }
    public long MembersPosition { get; set; }
    public long MarksPosition { get; set; }
    public int MemberCount { get; set; }
    public long Cut { get; set; }
    public KeepRule? Keep { get; set; }

    /// <summary>Members by user; null for one who is known not to be there.</summary>
    public Dictionary<Guid, MemberState?> Members { get; } = [];

    /// <summary>On an engine that folds: places of the newest entries, up to <see cref="Seq"/>, that the index does not have yet.</summary>
    public List<long> Tail { get; } = [];

    /// <summary>True when rows lag behind this state.</summary>
    public bool IsDirty { get; set; }

    /// <summary>True when this batch has changed what cannot be worked out from the log: it is written to the rows at once.</summary>
    public bool IsReshaped { get; set; }

    /// <summary>Members that this batch has changed, each once.</summary>
    public List<MemberState> Touched { get; } = [];

    /// <summary>True when this batch has changed something.</summary>
    public bool IsTouched { get; set; }

    /// <summary>The seq of the first entry in <see cref="Tail"/>.</summary>
    public long TailFrom => Seq - Tail.Count + 1;

    public Head ToHead() => new(Id, Shard, Kind, Title, History, Seq, Position, Number, MembersSeq, MembersPosition, MarksPosition, MemberCount, Cut, Keep);

    public static ConversationState From(long key, Head head) => new()
    {
        Key = key,
        Id = head.ConversationId,
        Shard = head.Shard,
        Kind = head.Kind,
        Title = head.Title,
        History = head.History,
        Seq = head.Seq,
        Position = head.Position,
        Number = head.Number,
        MembersSeq = head.MembersSeq,
        MembersPosition = head.MembersPosition,
        MarksPosition = head.MarksPosition,
        MemberCount = head.MemberCount,
        Cut = head.Cut,
        Keep = head.Keep,
    };
}

/// <summary>A member's row as the writer knows it.</summary>
internal sealed class MemberState(Member row)
{
    public Guid UserId { get; } = row.UserId;
    public MemberRole Role { get; set; } = row.Role;
    public VisibleRange[] Ranges { get; set; } = row.Ranges;
    public long Delivered { get; set; } = row.Delivered;
    public long Read { get; set; } = row.Read;
    public long ReadNumber { get; set; } = row.ReadNumber;
    public long MarksPosition { get; set; } = row.MarksPosition;
    public Preferences Preferences { get; set; } = row.Preferences;
    public long RangesPosition { get; set; } = row.RangesPosition;
    public bool IsDirty { get; set; }
    public bool IsTouched { get; set; }

    public Member ToMember() => new(UserId, Role, Ranges, Delivered, Read, ReadNumber, MarksPosition, Preferences, RangesPosition);
}
