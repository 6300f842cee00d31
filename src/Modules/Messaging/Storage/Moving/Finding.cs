namespace ModularChat.Messaging.Storage.Moving;

/// <summary>Something that is wrong with a log, in words.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="ConversationId">The conversation.</param>
/// <param name="Seq">The entry; 0 for the conversation as a whole.</param>
/// <param name="What">What is wrong; names no content.</param>
internal sealed record Finding(int Shard, Guid ConversationId, long Seq, string What)
{
    public override string ToString() =>
        Seq > 0 ? $"Conversation {ConversationId} (shard {Shard}), seq {Seq}: {What}" : $"Conversation {ConversationId} (shard {Shard}): {What}";
}

/// <summary>What a check of one shard found.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Position">Its position.</param>
/// <param name="Hash">The hash of all its rows.</param>
/// <param name="Conversations">How many there are.</param>
/// <param name="Members">Members' rows.</param>
/// <param name="Entries">Entries' rows.</param>
/// <param name="Unchecked">Entries that were written before there were checks.</param>
/// <param name="Findings">The first of them.</param>
/// <param name="FindingCount">All of them.</param>
internal sealed record ShardReport(
    int Shard, long Position, string Hash, long Conversations, long Members, long Entries, long Unchecked, IReadOnlyList<Finding> Findings, long FindingCount);
