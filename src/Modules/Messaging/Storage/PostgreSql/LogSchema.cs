using System.Globalization;
using System.Security.Cryptography;
using ModularChat.Contracts;
using ModularChat.Storage;
using Npgsql;

namespace ModularChat.Messaging.Storage.PostgreSql;

/// <summary>
/// Makes the tables and functions in a schema of their own and brings older ones up, one node at a time; the files in Sql/ say what they are. A release
/// only adds: nodes of the release before go on writing while the first node of the new one changes the schema, and beside it afterwards.
/// </summary>
internal static class LogSchema
{
    public const int Version = 5;

    /// <summary>The lowest version of a program that finds every function it calls in what this one makes. What this one brings up keeps the functions of before.</summary>
    public const int Oldest = 5;

    /// <summary>The lock of whoever changes the schema or the runs: the bytes of "mclog".</summary>
    public const string TakeLock = "SELECT pg_advisory_xact_lock(470153883495)";

    private const string Tables = "schema.sql";

    /// <summary>Each can be made again over an older one.</summary>
    private static readonly string[] Functions = ["rows.sql", "append.sql", "known.sql", "change.sql", "keeping.sql"];

    /// <summary>Makes what is missing; reads what names the log, without a run.</summary>
    /// <exception cref="StartupException">The schema is of a newer program.</exception>
    public static async Task<LogInfo> PrepareAsync(NpgsqlConnection connection, string place, LogOpening opening, int shards, TimeProvider time, CancellationToken token)
    {
        await using var transaction = await connection.BeginTransactionAsync(token);
        await RunAsync(connection, TakeLock, token);
        if (!await IsMadeAsync(connection, token))
        {
            await MakeAsync(connection, opening.Seed ?? New(shards, time), time, token);
        }
        await UpgradeAsync(connection, token);
        var info = await ReadAsync(connection, place, token);
        await transaction.CommitAsync(token);
        return info;
    }

    public static async Task<bool> IsMadeAsync(NpgsqlConnection connection, CancellationToken token)
    {
        // From the tables themselves: to_regclass may answer from before the lock that another node held to make it.
        await using var find = new NpgsqlCommand(
            "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'modularchat_log' AND c.relname = 'meta')", connection);
        return (bool)(await find.ExecuteScalarAsync(token))!;
    }

    public static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(token);
    }

    private static async Task<LogInfo> ReadAsync(NpgsqlConnection connection, string place, CancellationToken token)
    {
        await using var command = new NpgsqlCommand("SELECT version, log_id, key, shards, oldest FROM meta", connection);
        await using var reader = await command.ExecuteReaderAsync(token);
        if (!await reader.ReadAsync(token))
        {
            throw new StartupException($"{place} is not a message log: the table {LogServer.Schema}.meta is empty.");
        }
        if (reader.GetInt32(4) > Version)
        {
            SchemaVersion.Check(place, reader.GetInt32(0), Version);
        }
        return new LogInfo(reader.GetGuid(1), Guid.Empty, reader.GetInt32(3), reader.GetFieldValue<byte[]>(2));
    }

    private static LogSeed New(int shards, TimeProvider time) => new(
        Ids.New(), RandomNumberGenerator.GetBytes(32), shards, [new RunRow(Ids.New(), new long[shards], time.GetUtcNow())], [.. Enumerable.Range(0, shards)]);

    private static async Task MakeAsync(NpgsqlConnection connection, LogSeed seed, TimeProvider time, CancellationToken token)
    {
        await RunAsync(connection, $"CREATE SCHEMA IF NOT EXISTS {LogServer.Schema}", token);
        await RunAsync(connection, Read(Tables), token);
        await MakeFunctionsAsync(connection, token);
        await using var meta = new NpgsqlCommand("INSERT INTO meta (only_row, version, log_id, key, shards, oldest) VALUES (0, $1, $2, $3, $4, $5)", connection)
        {
            Parameters = { new() { Value = Version }, new() { Value = seed.LogId }, new() { Value = seed.Key }, new() { Value = seed.ShardCount }, new() { Value = Oldest } },
        };
        await meta.ExecuteNonQueryAsync(token);
        var held = seed.Shards.ToHashSet();
        await using var shards = new NpgsqlCommand(
            "INSERT INTO shard (shard, state, position, forgotten) SELECT o.ord - 1, o.state, 0, 0 FROM unnest($1) WITH ORDINALITY AS o(state, ord)", connection)
        {
            Parameters = { new() { Value = Enumerable.Range(0, seed.ShardCount).Select(s => (short)(held.Contains(s) ? ShardState.Held : ShardState.Gone)).ToArray() } },
        };
        await shards.ExecuteNonQueryAsync(token);
        var runs = seed.Runs.Count > 0 ? seed.Runs : [new RunRow(Ids.New(), new long[seed.ShardCount], time.GetUtcNow())];
        await WriteRunsAsync(connection, runs, token);
    }

    /// <summary>The steps from the version that is there to ours, in the transaction that holds the lock; none where it is ours or newer.</summary>
    private static async Task UpgradeAsync(NpgsqlConnection connection, CancellationToken token)
    {
        await using var find = new NpgsqlCommand("SELECT version FROM meta", connection);
        if (await find.ExecuteScalarAsync(token) is not int found || found >= Version)
        {
            return;
        }
        for (var step = found + 1; step <= Version; step++)
        {
            await RunAsync(connection, Read(string.Create(CultureInfo.InvariantCulture, $"upgrade-{step}.sql")), token);
        }
        await MakeFunctionsAsync(connection, token);
        await using var enter = new NpgsqlCommand("UPDATE meta SET version = $1", connection) { Parameters = { new() { Value = Version } } };
        await enter.ExecuteNonQueryAsync(token);
    }

    private static async Task MakeFunctionsAsync(NpgsqlConnection connection, CancellationToken token)
    {
        foreach (var file in Functions)
        {
            await RunAsync(connection, Read(file), token);
        }
    }

    /// <summary>Adds runs whose home is whatever is found at the next opening.</summary>
    public static async Task WriteRunsAsync(NpgsqlConnection connection, IReadOnlyList<RunRow> runs, CancellationToken token)
    {
        foreach (var run in runs)
        {
            await WriteRunAsync(connection, run, home: null, token);
        }
    }

    public static async Task WriteRunAsync(NpgsqlConnection connection, RunRow run, string? home, CancellationToken token)
    {
        await using var command = new NpgsqlCommand("INSERT INTO run (id, started, at, home) VALUES ($1, $2, $3, $4)", connection)
        {
            Parameters =
            {
                new() { Value = run.Id }, new() { Value = run.Started }, new() { Value = run.At.UtcTicks }, new NpgsqlParameter<string?> { TypedValue = home },
            },
        };
        await command.ExecuteNonQueryAsync(token);
    }

    private static string Read(string file)
    {
        using var stream = typeof(LogSchema).Assembly.GetManifestResourceStream($"PostgreSql.{file}")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
