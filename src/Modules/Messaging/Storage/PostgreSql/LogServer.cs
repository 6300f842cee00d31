using ModularChat.Storage.PostgreSql;
using Npgsql;

namespace ModularChat.Messaging.Storage.PostgreSql;

/// <summary>
/// The way to the database. Every new connection is looked at before it is used: whether commits are on disk there, and whether it is still the
/// server, the timeline and the tables in which the present run was written.
/// </summary>
internal sealed class LogServer : IAsyncDisposable
{
    public const string Schema = "modularchat_log";

    private const string Look = """
        SELECT current_setting('server_version_num')::integer, current_setting('synchronous_commit'), current_setting('fsync'), current_setting('full_page_writes'),
            pg_is_in_recovery(), CASE WHEN pg_is_in_recovery() THEN '' ELSE
            (SELECT system_identifier::text FROM pg_control_system()) || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8) || '/'
            || (SELECT oid::bigint::text FROM pg_database WHERE datname = current_database()) || '/' || coalesce(
            (SELECT c.oid::bigint::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'modularchat_log' AND c.relname = 'entry'), '') END
        """;

    // Plans are made once, often before the tables have rows: only those by index are right for what comes later.
    private static readonly string[] Settings =
    [
        $"search_path={Schema}", "plan_cache_mode=force_generic_plan", "jit=off", "enable_seqscan=off", "enable_hashjoin=off", "enable_mergejoin=off", "enable_bitmapscan=off",
    ];

    // Readers have connections of their own: neither side waits for the other, and few connections stay warm.
    private readonly NpgsqlDataSource _writers;
    private readonly NpgsqlDataSource _readers;
    private readonly SemaphoreSlim _reading;
    private readonly int _readerCount;
    // Whoever reads alone uses the one that was used last: its process on the server has everything at hand. The pool would take turns.
    private NpgsqlConnection? _warm;
    // For whoever finds out what the home is now; a pool that has just refused a host would not try it again at once.
    private readonly NpgsqlDataSource _any;
    private readonly int _oldest;
    private volatile string? _home;

    /// <summary>Connects to nothing yet.</summary>
    /// <param name="connectionString">As in the settings.</param>
    /// <param name="shards">How many there are: each has a writer.</param>
    /// <param name="readers">Most connections that read at once.</param>
    /// <param name="oldest">The oldest major version of a server that is used.</param>
    public LogServer(string connectionString, int shards, int readers, int oldest = PostgreSqlSource.OldestVersion)
    {
        _oldest = oldest;
        Place = PostgreSqlSource.Describe(connectionString);
        (_reading, _readerCount) = (new SemaphoreSlim(readers), readers);
        _any = PostgreSqlSource.Open(connectionString, "ModularChat log, looking", 2, Settings, connection => CheckAsync(connection, home: null));
        _readers = PostgreSqlSource.Open(connectionString, "ModularChat log, reading", readers, Settings, connection => CheckAsync(connection, _home));
        _writers = PostgreSqlSource.Open(connectionString, "ModularChat log, writing", Math.Min(shards, 16) + 2, Settings, connection => CheckAsync(connection, _home));
    }

    /// <summary>Where it is, for people.</summary>
    public string Place { get; }

    /// <summary>Called when a new connection leads to another history than the present run's.</summary>
    public Func<CancellationToken, Task>? HistoryChanged { get; set; }

    /// <summary>From now on only connections to this home are used; null: all.</summary>
    public void Expect(string? home) => _home = home;

    /// <summary>A checked connection; the pool gets it back when it is disposed.</summary>
    /// <exception cref="LogUnavailableException">The server cannot be used now.</exception>
    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken token) => OpenAsync(_writers, token);

    /// <summary>A connection whose home is not compared: for whoever finds out what the home is now.</summary>
    public ValueTask<NpgsqlConnection> OpenAnyAsync(CancellationToken token) => _any.OpenConnectionAsync(token);

    /// <summary>Reads; once more when the connection turns out to be broken.</summary>
    public async ValueTask<T> ReadAsync<T>(Func<NpgsqlConnection, Task<T>> read, CancellationToken token)
    {
        await _reading.WaitAsync(token);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                var connection = Interlocked.Exchange(ref _warm, null);
                try
                {
                    connection ??= await OpenAsync(_readers, token);
                    var result = await read(connection);
                    // Not while others may wait for it at the pool.
                    if (_reading.CurrentCount < _readerCount - 1 || Interlocked.CompareExchange(ref _warm, connection, null) is not null)
                    {
                        await connection.DisposeAsync();
                    }
                    return result;
                }
                catch (Exception e)
                {
                    await CoolAsync(connection);
                    await CoolAsync(Interlocked.Exchange(ref _warm, null));
                    if (!PostgreSqlErrors.IsAway(e) || token.IsCancellationRequested)
                    {
                        throw;
                    }
                    if (attempt == 2)
                    {
                        throw Unavailable(e);
                    }
                }
            }
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>Does something that may be done twice, or whose outcome the caller asks for again.</summary>
    public async ValueTask<T> WriteAsync<T>(Func<NpgsqlConnection, Task<T>> write, CancellationToken token)
    {
        try
        {
            await using var connection = await OpenAsync(token);
            return await write(connection);
        }
        catch (Exception e) when (PostgreSqlErrors.IsAway(e) && !token.IsCancellationRequested)
        {
            throw Unavailable(e);
        }
    }

    public LogUnavailableException Unavailable(Exception reason) =>
        reason as LogUnavailableException ?? new LogUnavailableException($"{Place} {PostgreSqlErrors.Explain(reason)}", reason);

    /// <summary>The system identifier, timeline and tables that a connection leads to.</summary>
    public static async Task<string> ReadHomeAsync(NpgsqlConnection connection, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(Look, connection);
        await using var reader = await command.ExecuteReaderAsync(token);
        await reader.ReadAsync(token);
        return reader.GetString(5);
    }

    public async ValueTask DisposeAsync()
    {
        await CoolAsync(Interlocked.Exchange(ref _warm, null));
        await _readers.DisposeAsync();
        await _writers.DisposeAsync();
        await _any.DisposeAsync();
        _reading.Dispose();
    }

    /// <summary>Gives a connection back to its pool, which knows whether it can be used again.</summary>
    private static ValueTask CoolAsync(NpgsqlConnection? connection) => connection?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async ValueTask<NpgsqlConnection> OpenAsync(NpgsqlDataSource pool, CancellationToken token)
    {
        try
        {
            return await pool.OpenConnectionAsync(token);
        }
        catch (Exception e) when (HistoryChanged is not null && IsHistory(e))
        {
            await HistoryChanged(token);
            return await pool.OpenConnectionAsync(token);
        }
    }

    /// <summary>With several hosts in the connection string what one of them says comes wrapped.</summary>
    private static bool IsHistory(Exception? e) =>
        e is HistoryChangedException || (e is AggregateException many ? many.InnerExceptions.Any(IsHistory) : e is not null && IsHistory(e.InnerException));

    private async Task CheckAsync(NpgsqlConnection connection, string? home)
    {
        await using var command = new NpgsqlCommand(Look, connection);
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        await reader.ReadAsync(CancellationToken.None);
        if (WhyNot(reader, _oldest) is { } why)
        {
            throw new UnfitServerException($"{Place} {why}");
        }
        if (home is not null && reader.GetString(5) != home)
        {
            throw new HistoryChangedException(Place);
        }
    }

    private static string? WhyNot(NpgsqlDataReader row, int oldest) =>
        row.GetInt32(0) / 10000 < oldest ? $"is of version {row.GetInt32(0) / 10000}, but {oldest} is the oldest that is used."
        : row.GetString(1) == "off" ? "has synchronous_commit=off, which loses acknowledged messages: set it to on for this server, database and user."
        : row.GetString(2) == "off" ? "has fsync=off, which loses acknowledged messages: set it to on."
        : row.GetString(3) == "off" ? "has full_page_writes=off, which can lose all messages when the machine fails: set it to on."
        : row.GetBoolean(4) ? "is a standby, which takes no writes: name the primary, or promote it."
        : null;
}

/// <summary>The server loses what it has confirmed, or takes no writes.</summary>
internal sealed class UnfitServerException(string message) : LogUnavailableException(message);

/// <summary>The connection leads to another history than the one that the present run names.</summary>
internal sealed class HistoryChangedException(string place) : LogUnavailableException($"{place} has another history than before.");
