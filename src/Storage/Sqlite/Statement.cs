using SQLitePCL;

namespace ModularChat.Storage.Sqlite;

/// <summary>
/// A prepared statement. Parameters count from 1, columns from 0. Ids are stored as 16 big-endian bytes, so that
/// UUIDv7 sort by time; times as UTC ticks.
/// </summary>
public sealed class Statement : IDisposable
{
    private readonly SqliteDatabase _database;
    private readonly sqlite3_stmt _handle;

    internal Statement(SqliteDatabase database, sqlite3_stmt handle)
    {
        _database = database;
        _handle = handle;
    }

    /// <summary>Binds a number.</summary>
    public Statement Bind(int parameter, long value)
    {
        Check(raw.sqlite3_bind_int64(_handle, parameter, value));
        return this;
    }

    /// <summary>Binds a number or null.</summary>
    public Statement Bind(int parameter, long? value) => value is { } number ? Bind(parameter, number) : BindNull(parameter);

    /// <summary>Binds an id.</summary>
    public Statement Bind(int parameter, Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        return Bind(parameter, bytes);
    }

    /// <summary>Binds bytes; they are copied.</summary>
    public Statement Bind(int parameter, ReadOnlySpan<byte> value)
    {
        Check(raw.sqlite3_bind_blob(_handle, parameter, value));
        return this;
    }

    /// <summary>Binds a text or null.</summary>
    public Statement Bind(int parameter, string? value)
    {
        Check(value is null ? raw.sqlite3_bind_null(_handle, parameter) : raw.sqlite3_bind_text(_handle, parameter, value));
        return this;
    }

    /// <summary>Binds a time or null.</summary>
    public Statement Bind(int parameter, DateTimeOffset? value) => Bind(parameter, value?.UtcTicks);

    /// <summary>Binds null.</summary>
    public Statement BindNull(int parameter)
    {
        Check(raw.sqlite3_bind_null(_handle, parameter));
        return this;
    }

    /// <summary>Goes to the next row; false after the last, and then the statement is ready for its next use.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(_handle);
        if (code == raw.SQLITE_ROW)
        {
            return true;
        }
        var fault = code == raw.SQLITE_DONE ? null : _database.Fault(code);
        raw.sqlite3_reset(_handle);
        return fault is null ? false : throw fault;
    }

    /// <summary>Runs a statement that gives no rows.</summary>
    public void Run()
    {
        while (Step())
        {
        }
    }

    /// <summary>Ends a reading before its last row: until then it holds a snapshot.</summary>
    public void Reset() => raw.sqlite3_reset(_handle);

    /// <summary>True when the column is null.</summary>
    public bool IsNull(int column) => raw.sqlite3_column_type(_handle, column) == raw.SQLITE_NULL;

    /// <summary>A number.</summary>
    public long Number(int column) => raw.sqlite3_column_int64(_handle, column);

    /// <summary>A number or null.</summary>
    public long? NullableNumber(int column) => IsNull(column) ? null : Number(column);

    /// <summary>Bytes, valid until the next step.</summary>
    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(_handle, column);

    /// <summary>An id.</summary>
    public Guid Id(int column) => new(Blob(column), bigEndian: true);

    /// <summary>A text or null.</summary>
    public string? Text(int column) => IsNull(column) ? null : raw.sqlite3_column_text(_handle, column).utf8_to_string();

    /// <summary>A time.</summary>
    public DateTimeOffset Time(int column) => new(Number(column), TimeSpan.Zero);

    /// <summary>A time or null.</summary>
    public DateTimeOffset? NullableTime(int column) => IsNull(column) ? null : Time(column);

    /// <inheritdoc />
    public void Dispose() => _handle.Dispose();

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK)
        {
            throw _database.Fault(code);
        }
    }
}
