using ModularChat.Contracts;

namespace ModularChat.Messaging.Conversations;

/// <summary>Lists of users in requests.</summary>
internal static class UserIds
{
    /// <summary>Each once and in order, without one of them.</summary>
    public static List<Guid> Distinct(Guid[]? userIds, Guid without)
    {
        if (userIds is null)
        {
            throw ChatException.Invalid("userIds", "userIds is missing.");
        }
        var seen = new HashSet<Guid> { without };
        var list = new List<Guid>(userIds.Length);
        foreach (var id in userIds)
        {
            if (id == Guid.Empty)
            {
                throw ChatException.Invalid("userIds", "userIds holds an empty id.");
            }
            if (seen.Add(id))
            {
                list.Add(id);
            }
        }
        return list;
    }
}
