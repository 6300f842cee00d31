using ModularChat.Storage.RocksDb;

namespace ModularChat.Messaging.Storage.RocksDb;

/// <summary>Reactions as the transaction under way sees them.</summary>
internal sealed class ReactionRows(RocksDatabase database, RocksBatch batch)
{
    private readonly ValueWriter _writer = new();
    private readonly Dictionary<(Guid Conversation, long Seq), List<ReactionRow>> _read = [];

    public void Begin() => _read.Clear();

    /// <summary>In the order in which they are shown, but for those of this transaction, which come last.</summary>
    public List<ReactionRow> Of(int shard, Guid conversation, long seq)
    {
        if (!_read.TryGetValue((conversation, seq), out var reactions))
        {
            Span<byte> first = stackalloc byte[Keys.MaxLength];
            Span<byte> end = stackalloc byte[Keys.MaxLength];
            var prefix = Keys.Entry(first, shard, conversation, seq);
            reactions = [];
            using var rows = new RocksIterator(database, Family.Reaction, prefix, Keys.After(end, prefix));
            for (var isThere = rows.First(); isThere; isThere = rows.Next())
            {
                reactions.Add(Values.Reaction(rows.Key, rows.Value));
            }
            _read.Add((conversation, seq), reactions);
        }
        return reactions;
    }

    public void Add(int shard, Guid conversation, long seq, ReactionRow reaction)
    {
        Span<byte> key = stackalloc byte[Keys.MaxLength];
        Of(shard, conversation, seq).Add(reaction);
        batch.Put(Family.Reaction, Keys.Reaction(key, shard, conversation, seq, reaction), Values.Of(_writer, reaction));
    }

    public void Remove(int shard, Guid conversation, long seq, ReactionRow reaction)
    {
        Of(shard, conversation, seq).Remove(reaction);
        Delete(shard, conversation, seq, reaction);
    }

    public void Clear(StoredEntry entry)
    {
        var reactions = Of(entry.Shard, entry.ConversationId, entry.Seq);
        foreach (var reaction in reactions)
        {
            Delete(entry.Shard, entry.ConversationId, entry.Seq, reaction);
        }
        reactions.Clear();
    }

    private void Delete(int shard, Guid conversation, long seq, ReactionRow reaction)
    {
        Span<byte> key = stackalloc byte[Keys.MaxLength];
        batch.Delete(Family.Reaction, Keys.Reaction(key, shard, conversation, seq, reaction));
    }
}
