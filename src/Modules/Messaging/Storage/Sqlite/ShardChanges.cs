namespace ModularChat.Messaging.Storage.Sqlite;

/// <summary>Collects what a batch does to one shard.</summary>
internal sealed class ShardChanges(int shard)
{
    private long? _previous;

    public int Shard { get; } = shard;
    public List<CommittedEntry> Entries { get; } = [];
    public List<ConversationState> Conversations { get; } = [];
    public List<(ConversationState Conversation, MemberState Member)> Members { get; } = [];

    /// <summary>Notes the position before the first change.</summary>
    public void Begin(long position) => _previous ??= position;

    /// <summary>The commit up to now with the conversations of its heads; null when nothing changed.</summary>
    public (Commit Commit, ConversationState[] Touched)? Take(long position)
    {
        if (_previous is not { } previous)
        {
            return null;
        }
        var members = new (Guid, Member)[Members.Count];
        for (var i = 0; i < members.Length; i++)
        {
            var (conversation, member) = Members[i];
            members[i] = (conversation.Id, member.ToMember());
            member.IsTouched = false;
        }
        var heads = new Head[Conversations.Count];
        for (var i = 0; i < heads.Length; i++)
        {
            heads[i] = Conversations[i].ToHead();
            Conversations[i].IsTouched = false;
        }
        var commit = new Commit(Shard, previous, position, [.. Entries], members, heads);
        ConversationState[] touched = [.. Conversations];
        _previous = null;
        Entries.Clear();
        Members.Clear();
        Conversations.Clear();
        return (commit, touched);
    }
}
