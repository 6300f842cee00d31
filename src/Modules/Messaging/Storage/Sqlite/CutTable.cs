using ModularChat.Messaging.Storage.Writing;
using ModularChat.Storage.Sqlite;

namespace ModularChat.Messaging.Storage.Sqlite;

/// <summary>Takes away the rows below a conversation's cut. The conversation must be folded: its index has every seq up to the cut that is left.</summary>
internal sealed class CutTable(SqliteDatabase database)
{
    private readonly Statement _rows = database.Prepare("""
        SELECT i.seq, i.place, e.at, e.sender, e.client_message_id, e.body IS NOT NULL OR e.state & 4 FROM entry_index i JOIN entry e ON e.place = i.place
        WHERE i.conversation = ?1 AND i.seq > ?2 AND i.seq <= ?3 ORDER BY i.seq LIMIT ?4
        """);
    private readonly Statement _dropEntry = database.Prepare("DELETE FROM entry WHERE place = ?1");
    private readonly Statement _dropIndex = database.Prepare("DELETE FROM entry_index WHERE conversation = ?1 AND seq = ?2");
    // The id may have been forgotten and used again, for a younger entry.
    private readonly Statement _dropRequest = database.Prepare("DELETE FROM request WHERE client_message_id = ?1 AND conversation = ?2 AND sender = ?3 AND seq = ?4");
    private readonly Statement _dropReactions = database.Prepare("DELETE FROM reaction WHERE conversation = ?1 AND seq = ?2");
    private readonly Statement _empty = database.Prepare(
        "UPDATE entry SET body = NULL, state = state & ~4, checksum = checksum >> 32 << 32 WHERE place = ?1");

    /// <summary>How many left, and the last seq looked at; null when all was.</summary>
    public (int Left, long? Last) Cut(ConversationState conversation, long after, DateTimeOffset forgetBefore, int limit)
    {
        var found = new List<(long Seq, long Place, DateTimeOffset At, Guid Sender, Guid Id, bool HasContent)>();
        _rows.Bind(1, conversation.Key).Bind(2, after).Bind(3, conversation.Cut).Bind(4, limit);
        while (_rows.Step())
        {
            found.Add((_rows.Number(0), _rows.Number(1), _rows.Time(2), _rows.Id(3), _rows.Id(4), _rows.Number(5) != 0));
        }
        var left = 0;
        foreach (var (seq, place, at, sender, id, hasContent) in found)
        {
            if (hasContent)
            {
                _dropReactions.Bind(1, conversation.Key).Bind(2, seq).Run();
            }
            if (at < forgetBefore)
            {
                _dropEntry.Bind(1, place).Run();
                _dropIndex.Bind(1, conversation.Key).Bind(2, seq).Run();
                _dropRequest.Bind(1, id).Bind(2, conversation.Key).Bind(3, sender).Bind(4, seq).Run();
                left++;
            }
            else if (hasContent)
            {
                _empty.Bind(1, place).Run();
            }
        }
        return (left, found.Count < limit ? null : found[^1].Seq);
    }
}
