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
    public const long Version = 3;

    private const string Tables = """
        CREATE TABLE meta (only INTEGER PRIMARY KEY CHECK (only = 0), log_id BLOB NOT NULL, key BLOB NOT NULL, shards INTEGER NOT NULL);
        CREATE TABLE run (ordinal INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, started BLOB NOT NULL, at INTEGER NOT NULL);
        CREATE TABLE shard (shard INTEGER PRIMARY KEY, position INTEGER NOT NULL, folded INTEGER NOT NULL, forgotten INTEGER NOT NULL, state INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE entry (
            place INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, seq INTEGER NOT NULL, number INTEGER NOT NULL, kind INTEGER NOT NULL,
            sender BLOB NOT NULL, at INTEGER NOT NULL, client_message_id BLOB NOT NULL, target INTEGER, target_place INTEGER, body BLOB,
            state INTEGER NOT NULL, changed INTEGER, edited_at INTEGER, checksum INTEGER NOT NULL DEFAULT 0);
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
            members_position INTEGER NOT NULL, marks_position INTEGER NOT NULL, member_count INTEGER NOT NULL,
            cut INTEGER NOT NULL DEFAULT 0, keep_days INTEGER NOT NULL DEFAULT 0, keep_count INTEGER NOT NULL DEFAULT 0);
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

    /// <summary>What version 1 lacked. Constant defaults: no row is written for it.</summary>
    private const string FromVersion1 = """
        ALTER TABLE shard ADD COLUMN state INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE entry ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE conversation ADD COLUMN cut INTEGER NOT NULL DEFAULT 0;
        """;

    /// <summary>What version 2 lacked.</summary>
    private const string FromVersion2 = """
        ALTER TABLE conversation ADD COLUMN keep_days INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE conversation ADD COLUMN keep_count INTEGER NOT NULL DEFAULT 0;
        """;

    /// <summary>Makes the tables of a new file, brings an older one up, refuses a newer one, and enters the new run if one begins.</summary>
    public static LogInfo Prepare(SqliteDatabase database, string path, LogOpening opening, int newShards, DateTimeOffset at)
    {
        var version = database.Scalar("PRAGMA user_version");
        SchemaVersion.Check(path, version, Version);
        database.Execute("BEGIN IMMEDIATE");
        if (version == 0)
        {
            if (database.Scalar("SELECT count(*) FROM sqlite_schema") > 0)
            {
                throw new StartupException($"{path} is not a message log: it holds other tables.");
            }
            Make(database, opening.Seed ?? new LogSeed(Ids.New(), RandomNumberGenerator.GetBytes(32), newShards, [], [.. Enumerable.Range(0, newShards)]));
        }
        else if (version < Version)
        {
            if (version == 1)
            {
                database.Execute(FromVersion1);
            }
            database.Execute(FromVersion2);
            database.Execute($"PRAGMA user_version = {Version}");
        }
        using var meta = database.Prepare("SELECT log_id, key, shards FROM meta");
        if (!meta.Step())
        {
            throw new StartupException($"{path} is not a message log: it has no meta row.");
        }
        var (logId, key, shards) = (meta.Id(0), meta.Blob(1).ToArray(), (int)meta.Number(2));
        meta.Reset();
        if (opening.Seed is { } seed && seed.LogId != logId)
        {
            throw new StartupException($"{path} belongs to another message log ({logId}, not {seed.LogId}).");
        }
        // What was frozen when the process ended, and was not moved, is still here alone.
        database.Execute($"UPDATE shard SET state = {(int)ShardState.Held} WHERE state = {(int)ShardState.Frozen}");
        if (opening.RunId is { } runId)
        {
            AddRun(database, new RunRow(runId, ReadPositions(database, shards), at));
        }
        database.Execute("COMMIT");
        if (version == 0)
        {
            // What the log is must not hang on its write-ahead file.
            database.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        return new LogInfo(logId, opening.RunId ?? (ReadRuns(database) is [.., var last] ? last.Id : Guid.Empty), shards, key);
    }

    /// <summary>Enters a run as the newest.</summary>
    public static void AddRun(SqliteDatabase database, RunRow row)
    {
        using var run = database.Prepare("INSERT INTO run (id, started, at) VALUES (?1, ?2, ?3)");
        run.Bind(1, row.Id).Bind(2, Encode(row.Started)).Bind(3, row.At).Run();
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

    /// <summary>What the database has of each shard.</summary>
    public static ShardState[] ReadStates(SqliteDatabase database, int shards)
    {
        var states = new ShardState[shards];
        using var rows = database.Prepare("SELECT shard, state FROM shard");
        while (rows.Step())
        {
            states[rows.Number(0)] = (ShardState)rows.Number(1);
        }
        return states;
    }

    /// <summary>Every run, oldest first.</summary>
    public static IReadOnlyList<RunRow> ReadRuns(SqliteDatabase database)
    {
        var runs = new List<RunRow>();
        using var rows = database.Prepare("SELECT id, started, at FROM run ORDER BY ordinal");
        while (rows.Step())
        {
            runs.Add(new RunRow(rows.Id(0), Decode(rows.Blob(1)), rows.Time(2)));
        }
        return runs;
    }

    private static void Make(SqliteDatabase database, LogSeed seed)
    {
        database.Execute(Tables);
        using var meta = database.Prepare("INSERT INTO meta (only, log_id, key, shards) VALUES (0, ?1, ?2, ?3)");
        meta.Bind(1, seed.LogId).Bind(2, seed.Key).Bind(3, seed.ShardCount).Run();
        using var shard = database.Prepare("INSERT INTO shard (shard, position, folded, forgotten, state) VALUES (?1, 0, 0, 0, ?2)");
        for (var i = 0; i < seed.ShardCount; i++)
        {
            shard.Bind(1, i).Bind(2, (long)(seed.Shards.Contains(i) ? ShardState.Held : ShardState.Gone)).Run();
        }
        foreach (var run in seed.Runs)
        {
            AddRun(database, run);
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
