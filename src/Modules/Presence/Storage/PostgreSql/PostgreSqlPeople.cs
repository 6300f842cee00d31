using System.Data;
using Microsoft.Extensions.Options;
using ModularChat.Contracts.Presence;
using ModularChat.Presence.Storage.Sqlite;
using ModularChat.Storage;
using ModularChat.Storage.PostgreSql;
using Npgsql;
using NpgsqlTypes;

namespace ModularChat.Presence.Storage.PostgreSql;

/// <summary>The table <c>presence_people</c> in the first of the relational databases, for any number of nodes.</summary>
internal sealed class PostgreSqlPeople(IOptions<StorageOptions> options) : IPeopleStore, IAsyncDisposable
{
    private const int Connections = 4, Version = 1, SaveChunk = 1_000;

    /// <summary>Of several nodes that start at once, one makes the table.</summary>
    private const long MakingLock = 0x4D43_7072_6573;

    private readonly string _connectionString = options.Value.Relational.Databases[0];
    private readonly SemaphoreSlim _opening = new(1);
    private NpgsqlDataSource? _source;

    public bool IsShared => true;

    public ValueTask<Person[]> ReadAsync(IReadOnlyList<Guid> userIds, CancellationToken token) => AskAsync(
        async source =>
        {
            await using var command = source.CreateCommand("SELECT user_id, chosen, status, status_expires, last_seen FROM presence_people WHERE user_id = ANY($1)");
            command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. userIds] });
            var found = new Dictionary<Guid, Person>();
            await using var rows = await command.ExecuteReaderAsync(token);
            while (await rows.ReadAsync(token))
            {
                found[rows.GetGuid(0)] = Row(rows);
            }
            return userIds.Select(id => found.GetValueOrDefault(id) ?? Person.Unknown).ToArray();
        },
        token);

    public async ValueTask WriteAsync(IReadOnlyCollection<KeyValuePair<Guid, Person>> people, CancellationToken token) => await AskAsync(
        async source =>
        {
            // One statement is one transaction. Always in the same order, so that two nodes never wait for each other's rows.
            await using var command = source.CreateCommand(
                """
                INSERT INTO presence_people (user_id, chosen, status, status_expires, last_seen)
                SELECT * FROM unnest($1, $2, $3, $4, $5) AS row (user_id) ORDER BY row.user_id
                ON CONFLICT (user_id) DO UPDATE SET
                    chosen = excluded.chosen, status = excluded.status, status_expires = excluded.status_expires, last_seen = excluded.last_seen
                """);
            var parameters = command.Parameters;
            parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. people.Select(p => p.Key)] });
            parameters.Add(new NpgsqlParameter<short[]> { TypedValue = [.. people.Select(p => (short)p.Value.Chosen)] });
            parameters.Add(new NpgsqlParameter<string?[]> { TypedValue = [.. people.Select(p => p.Value.Status?.Text)] });
            parameters.Add(Times(people.Select(p => p.Value.Status?.ExpiresAt)));
            parameters.Add(Times(people.Select(p => p.Value.LastSeen)));
            return await command.ExecuteNonQueryAsync(token);
        },
        token);

    public async ValueTask WriteSeenAsync(IReadOnlyCollection<KeyValuePair<Guid, DateTimeOffset>> seen, CancellationToken token) => await AskAsync(
        async source =>
        {
            await using var command = source.CreateCommand(
                """
                INSERT INTO presence_people (user_id, chosen, last_seen)
                SELECT row.user_id, $3, row.seen FROM unnest($1, $2) AS row (user_id, seen) ORDER BY row.user_id
                ON CONFLICT (user_id) DO UPDATE SET last_seen = excluded.last_seen
                """);
            command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. seen.Select(p => p.Key)] });
            command.Parameters.Add(Times(seen.Select(p => (DateTimeOffset?)p.Value)));
            command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = (short)PresenceState.Online });
            return await command.ExecuteNonQueryAsync(token);
        },
        token);

    public async ValueTask EraseAsync(Guid userId, CancellationToken token) => await AskAsync(
        async source =>
        {
            await using var command = source.CreateCommand("DELETE FROM presence_people WHERE user_id = $1");
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = userId });
            return await command.ExecuteNonQueryAsync(token);
        },
        token);

    public async ValueTask SaveAsync(string file, CancellationToken token) => await AskAsync(
        async source =>
        {
            using var writer = new PeopleWriter(file);
            await using var command = source.CreateCommand("SELECT user_id, chosen, status, status_expires, last_seen FROM presence_people");
            await using var rows = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, token);
            var chunk = new List<KeyValuePair<Guid, Person>>(SaveChunk);
            while (await rows.ReadAsync(token))
            {
                chunk.Add(new(rows.GetGuid(0), Row(rows)));
                if (chunk.Count == SaveChunk)
                {
                    writer.Write(chunk);
                    chunk.Clear();
                }
            }
            writer.Write(chunk);
            return 0;
        },
        token);

    public async ValueTask LoadAsync(string file, CancellationToken token)
    {
        using var reader = new PeopleReader(file);
        foreach (var chunk in reader.ReadAll().Chunk(SaveChunk))
        {
            await WriteAsync(chunk, token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_source is not null)
        {
            await _source.DisposeAsync();
        }
        _opening.Dispose();
    }

    /// <summary>PostgreSQL keeps microseconds; a time is cut to them, so that what is read is what the others read.</summary>
    private static NpgsqlParameter Times(IEnumerable<DateTimeOffset?> times) => new()
    {
        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
        Value = times.Select(at => at?.UtcDateTime).ToArray(),
    };

    private static Person Row(NpgsqlDataReader row)
    {
        var chosen = (PresenceState)row.GetInt16(1);
        var text = row.IsDBNull(2) ? null : row.GetString(2);
        DateTimeOffset? expires = row.IsDBNull(3) ? null : row.GetFieldValue<DateTimeOffset>(3);
        DateTimeOffset? seen = row.IsDBNull(4) ? null : row.GetFieldValue<DateTimeOffset>(4);
        return new Person(chosen, text is null ? null : new PresenceStatus(text, expires), seen);
    }

    private async ValueTask<T> AskAsync<T>(Func<NpgsqlDataSource, Task<T>> ask, CancellationToken token)
    {
        try
        {
            return await ask(_source ?? await OpenAsync(token));
        }
        catch (Exception e) when (PostgreSqlErrors.IsAway(e))
        {
            throw new PeopleUnavailableException(e);
        }
    }

    private async Task<NpgsqlDataSource> OpenAsync(CancellationToken token)
    {
        await _opening.WaitAsync(token);
        try
        {
            if (_source is null)
            {
                var source = PostgreSqlSource.Open(_connectionString, "modularchat presence", Connections, []);
                try
                {
                    await MakeAsync(source, token);
                }
                catch
                {
                    await source.DisposeAsync();
                    throw;
                }
                _source = source;
            }
            return _source;
        }
        finally
        {
            _opening.Release();
        }
    }

    private async Task MakeAsync(NpgsqlDataSource source, CancellationToken token)
    {
        await using var connection = await source.OpenConnectionAsync(token);
        await using var transaction = await connection.BeginTransactionAsync(token);
        await using var make = new NpgsqlCommand(
            $"""
            SELECT pg_advisory_xact_lock({MakingLock});
            CREATE TABLE IF NOT EXISTS presence_schema (version int NOT NULL);
            INSERT INTO presence_schema SELECT {Version} WHERE NOT EXISTS (SELECT FROM presence_schema);
            CREATE TABLE IF NOT EXISTS presence_people (
                user_id uuid PRIMARY KEY, chosen smallint NOT NULL, status text, status_expires timestamptz, last_seen timestamptz);
            """,
            connection,
            transaction);
        await make.ExecuteNonQueryAsync(token);
        await using var version = new NpgsqlCommand("SELECT max(version) FROM presence_schema", connection, transaction);
        SchemaVersion.Check($"{PostgreSqlSource.Describe(_connectionString)}: presence", (int)(await version.ExecuteScalarAsync(token))!, Version);
        await transaction.CommitAsync(token);
    }
}
