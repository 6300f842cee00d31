namespace ModularChat.Storage.Sqlite;

/// <summary>SQLite answered with an error. Stores turn it into what their own interface promises.</summary>
public sealed class SqliteErrorException(int code, string message) : StoreFaultException($"SQLite error {code}: {message}")
{
    /// <summary>The extended result code (sqlite.org/rescode.html).</summary>
    public int Code { get; } = code;
}
