using ModularChat.Storage.RocksDb;

namespace ModularChat.Messaging.Storage.RocksDb;

/// <summary>Requests as the transaction under way sees them; put into its batch at its end.</summary>
internal sealed class RequestRows(RocksDatabase database, RocksBatch batch)
{
    private readonly ValueWriter _writer = new();
    private readonly Dictionary<(int Shard, Guid Id, Guid Conversation, Guid Sender), StoredRequest?> _changed = [];
    private readonly List<(int Shard, Guid Id, Guid Conversation, Guid Sender)> _order = [];

    public void Begin() => _changed.Clear();

    public StoredRequest? Find(int shard, Guid id, Guid conversation, Guid sender)
    {
        if (_changed.TryGetValue((shard, id, conversation, sender), out var request))
        {
            return request;
        }
        Span<byte> key = stackalloc byte[Keys.MaxLength];
        using var value = database.Get(Family.Request, Keys.Request(key, shard, id, conversation, sender));
        return value.IsFound ? Values.Request(value.Span) : null;
    }

    /// <summary>False when there is one already.</summary>
    public bool Add(int shard, Guid id, Guid conversation, Guid sender, StoredRequest request)
    {
        if (Find(shard, id, conversation, sender) is not null)
        {
            return false;
        }
        _changed[(shard, id, conversation, sender)] = request;
        return true;
    }

    /// <summary>Forgets the request of an entry. False when it was forgotten before, or its id was used again since.</summary>
    public bool Drop(StoredEntry entry)
    {
        if (Find(entry.Shard, entry.ClientMessageId, entry.ConversationId, entry.SenderId)?.Seq != entry.Seq)
        {
            return false;
        }
        _changed[(entry.Shard, entry.ClientMessageId, entry.ConversationId, entry.SenderId)] = null;
        return true;
    }

    /// <summary>What has changed, in the order of the keys.</summary>
    public void Put()
    {
        Span<byte> key = stackalloc byte[Keys.MaxLength];
        _order.Clear();
        _order.AddRange(_changed.Keys);
        _order.Sort();
        foreach (var (shard, id, conversation, sender) in _order)
        {
            var row = Keys.Request(key, shard, id, conversation, sender);
            if (_changed[(shard, id, conversation, sender)] is { } request)
            {
                batch.Put(Family.Request, row, Values.Of(_writer, request));
            }
            else
            {
                batch.Delete(Family.Request, row);
            }
        }
    }
}
