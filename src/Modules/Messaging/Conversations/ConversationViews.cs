using Microsoft.Extensions.Options;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Conversations;

/// <summary>How one reader sees a conversation: docs/protocol.md sections 5 and 7.</summary>
internal sealed class ConversationViews(IOptions<MessagingOptions> options, TimeProvider time)
{
    private readonly int receiptLimit = options.Value.ReceiptLimit;

    /// <summary>True when members see each other's marks, and when the view holds the members.</summary>
    public bool IsSmall(Head head) => head.MemberCount <= receiptLimit;

    /// <summary>The conversation for a reader who has a row in it. <paramref name="members"/> may be null where the view holds none.</summary>
    public ConversationInfo View(Head head, Member reader, MemberTable? members)
    {
        var isInside = reader.Role != MemberRole.None;
        var last = LastVisible(head, reader.Ranges);
        return new ConversationInfo
        {
            Id = head.ConversationId,
            Kind = head.Kind,
            // The head has only what holds now, and that is not for one who has left.
            Title = isInside ? head.Title : null,
            History = isInside ? head.History : null,
            Keep = isInside ? head.Keep : null,
            Head = last,
            StateSeq = isInside ? head.MembersSeq : Math.Min(head.MembersSeq, last),
            Me = Own(head, reader),
            // A former member is not told who is there now.
            MemberCount = isInside ? head.MemberCount : 0,
            Members = isInside && members is not null && IsSmall(head) ? List(members, reader) : null,
        };
    }

    /// <summary>The reader's own side.</summary>
    public OwnState Own(Head head, Member reader)
    {
        var visible = Visible(head, reader.Ranges);
        var ranges = new SeqRange[visible.Length];
        for (var i = 0; i < ranges.Length; i++)
        {
            ranges[i] = new SeqRange(visible[i].From, visible[i].To);
        }
        var preferences = reader.Preferences;
        var mutedUntil = preferences.MutedUntil > time.GetUtcNow() ? preferences.MutedUntil : null;
        return new OwnState(
            reader.Role, ranges, reader.Delivered, reader.Read, Unread(head, reader), reader.MarksPosition,
            mutedUntil, preferences.Pinned, preferences.Archived);
    }

    /// <summary>A member as the reader sees it. Who is only invited is not shown what others have read.</summary>
    public MemberInfo Info(Head head, Member reader, Member member) =>
        IsSmall(head) && reader.Role >= MemberRole.Member && member.Role >= MemberRole.Member
            ? new MemberInfo(member.UserId, member.Role, member.Delivered, member.Read)
            : new MemberInfo(member.UserId, member.Role);

    /// <summary>Messages after the read mark within the visible ranges. Own ones move the read mark, so they never count.</summary>
    public static long Unread(Head head, Member reader)
    {
        var unread = 0L;
        foreach (var range in reader.Ranges)
        {
            var from = Math.Max(range.NumberBefore, reader.ReadNumber);
            var to = range.NumberTo ?? head.Number;
            unread += Math.Max(0, to - from);
        }
        return unread;
    }

    /// <summary>The ranges without what retention has taken: history ends there, and a seq below it is no loss.</summary>
    public static VisibleRange[] Visible(Head head, VisibleRange[] ranges)
    {
        if (head.Cut == 0 || ranges.Length == 0 || ranges[0].From > head.Cut)
        {
            return ranges;
        }
        return [.. ranges.Where(r => r.To is not { } to || to > head.Cut).Select(r => r.From > head.Cut ? r : r with { From = head.Cut + 1 })];
    }

    /// <summary>The reader as far as there is still something to read.</summary>
    public static Member Visible(Head head, Member reader)
    {
        var ranges = Visible(head, reader.Ranges);
        return ReferenceEquals(ranges, reader.Ranges) ? reader : reader with { Ranges = ranges };
    }

    /// <summary>The last seq that the reader may see; 0 when there is none.</summary>
    public static long LastVisible(Head head, VisibleRange[] ranges) => ranges.Length == 0 ? 0 : ranges[^1].To ?? head.Seq;

    /// <summary>True when the reader may see this seq.</summary>
    public static bool CanSee(VisibleRange[] ranges, long seq)
    {
        // The newest range is the likely one.
        for (var i = ranges.Length - 1; i >= 0; i--)
        {
            if (seq >= ranges[i].From)
            {
                return ranges[i].To is not { } to || seq <= to;
            }
        }
        return false;
    }

    private static MemberInfo[] List(MemberTable members, Member reader)
    {
        var list = new List<MemberInfo>(members.Recipients.Length + members.InvitedCount);
        for (var i = 0; i < members.Count; i++)
        {
            var member = members[i];
            if (member.Role == MemberRole.None)
            {
                continue;
            }
            list.Add(member.Role >= MemberRole.Member && reader.Role >= MemberRole.Member
                ? new MemberInfo(member.UserId, member.Role, member.Delivered, member.Read)
                : new MemberInfo(member.UserId, member.Role));
        }
        return [.. list];
    }
}
