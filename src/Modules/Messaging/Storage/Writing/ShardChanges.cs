namespace ModularChat.Messaging.Storage.Writing;

/// <summary>Collects what a batch does to one shard.</summary>
internal sealed class ShardChanges(int shard)
{
    private long? _previous;

    public int Shard { get; } = shard;
    public List<CommittedEntry> Entries { get; } = [];
    public List<ConversationState> Conversations { get; } = [];

    /// <summary>Notes the position before the first change.</summary>
    public void Begin(long position) => _previous ??= position;

    /// <summary>The commit up to now with the conversations of its heads, and their members in the same order; null when nothing changed.</summary>
    public (Commit Commit, ConversationState[] Touched)? Take(long position)
    {
        if (_previous is not { } previous)
        {
            return null;
        }
        // Neighbours in the order of their rows cost an engine less.
        Conversations.Sort((one, other) => one.Id.CompareTo(other.Id));
        var heads = new Head[Conversations.Count];
        var members = new List<(Guid, Member)>();
        for (var i = 0; i < heads.Length; i++)
        {
            var conversation = Conversations[i];
            heads[i] = conversation.ToHead();
            foreach (var member in conversation.Touched)
            {
                members.Add((conversation.Id, member.ToMember()));
                member.IsTouched = false;
            }
            conversation.Touched.Clear();
            conversation.IsTouched = false;
        }
        var commit = new Commit(Shard, previous, position, [.. Entries], members, heads);
        ConversationState[] touched = [.. Conversations];
        _previous = null;
        Entries.Clear();
        Conversations.Clear();
        return (commit, touched);
    }
}
