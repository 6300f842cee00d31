using System.Buffers.Binary;
using System.Security.Cryptography;
using ModularChat.Contracts;
using ModularChat.Storage;
using ModularChat.Storage.Sqlite;

namespace ModularChat.Messaging.Storage.Sqlite;

/// <summary>
/// The tables of <c>messages.db</c>; why they look like this is in docs/decisions/0003-message-log-layout.md. The log
/// proper is <c>entry</c>, <c>mark</c> and <c>request</c>, all written at their right ends. What can be worked out from them
/// (<c>entry_index</c>, the heads in <c>conversation</c>, the marks in <c>member</c>) is folded in later, in bulk.
/// </summary>
internal static class LogSchema
{
    public const long Version = 1;

    private const string Tables = """
        CREATE TABLE meta (only INTEGER PRIMARY KEY CHECK (only = 0), log_id BLOB NOT NULL, key BLOB NOT NULL, shards INTEGER NOT NULL);
        CREATE TABLE run (ordinal INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, started BLOB NOT NULL, at INTEGER NOT NULL);
        CREATE TABLE shard (shard INTEGER PRIMARY KEY, position INTEGER NOT NULL, folded INTEGER NOT NULL, forgotten INTEGER NOT NULL);
        CREATE TABLE entry (
            place INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, seq INTEGER NOT NULL, number INTEGER NOT NULL, kind INTEGER NOT NULL,
            sender BLOB NOT NULL, at INTEGER NOT NULL, client_message_id BLOB NOT NULL, target INTEGER, target_place INTEGER, body BLOB,
            state INTEGER NOT NULL, changed INTEGER, edited_at INTEGER);
        CREATE TABLE mark (
            place INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, user BLOB NOT NULL, delivered INTEGER NOT NULL, read INTEGER NOT NULL,
            read_number INTEGER NOT NULL, muted_until INTEGER, flags INTEGER NOT NULL);
        CREATE TABLE request (
            client_message_id BLOB NOT NULL, conversation INTEGER NOT NULL, sender BLOB NOT NULL, hash BLOB NOT NULL,
            seq INTEGER NOT NULL, position INTEGER NOT NULL, at INTEGER NOT NULL,
            PRIMARY KEY (client_message_id, conversation, sender)) WITHOUT ROWID;
        CREATE TABLE conversation (
            key INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, kind INTEGER NOT NULL, title TEXT, history INTEGER NOT NULL,
            seq INTEGER NOT NULL, position INTEGER NOT NULL, number INTEGER NOT NULL, members_seq INTEGER NOT NULL,
            members_position INTEGER NOT NULL, marks_position INTEGER NOT NULL, member_count INTEGER NOT NULL);
        CREATE TABLE member (
            conversation INTEGER NOT NULL, user BLOB NOT NULL, role INTEGER NOT NULL, ranges BLOB NOT NULL, delivered INTEGER NOT NULL,
            read INTEGER NOT NULL, read_number INTEGER NOT NULL, marks_position INTEGER NOT NULL, muted_until INTEGER, flags INTEGER NOT NULL,
            ranges_position INTEGER NOT NULL, PRIMARY KEY (conversation, user)) WITHOUT ROWID;
        CREATE TABLE user_conversation (user BLOB NOT NULL, conversation INTEGER NOT NULL, PRIMARY KEY (user, conversation)) WITHOUT ROWID;
        CREATE TABLE entry_index (conversation INTEGER NOT NULL, seq INTEGER NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (conversation, seq)) WITHOUT ROWID;
        CREATE TABLE reaction (
            conversation INTEGER NOT NULL, seq INTEGER NOT NULL, emoji TEXT NOT NULL, user BLOB NOT NULL, added INTEGER NOT NULL, first INTEGER NOT NULL,
            PRIMARY KEY (conversation, seq, emoji, user)) WITHOUT ROWID;
        """;

    /// <summary>Makes the tables of a new file, refuses a newer one, and enters a new run.</summary>
    public static LogInfo Prepare(SqliteDatabase database, string path, int newShards, DateTimeOffset at)
    {
        var version = database.Scalar("PRAGMA user_version");
        SchemaVersion.Check(path, version, Version);
        database.Execute("BEGIN IMMEDIATE");
        if (version == 0)
        {
            Make(database, newShards);
        }
        using var meta = database.Prepare("SELECT log_id, key, shards FROM meta");
        if (!meta.Step())
        {
            throw new StartupException($"{path} is not a message log: it has no meta row.");
        }
        var info = new LogInfo(meta.Id(0), Ids.New(), (int)meta.Number(2), meta.Blob(1).ToArray());
        meta.Reset();
        using var run = database.Prepare("INSERT INTO run (id, started, at) VALUES (?1, ?2, ?3)");
        run.Bind(1, info.RunId).Bind(2, Encode(ReadPositions(database, info.ShardCount))).Bind(3, at).Run();
        database.Execute("COMMIT");
        return info;
    }

    /// <summary>The committed position of each shard.</summary>
    public static long[] ReadPositions(SqliteDatabase database, int shards)
    {
        var positions = new long[shards];
        using var rows = database.Prepare("SELECT shard, position FROM shard");
        while (rows.Step())
        {
            positions[rows.Number(0)] = rows.Number(1);
        }
        return positions;
    }

    /// <summary>Every run with the positions at which it began, oldest first.</summary>
    public static IReadOnlyList<(Guid Id, long[] Started)> ReadRuns(SqliteDatabase database)
    {
        var runs = new List<(Guid, long[])>();
        using var rows = database.Prepare("SELECT id, started FROM run ORDER BY ordinal");
        while (rows.Step())
        {
            runs.Add((rows.Id(0), Decode(rows.Blob(1))));
        }
        return runs;
    }

    private static void Make(SqliteDatabase database, int shards)
    {
        database.Execute(Tables);
        using var meta = database.Prepare("INSERT INTO meta (only, log_id, key, shards) VALUES (0, ?1, ?2, ?3)");
        meta.Bind(1, Ids.New()).Bind(2, RandomNumberGenerator.GetBytes(32)).Bind(3, shards).Run();
        using var shard = database.Prepare("INSERT INTO shard (shard, position, folded, forgotten) VALUES (?1, 0, 0, 0)");
        for (var i = 0; i < shards; i++)
        {
            shard.Bind(1, i).Run();
        }
        database.Execute($"PRAGMA user_version = {Version}");
    }

    private static byte[] Encode(long[] positions)
    {
        var bytes = new byte[positions.Length * 8];
        for (var i = 0; i < positions.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * 8), positions[i]);
        }
        return bytes;
    }

    private static long[] Decode(ReadOnlySpan<byte> bytes)
    {
        var positions = new long[bytes.Length / 8];
        for (var i = 0; i < positions.Length; i++)
        {
            positions[i] = BinaryPrimitives.ReadInt64LittleEndian(bytes[(i * 8)..]);
        }
        return positions;
    }
}
