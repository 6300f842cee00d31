using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage.Writing;
using ModularChat.Storage.Sqlite;

namespace ModularChat.Messaging.Storage.Sqlite;

/// <summary>Changes the present state of a message in its own row.</summary>
internal sealed class MessageTable(SqliteDatabase database)
{
    // A row older than checks has 0, and keeps it.
    private const string CheckWithBody = "CASE checksum WHEN 0 THEN 0 ELSE (checksum >> 32 << 32) | ?9 END";

    private readonly Statement _find = database.Prepare("SELECT kind, state FROM entry WHERE place = ?1");
    private readonly Statement _edit = database.Prepare($"UPDATE entry SET body = ?2, changed = ?3, edited_at = ?4, checksum = {CheckWithBody} WHERE place = ?1");
    private readonly Statement _delete = database.Prepare($"UPDATE entry SET body = NULL, changed = ?2, state = ?3, checksum = {CheckWithBody} WHERE place = ?1");
    private readonly Statement _mark = database.Prepare("UPDATE entry SET changed = ?2, state = ?3 WHERE place = ?1");
    private readonly Statement _dropReactions = database.Prepare("DELETE FROM reaction WHERE conversation = ?1 AND seq = ?2");
    private readonly Statement _reactions = database.Prepare("SELECT emoji, user, added, first FROM reaction WHERE conversation = ?1 AND seq = ?2");
    private readonly Statement _addReaction = database.Prepare(
        "INSERT INTO reaction (conversation, seq, emoji, user, added, first) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    private readonly Statement _removeReaction = database.Prepare("DELETE FROM reaction WHERE conversation = ?1 AND seq = ?2 AND emoji = ?3 AND user = ?4");

    /// <summary>True when content was overwritten: the write-ahead file may still hold a copy of it.</summary>
    public bool HasErased { get; set; }

    public MessageRow? Find(long place, long seq)
    {
        if (!_find.Bind(1, place).Step())
        {
            return null;
        }
        var row = new MessageRow(place, seq, (EntryKind)_find.Number(0), (MessageState)_find.Number(1));
        _find.Reset();
        return row;
    }

    public void Edit(MessageRow message, JsonBody? body, DateTimeOffset at, long seq)
    {
        _ = body is null ? _edit.BindNull(2) : _edit.Bind(2, body.Utf8.Span);
        _edit.Bind(1, message.Place).Bind(3, seq).Bind(4, at).Bind(9, body is null ? 0 : EntryCheck.OfBody(body.Utf8.Span)).Run();
        HasErased = true;
    }

    public void Delete(ConversationState conversation, MessageRow message, long seq)
    {
        _delete.Bind(1, message.Place).Bind(2, seq).Bind(3, (long)MessageState.Deleted).Bind(9, 0).Run();
        HasErased = true;
        if (message.State.HasFlag(MessageState.HasReactions))
        {
            _dropReactions.Bind(1, conversation.Key).Bind(2, message.Seq).Run();
        }
    }

    public void SetState(MessageRow message, MessageState state, long seq) =>
        _mark.Bind(1, message.Place).Bind(2, seq).Bind(3, (long)state).Run();

    public List<ReactionRow> ReadReactions(ConversationState conversation, long seq)
    {
        var reactions = new List<ReactionRow>();
        _reactions.Bind(1, conversation.Key).Bind(2, seq);
        while (_reactions.Step())
        {
            reactions.Add(new ReactionRow(_reactions.Text(0)!, _reactions.Id(1), _reactions.Number(2), _reactions.Number(3)));
        }
        return reactions;
    }

    public void AddReaction(ConversationState conversation, long seq, ReactionRow reaction) => _addReaction
        .Bind(1, conversation.Key).Bind(2, seq).Bind(3, reaction.Emoji).Bind(4, reaction.UserId).Bind(5, reaction.Added).Bind(6, reaction.First).Run();

    public void RemoveReaction(ConversationState conversation, long seq, ReactionRow reaction) =>
        _removeReaction.Bind(1, conversation.Key).Bind(2, seq).Bind(3, reaction.Emoji).Bind(4, reaction.UserId).Run();
}
