using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;

namespace ModularChat.Messaging.Conversations;

/// <summary>
/// Everybody who is or was in a conversation. Who is in it, roles and ranges never change in one table; a member's marks and
/// preferences do, row by row, so that a message costs nothing for the members who did not write it.
/// </summary>
internal sealed class MemberTable
{
    private readonly Dictionary<Guid, int> places;
    private readonly Member[] rows;

    public MemberTable(IReadOnlyCollection<Member> members)
    {
        rows = [.. members];
        places = new Dictionary<Guid, int>(rows.Length);
        var present = 0;
        for (var i = 0; i < rows.Length; i++)
        {
            places[rows[i].UserId] = i;
            if (rows[i].Role >= MemberRole.Member)
            {
                present++;
                HasRestricted |= rows[i].Ranges is not [{ From: 1, To: null }];
            }
            else if (rows[i].Role == MemberRole.Invited)
            {
                InvitedCount++;
            }
        }
        Recipients = new Guid[present];
        foreach (var row in rows)
        {
            if (row.Role >= MemberRole.Member)
            {
                Recipients[^present--] = row.UserId;
            }
        }
    }

    /// <summary>The present members; shared and never changed.</summary>
    public Guid[] Recipients { get; }

    public int InvitedCount { get; }

    /// <summary>True when a present member does not see everything.</summary>
    public bool HasRestricted { get; }

    public int Count => rows.Length;

    /// <summary>The row at a place from 0 to below <see cref="Count"/>.</summary>
    public Member this[int place] => Volatile.Read(ref rows[place]);

    /// <summary>A user's row; null when the user never was a member.</summary>
    public Member? Find(Guid userId) => places.TryGetValue(userId, out var place) ? this[place] : null;

    /// <summary>Takes a row whose marks or preferences moved. Called by one thread at a time.</summary>
    public void Move(Member row)
    {
        if (places.TryGetValue(row.UserId, out var place))
        {
            Volatile.Write(ref rows[place], row);
        }
    }

    /// <summary>A new table with these rows instead of or beside the old ones.</summary>
    public MemberTable With(List<Member> changed)
    {
        var merged = new List<Member>(rows.Length + changed.Count);
        var at = new Dictionary<Guid, int>(places);
        for (var i = 0; i < rows.Length; i++)
        {
            merged.Add(this[i]);
        }
        foreach (var row in changed)
        {
            if (at.TryGetValue(row.UserId, out var place))
            {
                merged[place] = row;
            }
            else
            {
                at[row.UserId] = merged.Count;
                merged.Add(row);
            }
        }
        return new MemberTable(merged);
    }
}
