using ModularChat.Contracts;
using ModularChat.Messaging.Storage;
using ModularChat.Storage.Sqlite;

namespace ModularChat.Benchmarks;

/// <summary>The tables and indexes of the log in SQLite, each row written with its message.</summary>
internal sealed class RawSqlite : IRawLog
{
    private const int Page = 50;
    private readonly SqliteDatabase _database;
    private readonly SqliteDatabase _reading;
    private readonly Statement _begin, _commit, _entry, _index, _request, _head, _member, _shard, _page;
    private readonly Dictionary<Guid, (long Key, long Seq)> _conversations = [];
    private readonly long[] _positions = new long[Workload.Shards];

    public RawSqlite(string path)
    {
        _database = SqliteDatabase.Open(path, 1000);
        _database.Execute("""
            PRAGMA cache_size=-32768; PRAGMA wal_autocheckpoint=4000;
            CREATE TABLE shard (shard INTEGER PRIMARY KEY, position INTEGER NOT NULL, folded INTEGER NOT NULL, forgotten INTEGER NOT NULL, state INTEGER NOT NULL);
            CREATE TABLE entry (
                place INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, seq INTEGER NOT NULL, number INTEGER NOT NULL, kind INTEGER NOT NULL,
                sender BLOB NOT NULL, at INTEGER NOT NULL, client_message_id BLOB NOT NULL, target INTEGER, target_place INTEGER, body BLOB,
                state INTEGER NOT NULL, changed INTEGER, edited_at INTEGER, checksum INTEGER NOT NULL);
            CREATE TABLE request (
                client_message_id BLOB NOT NULL, conversation INTEGER NOT NULL, sender BLOB NOT NULL, hash BLOB NOT NULL, seq INTEGER NOT NULL,
                position INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (client_message_id, conversation, sender)) WITHOUT ROWID;
            CREATE TABLE conversation (
                key INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, kind INTEGER NOT NULL, title TEXT, history INTEGER NOT NULL, seq INTEGER NOT NULL,
                position INTEGER NOT NULL, number INTEGER NOT NULL, members_seq INTEGER NOT NULL, members_position INTEGER NOT NULL,
                marks_position INTEGER NOT NULL, member_count INTEGER NOT NULL, cut INTEGER NOT NULL);
            CREATE TABLE member (
                conversation INTEGER NOT NULL, user BLOB NOT NULL, role INTEGER NOT NULL, ranges BLOB NOT NULL, delivered INTEGER NOT NULL,
                read INTEGER NOT NULL, read_number INTEGER NOT NULL, marks_position INTEGER NOT NULL, muted_until INTEGER, flags INTEGER NOT NULL,
                ranges_position INTEGER NOT NULL, PRIMARY KEY (conversation, user)) WITHOUT ROWID;
            CREATE TABLE entry_index (conversation INTEGER NOT NULL, seq INTEGER NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (conversation, seq)) WITHOUT ROWID;
            """);
        _reading = SqliteDatabase.Open(path, 1000);
        (_begin, _commit) = (_database.Prepare("BEGIN IMMEDIATE"), _database.Prepare("COMMIT"));
        _entry = _database.Prepare("INSERT INTO entry VALUES (?1, ?2, ?3, ?3, 1, ?4, ?5, ?6, NULL, NULL, ?7, 0, NULL, NULL, ?8)");
        _index = _database.Prepare("INSERT INTO entry_index VALUES (?1, ?2, ?3)");
        _request = _database.Prepare("INSERT INTO request VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
        _head = _database.Prepare("UPDATE conversation SET seq = ?2, position = ?3, number = ?2, marks_position = ?3 WHERE key = ?1");
        _member = _database.Prepare("UPDATE member SET delivered = ?3, read = ?3, read_number = ?3, marks_position = ?4 WHERE conversation = ?1 AND user = ?2");
        _shard = _database.Prepare("INSERT OR REPLACE INTO shard VALUES (?1, ?2, 0, 0, 0)");
        _page = _reading.Prepare("SELECT e.* FROM entry_index i JOIN entry e ON e.place = i.place WHERE i.conversation = ?1 ORDER BY i.seq DESC LIMIT 50");
    }

    public Task CreateAsync(Guid[] conversations, Guid[] users)
    {
        using var head = _database.Prepare("INSERT INTO conversation VALUES (?1, ?2, 0, NULL, 0, 0, 0, 0, 1, 0, 0, 2, 0)");
        using var member = _database.Prepare("INSERT INTO member VALUES (?1, ?2, 2, ?3, 0, 0, 0, 0, NULL, 0, 0)");
        _begin.Run();
        for (var i = 0; i < conversations.Length; i++)
        {
            _conversations[conversations[i]] = (i + 1, 0);
            head.Bind(1, i + 1L).Bind(2, conversations[i]).Run();
            member.Bind(1, i + 1L).Bind(2, users[i * 2]).Bind(3, new byte[32]).Run();
            member.Bind(2, users[(i * 2) + 1]).Run();
        }
        _commit.Run();
        return Task.CompletedTask;
    }

    public Task AppendAsync(Append[] appends)
    {
        _begin.Run();
        foreach (var append in appends)
        {
            var shard = Ids.Shard(append.ConversationId, Workload.Shards);
            var (key, seq) = _conversations[append.ConversationId];
            var (position, place) = (++_positions[shard], ((long)shard << 48) | _positions[shard]);
            _conversations[append.ConversationId] = (key, ++seq);
            _entry.Bind(1, place).Bind(2, key).Bind(3, seq).Bind(4, append.SenderId).Bind(5, append.At).Bind(6, append.ClientMessageId)
                .Bind(7, append.Body!.Utf8.Span).Bind(8, EntryCheck.Of(append)).Run();
            _index.Bind(1, key).Bind(2, seq).Bind(3, place).Run();
            _request.Bind(1, append.ClientMessageId).Bind(2, key).Bind(3, append.SenderId).Bind(4, append.RequestHash).Bind(5, seq).Bind(6, position).Bind(7, append.At).Run();
            _head.Bind(1, key).Bind(2, seq).Bind(3, position).Run();
            _member.Bind(1, key).Bind(2, append.SenderId).Bind(3, seq).Bind(4, position).Run();
        }
        foreach (var shard in appends.Select(a => Ids.Shard(a.ConversationId, Workload.Shards)).Distinct())
        {
            _shard.Bind(1, shard).Bind(2, _positions[shard]).Run();
        }
        _commit.Run();
        return Task.CompletedTask;
    }

    public Task<int> PageAsync(Guid conversation)
    {
        var rows = new List<object>(Page);
        _page.Bind(1, _conversations[conversation].Key);
        while (_page.Step())
        {
            rows.Add((_page.Number(0), _page.Number(2), _page.Number(3), _page.Number(4), _page.Id(5), _page.Time(6), _page.Id(7), _page.Blob(10).ToArray(), _page.Number(11)));
        }
        rows.Reverse();
        return Task.FromResult(rows.Count);
    }

    public ValueTask DisposeAsync()
    {
        _reading.Dispose();
        _database.Dispose();
        return ValueTask.CompletedTask;
    }
}
