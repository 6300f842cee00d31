namespace ModularChat.Messaging.Storage.Writing;

/// <summary>
/// The conversations that the writer has in memory. Bounded by two generations: when there are too many, the young one becomes the
/// old one, and what is used from the old one moves to the young one. What is not folded yet stays.
/// </summary>
internal sealed class ConversationCache(int capacity)
{
    private Dictionary<Guid, ConversationState> _young = [];
    private Dictionary<Guid, ConversationState> _old = [];

    public ConversationState? Find(Guid id)
    {
        if (_young.TryGetValue(id, out var state))
        {
            return state;
        }
        if (_old.Remove(id, out state))
        {
            _young.Add(id, state);
        }
        return state;
    }

    public void Add(ConversationState state) => _young.Add(state.Id, state);

    /// <summary>Forgets all; nothing may lag behind its rows.</summary>
    public void Clear()
    {
        _young.Clear();
        _old.Clear();
    }

    /// <summary>Called between batches, so that no state disappears while one works on it.</summary>
    public void Trim()
    {
        // All that fit in stay, in whatever generation; and right after an exchange the new generation has its time to fill.
        if (_young.Count < capacity / 2 || _young.Count + _old.Count <= capacity)
        {
            return;
        }
        var kept = new Dictionary<Guid, ConversationState>();
        foreach (var state in _old.Values.Where(s => s.IsDirty))
        {
            kept.Add(state.Id, state);
        }
        _old = _young;
        _young = kept;
    }
}
