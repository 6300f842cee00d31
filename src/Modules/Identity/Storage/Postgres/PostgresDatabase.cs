using System.Buffers.Binary;
using System.Data.Common;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using ModularChat.Storage;
using Npgsql;

namespace ModularChat.Identity.Storage.Postgres;

/// <summary>A database on a PostgreSQL server, which any number of nodes share.</summary>
internal sealed class PostgresDatabase : IDatabase
{
    public const int OldestVersion = 15;

    // Our own part of the server's space of advisory locks: no other program that follows this habit has it.
    private const int LockSpace = 0x4D43_4944, MigrationSpace = 0x4D43_4D49;

    private readonly NpgsqlConnectionStringBuilder _connection;
    private readonly PooledDbContextFactory<PostgresIdentityDb> _contexts;
    private readonly string _setting;

    /// <summary>Connects to nothing yet.</summary>
    /// <param name="connectionString">As in the settings.</param>
    /// <param name="setting">The setting it comes from, for messages.</param>
    /// <param name="services">The application's: for its log.</param>
    /// <exception cref="StartupException">It is not understood.</exception>
    public PostgresDatabase(string connectionString, string setting, IServiceProvider services)
    {
        _setting = setting;
        _connection = Understand(connectionString, setting);
        Name = $"{_connection.Host}:{_connection.Port.ToString(CultureInfo.InvariantCulture)}/{_connection.Database}";
        _contexts = new(IdentityDb.Configure(new DbContextOptionsBuilder<PostgresIdentityDb>()
            .UseNpgsql(_connection.ConnectionString, postgres => postgres.MigrationsHistoryTable(IdentityDb.MigrationsTable)), services).Options);
    }

    public string Name { get; }

    public SemaphoreSlim? Writer => null;

    public IdentityDb Open() => _contexts.CreateDbContext();

    /// <summary>Writes the tables of users anew; the server's write-ahead log is its own matter.</summary>
    public async Task PurgeAsync(CancellationToken token)
    {
        await using var db = Open();
        foreach (var table in new[] { "users", "names", "settings", "drafts", "sessions", "friendships", "blocks", "external_users" })
        {
#pragma warning disable EF1002 // The names are ours.
            await db.Database.ExecuteSqlRawAsync($"VACUUM (FULL) {IdentityDb.Prefix}{table}", token);
#pragma warning restore EF1002
        }
    }

    public Task LockAsync(IdentityDb db, IReadOnlyCollection<Guid> locks, CancellationToken token)
    {
        // Two users may share a number and then wait for each other for a moment. In order: two changes never wait for one another.
        var numbers = locks.Select(NumberOf).Distinct().Order().ToArray();
        return db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({LockSpace}, number) FROM unnest({numbers}) AS number", token);
    }

    public Failure Judge(Exception e) => e.As<DbException>() switch
    {
        null => Failure.None,
        PostgresException { SqlState: var state } => state switch
        {
            PostgresErrorCodes.UniqueViolation => Failure.Taken,
            PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected => Failure.Undone,
            // The server stops, or has just started; class 57 but for the cancelled statement.
            PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow => Failure.Lost,
            _ => Failure.Refused,
        },
        // Tried again it would only take as long again.
        { InnerException: TimeoutException } => Failure.Refused,
        _ => Failure.Lost,
    };

    public async Task CheckAsync(CancellationToken token)
    {
        try
        {
            await using var connection = new NpgsqlConnection(_connection.ConnectionString);
            await connection.OpenAsync(token);
            CheckVersion(connection.PostgreSqlVersion, Name, _setting);
            await using var command = new NpgsqlCommand("SHOW synchronous_commit", connection);
            if (await command.ExecuteScalarAsync(token) is "off")
            {
                throw new StartupException($"The database {Name} ({_setting}) has synchronous_commit=off, with which it forgets in a crash what it has confirmed: set it to on.");
            }
        }
        catch (DbException e)
        {
            throw new StartupException(Sentence(e), e);
        }
    }

    /// <summary>Refuses a server that is too old.</summary>
    public static void CheckVersion(Version version, string name, string setting)
    {
        if (version.Major < OldestVersion)
        {
            throw new StartupException($"The database {name} ({setting}) runs on PostgreSQL {version}, but {OldestVersion} or newer is needed.");
        }
    }

    public async Task AloneAsync(IdentityDb db, Func<Task> work, CancellationToken token)
    {
        // On a connection of its own, which keeps the lock whatever happens to the transactions of the migrations, and lets go of it by closing.
        await using var keeper = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_connection.ConnectionString) { Pooling = false, CommandTimeout = 0 }.ConnectionString);
        try
        {
            await keeper.OpenAsync(token);
            await using var take = new NpgsqlCommand($"SET lock_timeout = '10min'; SET statement_timeout = 0; SELECT pg_advisory_lock({MigrationSpace.ToString(CultureInfo.InvariantCulture)}, 0)", keeper);
            await take.ExecuteNonQueryAsync(token);
            await TakeTimeAsync(db, token);
            await work();
        }
        catch (Exception e) when (e.As<DbException>() is { } refusal)
        {
            throw new StartupException(Sentence(refusal), e);
        }
    }

    public Task<long> PositionAsync(IdentityDb db, CancellationToken token) =>
        db.Database.SqlQuery<long>($"SELECT (pg_current_wal_lsn() - '0/0')::bigint AS \"Value\"").SingleAsync(token);

    public Task PrepareAsync(IdentityDb db, CancellationToken token) => Task.CompletedTask;

    public async Task TakeTimeAsync(IdentityDb db, CancellationToken token)
    {
        db.Database.SetCommandTimeout(0);
        // Kept open, or the settings would be forgotten with the connection.
        await db.Database.OpenConnectionAsync(token);
        await db.Database.ExecuteSqlRawAsync("SET lock_timeout = '5min'; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0", token);
    }

    public void Close()
    {
        using var connection = new NpgsqlConnection(_connection.ConnectionString);
        NpgsqlConnection.ClearPool(connection);
    }

    /// <summary>What is wrong, for the one who starts the server: the words of the database, and never the password.</summary>
    private string Sentence(DbException e) => e switch
    {
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword } =>
            $"The database {Name} ({_setting}) does not let the user '{_connection.Username}' in: the password is wrong or missing.",
        PostgresException known => $"The database {Name} ({_setting}) cannot be used: {known.MessageText}.",
        _ when e.InnerException?.Message.Contains("No password", StringComparison.OrdinalIgnoreCase) == true || e.Message.Contains("No password", StringComparison.OrdinalIgnoreCase) =>
            $"The database {Name} ({_setting}) does not let the user '{_connection.Username}' in: the password is wrong or missing.",
        _ => $"The database {Name} ({_setting}) cannot be reached: {(e.InnerException ?? e).Message.TrimEnd('.')}.",
    };

    private static int NumberOf(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadInt32BigEndian(bytes[12..]);
    }

    /// <summary>The operator's words, with what they have not said.</summary>
    public static NpgsqlConnectionStringBuilder Understand(string connectionString, string setting, int connectSeconds = 5, int commandSeconds = 10)
    {
        try
        {
            // What the operator has not said: a server that does not answer must not hold up requests for long.
            var given = new DbConnectionStringBuilder { ConnectionString = connectionString };
            var known = new NpgsqlConnectionStringBuilder(connectionString);
            Default("Application Name", () => known.ApplicationName = "ModularChat");
            Default("Timeout", () => known.Timeout = connectSeconds);
            Default("Command Timeout", () => known.CommandTimeout = commandSeconds);
            Default("Tcp Keepalive", () => known.TcpKeepAlive = true);
            Default("Options", () => known.Options = "-c lock_timeout=8s -c statement_timeout=9s -c idle_in_transaction_session_timeout=60s");
            known.PersistSecurityInfo = false;
            known.IncludeErrorDetail = false;
            return known;

            void Default(string key, Action set)
            {
                if (!given.ContainsKey(key))
                {
                    set();
                }
            }
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException)
        {
            // The reason may quote a part of the password.
            throw new StartupException($"{setting} has a part that PostgreSQL's connection strings do not know; one is Host=...;Username=...;Password=...;Database=...");
        }
    }
}
