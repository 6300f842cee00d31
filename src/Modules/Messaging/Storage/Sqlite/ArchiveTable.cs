using ModularChat.Contracts;
using ModularChat.Messaging.Storage.Writing;
using ModularChat.Storage.Sqlite;

namespace ModularChat.Messaging.Storage.Sqlite;

/// <summary>Writes rows as they are, and takes away those of a shard; within a transaction of the writer.</summary>
internal sealed class ArchiveTable(SqliteDatabase database, int shards)
{
    private readonly Statement _key = database.Prepare("SELECT key FROM conversation WHERE id = ?1");
    private readonly Statement _addConversation = database.Prepare($"""
        INSERT INTO conversation ({Rows.HeadColumns.Replace("key, ", "", StringComparison.Ordinal)}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
        ON CONFLICT (id) DO UPDATE SET kind = ?2, title = ?3, history = ?4, seq = ?5, position = ?6, number = ?7, members_seq = ?8,
            members_position = ?9, marks_position = ?10, member_count = ?11, cut = ?12, keep_days = ?13, keep_count = ?14
        RETURNING key
        """);
    private readonly Statement _addMember = database.Prepare(
        $"INSERT OR REPLACE INTO member (conversation, {Rows.MemberColumns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
    private readonly Statement _addUser = database.Prepare("INSERT OR IGNORE INTO user_conversation (user, conversation) VALUES (?1, ?2)");
    private readonly Statement _addEntry = database.Prepare(
        "INSERT OR REPLACE INTO entry (place, conversation, seq, number, kind, sender, at, client_message_id, target, target_place, body, state, changed, edited_at, checksum) "
        + "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, (SELECT place FROM entry_index WHERE conversation = ?2 AND seq = ?9 AND ?5 = 2), ?10, ?11, ?12, ?13, ?14)");
    private readonly Statement _addIndex = database.Prepare("INSERT OR REPLACE INTO entry_index (conversation, seq, place) VALUES (?1, ?2, ?3)");
    private readonly Statement _dropReactions = database.Prepare("DELETE FROM reaction WHERE conversation = ?1 AND seq = ?2");
    private readonly Statement _addReaction = database.Prepare("INSERT INTO reaction (conversation, seq, emoji, user, added, first) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    private readonly Statement _addRequest = database.Prepare(
        "INSERT OR REPLACE INTO request (client_message_id, conversation, sender, hash, seq, position, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    private readonly Statement _dropRequest = database.Prepare("DELETE FROM request WHERE client_message_id = ?1 AND conversation = ?2 AND sender = ?3 AND seq = ?4");

    public void Write(Membership membership)
    {
        var head = membership.Head;
        _addConversation.Bind(1, head.ConversationId).Bind(2, (long)head.Kind).Bind(3, head.Title).Bind(4, (long)head.History).Bind(5, head.Seq)
            .Bind(6, head.Position).Bind(7, head.Number).Bind(8, head.MembersSeq).Bind(9, head.MembersPosition).Bind(10, head.MarksPosition)
            .Bind(11, head.MemberCount).Bind(12, head.Cut).Bind(13, head.Keep?.Days ?? 0).Bind(14, head.Keep?.Count ?? 0).Step();
        var key = _addConversation.Number(0);
        _addConversation.Run();
        foreach (var member in membership.Members)
        {
            _addMember.Bind(1, key).Bind(2, member.UserId).Bind(3, (long)member.Role).Bind(4, Rows.Encode(member.Ranges)).Bind(5, member.Delivered)
                .Bind(6, member.Read).Bind(7, member.ReadNumber).Bind(8, member.MarksPosition).Bind(9, member.Preferences.MutedUntil)
                .Bind(10, Rows.Flags(member.Preferences)).Bind(11, member.RangesPosition).Run();
            _addUser.Bind(1, member.UserId).Bind(2, key).Run();
        }
    }

    public void Write(EntryRow row)
    {
        var key = Key(row.ConversationId);
        var place = Place.Of(Ids.Shard(row.ConversationId, shards), row.Position);
        var state = (row.IsDeleted ? MessageState.Deleted : MessageState.None) | (row.IsPinned ? MessageState.Pinned : MessageState.None) | (row.Reactions.Count > 0 ? MessageState.HasReactions : MessageState.None);
        _addEntry.Bind(1, place).Bind(2, key).Bind(3, row.Seq).Bind(4, row.Number).Bind(5, (long)row.Kind).Bind(6, row.SenderId).Bind(7, row.At)
            .Bind(8, row.ClientMessageId).Bind(9, row.Target);
        _ = row.Body is null ? _addEntry.BindNull(10) : _addEntry.Bind(10, row.Body.Utf8.Span);
        _addEntry.Bind(11, (long)state).Bind(12, row.Changed).Bind(13, row.EditedAt).Bind(14, row.Check).Run();
        _addIndex.Bind(1, key).Bind(2, row.Seq).Bind(3, place).Run();
        _dropReactions.Bind(1, key).Bind(2, row.Seq).Run();
        foreach (var reaction in row.Reactions)
        {
            _addReaction.Bind(1, key).Bind(2, row.Seq).Bind(3, reaction.Emoji).Bind(4, reaction.UserId).Bind(5, reaction.Added).Bind(6, reaction.First).Run();
        }
        if (row.RequestHash is null)
        {
            _dropRequest.Bind(1, row.ClientMessageId).Bind(2, key).Bind(3, row.SenderId).Bind(4, row.Seq).Run();
        }
        else
        {
            _addRequest.Bind(1, row.ClientMessageId).Bind(2, key).Bind(3, row.SenderId).Bind(4, row.RequestHash).Bind(5, row.Seq).Bind(6, row.Position)
                .Bind(7, row.At).Run();
        }
    }

    /// <summary>Replaces all runs.</summary>
    public void WriteRuns(IReadOnlyList<RunRow> runs)
    {
        database.Execute("DELETE FROM run");
        foreach (var run in runs)
        {
            LogSchema.AddRun(database, run);
        }
    }

    /// <summary>Takes away the next entries of a shard with what hangs on them; false when there were none.</summary>
    public bool DropEntries(int shard, int limit)
    {
        var (from, to) = (Place.Of(shard, 0), Place.Of(shard + 1, 0));
        using var last = database.Prepare("SELECT max(place) FROM (SELECT place FROM entry WHERE place > ?1 AND place < ?2 ORDER BY place LIMIT ?3)");
        last.Bind(1, from).Bind(2, to).Bind(3, limit).Step();
        if (last.NullableNumber(0) is not { } end)
        {
            return false;
        }
        last.Reset();
        foreach (var sql in new[]
        {
            "DELETE FROM request WHERE (client_message_id, conversation, sender) IN (SELECT client_message_id, conversation, sender FROM entry WHERE place > ?1 AND place <= ?2)",
            "DELETE FROM reaction WHERE (conversation, seq) IN (SELECT conversation, seq FROM entry WHERE place > ?1 AND place <= ?2)",
            "DELETE FROM entry_index WHERE (conversation, seq) IN (SELECT conversation, seq FROM entry WHERE place > ?1 AND place <= ?2)",
            "DELETE FROM entry WHERE place > ?1 AND place <= ?2",
        })
        {
            using var delete = database.Prepare(sql);
            delete.Bind(1, from).Bind(2, end).Run();
        }
        return true;
    }

    /// <summary>Takes away the conversations of a shard, and what its position alone names.</summary>
    public void DropConversations(int shard)
    {
        var keys = new List<long>();
        using var all = database.Prepare("SELECT key, id FROM conversation");
        while (all.Step())
        {
            if (Ids.Shard(all.Id(1), shards) == shard)
            {
                keys.Add(all.Number(0));
            }
        }
        foreach (var sql in new[]
        {
            "DELETE FROM user_conversation WHERE conversation = ?1 AND user IN (SELECT user FROM member WHERE conversation = ?1)",
            "DELETE FROM member WHERE conversation = ?1",
            "DELETE FROM entry_index WHERE conversation = ?1",
            "DELETE FROM conversation WHERE key = ?1",
        })
        {
            using var delete = database.Prepare(sql);
            keys.ForEach(key => delete.Bind(1, key).Run());
        }
        using var marks = database.Prepare("DELETE FROM mark WHERE place > ?1 AND place < ?2");
        marks.Bind(1, Place.Of(shard, 0)).Bind(2, Place.Of(shard + 1, 0)).Run();
        using var forgotten = database.Prepare("UPDATE shard SET forgotten = 0 WHERE shard = ?1");
        forgotten.Bind(1, shard).Run();
    }

    private long Key(Guid conversation)
    {
        if (!_key.Bind(1, conversation).Step())
        {
            throw new InvalidOperationException("An entry's conversation has to be written with it or before it.");
        }
        var key = _key.Number(0);
        _key.Reset();
        return key;
    }
}
