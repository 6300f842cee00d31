using ModularChat.Contracts;
using ModularChat.Messaging.Storage.Writing;
using ModularChat.Storage.RocksDb;

namespace ModularChat.Messaging.Storage.RocksDb;

/// <summary>Writes rows of another database as they are.</summary>
internal sealed class RowWriter(RocksBatch batch, RocksStore store, ShardState[] states)
{
    private readonly ValueWriter _writer = new();

    public void Write(IReadOnlyList<Membership> conversations, IReadOnlyList<EntryRow> entries)
    {
        foreach (var conversation in conversations)
        {
            Write(conversation);
        }
        foreach (var entry in entries)
        {
            Write(entry);
        }
    }

    private void Write(Membership conversation)
    {
        Span<byte> key = stackalloc byte[Keys.MaxLength];
        var head = conversation.Head;
        var shard = Shard(head.ConversationId);
        batch.Put(Family.Head, Keys.Of(key, shard, head.ConversationId), Values.Of(_writer, head));
        foreach (var member in conversation.Members)
        {
            batch.Put(Family.Member, Keys.Pair(key, shard, head.ConversationId, member.UserId), Values.Of(_writer, member));
            batch.Put(Family.User, Keys.Pair(key, shard, member.UserId, head.ConversationId), []);
        }
    }

    private void Write(EntryRow row)
    {
        Span<byte> key = stackalloc byte[Keys.MaxLength];
        Span<byte> end = stackalloc byte[Keys.MaxLength];
        var shard = Shard(row.ConversationId);
        var entry = new StoredEntry
        {
            Shard = shard,
            ConversationId = row.ConversationId,
            Seq = row.Seq,
            Position = row.Position,
            Number = row.Number,
            Kind = row.Kind,
            SenderId = row.SenderId,
            At = row.At,
            ClientMessageId = row.ClientMessageId,
            Target = row.Target,
            Body = row.Body,
            State = (row.IsDeleted ? MessageState.Deleted : MessageState.None) | (row.IsPinned ? MessageState.Pinned : MessageState.None) | (row.Reactions.Count > 0 ? MessageState.HasReactions : MessageState.None),
            Changed = row.Changed,
            EditedAt = row.EditedAt,
            Check = row.Check,
        };
        var place = Keys.Entry(key, shard, row.ConversationId, row.Seq);
        batch.Put(Family.Entry, place, Values.Of(_writer, entry));
        if (entry.Changed is not null)
        {
            // Only a row that was changed can have had others.
            batch.DeleteRange(Family.Reaction, place, Keys.After(end, place));
        }
        foreach (var reaction in row.Reactions)
        {
            batch.Put(Family.Reaction, Keys.Reaction(end, shard, row.ConversationId, row.Seq, reaction), Values.Of(_writer, reaction));
        }
        batch.Put(Family.Feed, Keys.Feed(end, shard, row.Position), _writer.Begin().Add(place[2..]).Written);
        var request = Keys.Request(key, shard, row.ClientMessageId, row.ConversationId, row.SenderId);
        if (row.RequestHash is { } hash)
        {
            batch.Put(Family.Request, request, Values.Of(_writer, new StoredRequest(hash, row.Seq, row.Position, row.At)));
        }
        else if (store.Read(reader => reader.FindRequest(entry)) is not null)
        {
            batch.Delete(Family.Request, request);
        }
    }

    private int Shard(Guid conversation)
    {
        var shard = Ids.Shard(conversation, states.Length);
        return states[shard] == ShardState.Receiving
            ? shard
            : throw new InvalidOperationException($"Shard {shard} is {states[shard]}: rows are written only into one that is being received.");
    }
}
