using ModularChat.Storage.Sqlite;

namespace ModularChat.Messaging.Storage.Sqlite;

/// <summary>
/// Forgets requests. Their table has no order of time, as the ids are made by clients, but each request has its entry, and
/// entries lie in order of time: they are walked from where the last walk ended.
/// </summary>
internal sealed class RequestTable(SqliteDatabase database, int shards)
{
    private readonly Statement _forgotten = database.Prepare("SELECT forgotten FROM shard WHERE shard = ?1");
    private readonly Statement _writeForgotten = database.Prepare("UPDATE shard SET forgotten = ?2 WHERE shard = ?1");
    private readonly Statement _entries = database.Prepare(
        "SELECT place, conversation, sender, client_message_id, at FROM entry WHERE place > ?1 AND place < ?2 ORDER BY place LIMIT ?3");
    private readonly Statement _delete = database.Prepare("DELETE FROM request WHERE client_message_id = ?1 AND conversation = ?2 AND sender = ?3");

    public int Forget(DateTimeOffset before, int limit)
    {
        var deleted = 0;
        for (var shard = 0; shard < shards && deleted < limit; shard++)
        {
            deleted += Forget(shard, before, limit - deleted);
        }
        return deleted;
    }

    private int Forget(int shard, DateTimeOffset before, int limit)
    {
        _forgotten.Bind(1, shard).Step();
        var from = _forgotten.Number(0);
        _forgotten.Reset();
        var (last, deleted) = (from, 0);
        _entries.Bind(1, Place.Of(shard, from)).Bind(2, Place.Of(shard + 1, 0)).Bind(3, limit);
        while (_entries.Step() && _entries.Time(4) < before)
        {
            last = Place.Position(_entries.Number(0));
            _delete.Bind(1, _entries.Id(3)).Bind(2, _entries.Number(1)).Bind(3, _entries.Id(2)).Run();
            deleted += database.Changes;
        }
        _entries.Reset();
        if (last != from)
        {
            _writeForgotten.Bind(1, shard).Bind(2, last).Run();
        }
        return deleted;
    }
}
