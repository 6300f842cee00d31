using System.Security.Cryptography;
using ModularChat.Contracts;
using ModularChat.Storage;
using ModularChat.Storage.RocksDb;

namespace ModularChat.Messaging.Storage.RocksDb;

/// <summary>What a database says of itself, in the family of that purpose.</summary>
internal static class RocksSchema
{
    public const long Version = 1;

    /// <summary>Makes a new database what it is to be, refuses one that is not of this program, and enters the new run if one begins.</summary>
    public static LogInfo Prepare(RocksDatabase database, LogOpening opening, int newShards, DateTimeOffset at)
    {
        using var batch = new RocksBatch(database);
        var info = ReadMeta(database);
        if (info is null)
        {
            RefuseOther(database);
            var seed = opening.Seed ?? new LogSeed(Ids.New(), RandomNumberGenerator.GetBytes(32), newShards, [], [.. Enumerable.Range(0, newShards)]);
            Make(batch, seed);
            database.Write(batch);
            batch.Clear();
            // What the log is must not hang on its write-ahead log.
            database.Flush();
            info = ReadMeta(database)!;
        }
        if (opening.Seed is { } wanted && wanted.LogId != info.LogId)
        {
            throw new StartupException($"{database.Path} belongs to another message log ({info.LogId}, not {wanted.LogId}).");
        }
        var shards = ReadShards(database, info.ShardCount);
        for (var shard = 0; shard < shards.Length; shard++)
        {
            if (shards[shard].State == ShardState.Frozen)
            {
                // What was frozen when the process ended, and was not moved, is still here alone.
                PutShard(batch, shard, shards[shard] with { State = ShardState.Held });
            }
        }
        var runs = ReadRuns(database);
        if (opening.RunId is { } runId)
        {
            PutRun(batch, runs.Count, new RunRow(runId, [.. shards.Select(s => s.Position)], at));
        }
        if (batch.Count > 0)
        {
            database.Write(batch);
        }
        return info with { RunId = opening.RunId ?? (runs is [.., var last] ? last.Id : Guid.Empty) };
    }

    public static StoredShard[] ReadShards(RocksDatabase database, int count)
    {
        var shards = new StoredShard[count];
        Span<byte> key = stackalloc byte[Keys.MaxLength];
        for (var shard = 0; shard < count; shard++)
        {
            using var value = database.Get(Family.Meta, Keys.MetaShard(key, shard));
            shards[shard] = StoredShard.Read(value.Span);
        }
        return shards;
    }

    public static IReadOnlyList<RunRow> ReadRuns(RocksDatabase database)
    {
        var runs = new List<RunRow>();
        using var rows = new RocksIterator(database, Family.Meta, "run"u8, "ruo"u8);
        for (var isThere = rows.First(); isThere; isThere = rows.Next())
        {
            var reader = new ValueReader(rows.Value);
            var (id, at) = (reader.Id(), reader.Time());
            var started = new long[reader.Rest.Length / 8];
            for (var i = 0; i < started.Length; i++)
            {
                started[i] = reader.Number();
            }
            runs.Add(new RunRow(id, started, at));
        }
        return runs;
    }

    public static void PutShard(RocksBatch batch, int shard, StoredShard row)
    {
        Span<byte> key = stackalloc byte[Keys.MaxLength];
        batch.Put(Family.Meta, Keys.MetaShard(key, shard), row.Write(new ValueWriter()));
    }

    public static void PutRun(RocksBatch batch, int ordinal, RunRow run)
    {
        Span<byte> key = stackalloc byte[Keys.MaxLength];
        var writer = new ValueWriter().Begin().Add(run.Id).Add(run.At);
        foreach (var position in run.Started)
        {
            writer.Add(position);
        }
        batch.Put(Family.Meta, Keys.MetaRun(key, ordinal), writer.Written);
    }

    private static void Make(RocksBatch batch, LogSeed seed)
    {
        batch.Put(Family.Meta, "meta"u8, new ValueWriter().Begin().Add(Version).Add(seed.LogId).Add(seed.ShardCount).Add(seed.Key).Written);
        for (var shard = 0; shard < seed.ShardCount; shard++)
        {
            PutShard(batch, shard, new StoredShard(seed.Shards.Contains(shard) ? ShardState.Held : ShardState.Gone, 0, 0));
        }
        for (var i = 0; i < seed.Runs.Count; i++)
        {
            PutRun(batch, i, seed.Runs[i]);
        }
    }

    private static LogInfo? ReadMeta(RocksDatabase database)
    {
        using var meta = database.Get(Family.Meta, "meta"u8);
        if (!meta.IsFound)
        {
            return null;
        }
        var reader = new ValueReader(meta.Span);
        SchemaVersion.Check(database.Path, reader.Number(), Version);
        var (id, shards) = (reader.Id(), (int)reader.Number());
        return new LogInfo(id, Guid.Empty, shards, reader.Rest.ToArray());
    }

    /// <summary>A database of another program must not become ours because it lies where ours is wanted.</summary>
    private static void RefuseOther(RocksDatabase database)
    {
        using var rows = new RocksIterator(database, Family.Meta, [0], [0xff, 0xff]);
        if (rows.First())
        {
            throw new StartupException($"{database.Path} is not a message log: it holds other data.");
        }
    }
}
