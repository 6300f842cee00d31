using ModularChat.Contracts;

namespace ModularChat.Messaging.Reading;

/// <summary>Leaves out the conversations of shards in which nothing happened: between two polls that is most of them, and it is told from the ids alone.</summary>
internal static class MovedShards
{
    public static List<Guid> Filter(IReadOnlyList<Guid> conversationIds, long[]? from, long[] to)
    {
        var moved = new List<Guid>();
        for (var i = 0; i < conversationIds.Count; i++)
        {
            var shard = Ids.Shard(conversationIds[i], to.Length);
            if (to[shard] > (from?[shard] ?? 0))
            {
                moved.Add(conversationIds[i]);
            }
        }
        return moved;
    }
}
