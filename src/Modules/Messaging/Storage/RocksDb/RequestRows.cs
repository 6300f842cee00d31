using ModularChat.Storage.RocksDb;

namespace ModularChat.Messaging.Storage.RocksDb;

/// <summary>Requests as the transaction under way sees them.</summary>
internal sealed class RequestRows(RocksDatabase database, RocksBatch batch)
{
    private readonly ValueWriter _writer = new();
    private readonly Dictionary<(Guid Id, Guid Conversation, Guid Sender), StoredRequest?> _changed = [];

    public void Begin() => _changed.Clear();

    public StoredRequest? Find(int shard, Guid id, Guid conversation, Guid sender)
    {
        if (_changed.TryGetValue((id, conversation, sender), out var request))
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
        Span<byte> key = stackalloc byte[Keys.MaxLength];
        _changed[(id, conversation, sender)] = request;
        batch.Put(Family.Request, Keys.Request(key, shard, id, conversation, sender), Values.Of(_writer, request));
        return true;
    }

    /// <summary>Forgets the request of an entry. False when it was forgotten before, or its id was used again since.</summary>
    public bool Drop(StoredEntry entry)
    {
        if (Find(entry.Shard, entry.ClientMessageId, entry.ConversationId, entry.SenderId)?.Seq != entry.Seq)
        {
            return false;
        }
        Span<byte> key = stackalloc byte[Keys.MaxLength];
        _changed[(entry.ClientMessageId, entry.ConversationId, entry.SenderId)] = null;
        batch.Delete(Family.Request, Keys.Request(key, entry.Shard, entry.ClientMessageId, entry.ConversationId, entry.SenderId));
        return true;
    }
}
