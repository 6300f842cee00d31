using SQLitePCL;

namespace ModularChat.Storage.Sqlite;

/// <summary>
/// One connection to one SQLite file, for stores that write so much that the layers of a database provider show
/// (docs/decisions/0003-message-log-layout.md). Not safe for two threads at once.
/// </summary>
public sealed class SqliteDatabase : IDisposable
{
    private readonly sqlite3 _handle;
    private readonly List<Statement> _statements = [];

    static SqliteDatabase() => Batteries_V2.Init();

    private SqliteDatabase(sqlite3 handle) => _handle = handle;

    /// <summary>Opens the file, made when missing, in WAL mode with every commit synced and freed content overwritten.</summary>
    /// <param name="path">The file.</param>
    /// <param name="busyMilliseconds">How long to wait for another connection's lock.</param>
    /// <exception cref="SqliteErrorException">It cannot be opened.</exception>
    public static SqliteDatabase Open(string path, int busyMilliseconds)
    {
        var code = raw.sqlite3_open_v2(path, out var handle, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE | raw.SQLITE_OPEN_NOMUTEX, null);
        var database = new SqliteDatabase(handle);
        try
        {
            database.Check(code);
            database.Check(raw.sqlite3_extended_result_codes(handle, 1));
            database.Check(raw.sqlite3_busy_timeout(handle, busyMilliseconds));
            database.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY");
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Runs statements that give no rows, or whose rows do not matter.</summary>
    public void Execute(string sql)
    {
        var code = raw.sqlite3_exec(_handle, sql);
        if (code != raw.SQLITE_OK)
        {
            throw Fault(code);
        }
    }

    /// <summary>Prepares one statement for use again and again.</summary>
    public Statement Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v3(_handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var statement));
        var made = new Statement(this, statement);
        _statements.Add(made);
        return made;
    }

    /// <summary>The first column of the first row as a number; 0 when there is none.</summary>
    public long Scalar(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() ? statement.Number(0) : 0;
    }

    /// <summary>Rows that the last statement changed.</summary>
    public int Changes => raw.sqlite3_changes(_handle);

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var statement in _statements)
        {
            statement.Dispose();
        }
        _handle.Dispose();
    }

    internal SqliteErrorException Fault(int code)
    {
        var extended = raw.sqlite3_extended_errcode(_handle);
        return new SqliteErrorException(extended == raw.SQLITE_OK ? code : extended, raw.sqlite3_errmsg(_handle).utf8_to_string());
    }

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK)
        {
            throw Fault(code);
        }
    }
}
