using ModularChat.Contracts;
using ModularChat.Storage.Sqlite;

namespace ModularChat.Benchmarks;

/// <summary>A way to lay out the log's tables, with the parts that are the same in all.</summary>
internal abstract class Layout : IDisposable
{
    protected static readonly byte[] Body = [.. Enumerable.Range(0, 200).Select(i => (byte)('a' + (i % 26)))];
    private readonly Statement _begin;
    private readonly Statement _commit;
    private readonly Statement _request;
    private readonly Statement _member;
    private readonly Statement _head;
    private readonly long[] _seqs = new long[20_000];

    protected Layout(SqliteDatabase database, string tables)
    {
        Database = database;
        database.Execute("""
            CREATE TABLE request (id BLOB, conversation INTEGER, sender BLOB, hash BLOB, seq INTEGER, position INTEGER, at INTEGER, PRIMARY KEY (id, conversation, sender)) WITHOUT ROWID;
            CREATE TABLE member (conversation INTEGER, user BLOB, role INTEGER, ranges BLOB, read INTEGER, number INTEGER, position INTEGER, PRIMARY KEY (conversation, user)) WITHOUT ROWID;
            CREATE TABLE head (key INTEGER PRIMARY KEY, id BLOB, title TEXT, seq INTEGER, position INTEGER, number INTEGER);
            CREATE TABLE shard (shard INTEGER PRIMARY KEY, position INTEGER)
            """);
        database.Execute(tables);
        _begin = database.Prepare("BEGIN IMMEDIATE");
        _commit = database.Prepare("COMMIT");
        _request = database.Prepare("INSERT OR IGNORE INTO request VALUES (?1, ?2, ?3, ?1, ?4, ?4, ?4)");
        _member = database.Prepare("INSERT OR REPLACE INTO member VALUES (?1, ?2, 2, ?3, ?4, ?4, ?4)");
        _head = database.Prepare("INSERT OR REPLACE INTO head VALUES (?1, ?2, 'a title', ?3, ?3, ?3)");
    }

    protected SqliteDatabase Database { get; }
    protected long Position { get; private set; }

    public void Write(int batch, int count, Func<int> conversation)
    {
        for (var done = 0; done < count; done += batch)
        {
            _begin.Run();
            for (var i = 0; i < batch; i++)
            {
                var key = conversation();
                var sender = User(key, (int)(Position % 2));
                Position++;
                _request.Bind(1, Ids.New()).Bind(2, key).Bind(3, sender).Bind(4, Position).Run();
                Add(key, ++_seqs[key], sender);
            }
            EndBatch();
            _commit.Run();
        }
    }

    public abstract void ReadPage();

    public abstract void ReadFeed();

    public void Dispose() => Database.Dispose();

    protected abstract void Add(int key, long seq, Guid sender);

    protected abstract void EndBatch();

    protected void WriteState(int key, Guid sender)
    {
        _member.Bind(1, key).Bind(2, sender).Bind(3, Body.AsSpan(0, 32)).Bind(4, _seqs[key]).Run();
        _head.Bind(1, key).Bind(2, sender).Bind(3, _seqs[key]).Run();
    }

    protected static Guid User(int key, int which) => new(key, 7, 9, 1, 2, 3, 4, 5, 6, 7, (byte)which);
}

/// <summary>Entries clustered by conversation and seq; the feed is an index of positions.</summary>
internal sealed class ClusteredLayout : Layout
{
    private readonly Statement _entry;
    private readonly Statement _feed;
    private readonly Statement _page;
    private readonly Statement _readFeed;

    public ClusteredLayout(SqliteDatabase database) : base(database, """
        CREATE TABLE entry (conversation INTEGER, seq INTEGER, position INTEGER, sender BLOB, id BLOB, at INTEGER, body BLOB, PRIMARY KEY (conversation, seq)) WITHOUT ROWID;
        CREATE TABLE feed (place INTEGER PRIMARY KEY, conversation INTEGER, seq INTEGER)
        """)
    {
        _entry = database.Prepare("INSERT INTO entry VALUES (?1, ?2, ?3, ?4, ?4, ?3, ?5)");
        _feed = database.Prepare("INSERT INTO feed VALUES (?1, ?2, ?3)");
        _page = database.Prepare("SELECT * FROM entry WHERE conversation = 0 ORDER BY seq DESC LIMIT 50");
        _readFeed = database.Prepare("SELECT e.* FROM feed f JOIN entry e ON e.conversation = f.conversation AND e.seq = f.seq WHERE f.place > ?1 ORDER BY f.place LIMIT 1000");
    }

    public override void ReadPage() => _page.Run();

    public override void ReadFeed() => _readFeed.Bind(1, Position / 2).Run();

    protected override void Add(int key, long seq, Guid sender)
    {
        _entry.Bind(1, key).Bind(2, seq).Bind(3, Position).Bind(4, sender).Bind(5, Body).Run();
        _feed.Bind(1, Position).Bind(2, key).Bind(3, seq).Run();
        WriteState(key, sender);
    }

    protected override void EndBatch()
    {
    }
}

/// <summary>Entries in order of position; index, heads and marks are written in bulk every so many entries.</summary>
internal sealed class LogLayout : Layout
{
    private readonly int _shards;
    private readonly int _foldEvery;
    private readonly Statement _entry;
    private readonly Statement _index;
    private readonly Statement _page;
    private readonly Statement _readFeed;
    private readonly Statement _shard;
    private readonly List<(int Key, long Seq, long Place, Guid Sender)> _tail = [];

    public LogLayout(SqliteDatabase database, int shards, int foldEvery) : base(database, """
        CREATE TABLE entry (place INTEGER PRIMARY KEY, conversation INTEGER, seq INTEGER, sender BLOB, id BLOB, at INTEGER, body BLOB);
        CREATE TABLE entry_index (conversation INTEGER, seq INTEGER, place INTEGER, PRIMARY KEY (conversation, seq)) WITHOUT ROWID
        """)
    {
        (_shards, _foldEvery) = (shards, foldEvery);
        _entry = database.Prepare("INSERT INTO entry VALUES (?1, ?2, ?3, ?4, ?4, ?1, ?5)");
        _index = database.Prepare("INSERT INTO entry_index VALUES (?1, ?2, ?3)");
        _page = database.Prepare("SELECT e.* FROM entry_index i JOIN entry e ON e.place = i.place WHERE i.conversation = 0 ORDER BY i.seq DESC LIMIT 50");
        _readFeed = database.Prepare("SELECT * FROM entry WHERE place > ?1 ORDER BY place LIMIT 1000");
        _shard = database.Prepare("INSERT OR REPLACE INTO shard VALUES (?1, ?2)");
    }

    public override void ReadPage() => _page.Run();

    public override void ReadFeed() => _readFeed.Bind(1, Position / 2).Run();

    protected override void Add(int key, long seq, Guid sender)
    {
        var place = ((long)(key % _shards) << 48) | Position;
        _entry.Bind(1, place).Bind(2, key).Bind(3, seq).Bind(4, sender).Bind(5, Body).Run();
        _tail.Add((key, seq, place, sender));
    }

    protected override void EndBatch()
    {
        _shard.Bind(1, _tail[^1].Key % _shards).Bind(2, Position).Run();
        if (_tail.Count < _foldEvery)
        {
            return;
        }
        _tail.Sort((a, b) => a.Key != b.Key ? a.Key.CompareTo(b.Key) : a.Seq.CompareTo(b.Seq));
        var last = (-1, Guid.Empty);
        foreach (var (key, seq, place, sender) in _tail)
        {
            _index.Bind(1, key).Bind(2, seq).Bind(3, place).Run();
            if (last != (key, sender))
            {
                WriteState(key, sender);
                last = (key, sender);
            }
        }
        _tail.Clear();
    }
}
