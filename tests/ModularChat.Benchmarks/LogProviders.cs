using System.Diagnostics;
using Microsoft.Data.Sqlite;
using ModularChat.Contracts;
using ModularChat.Storage.Sqlite;

namespace ModularChat.Benchmarks;

/// <summary>The same prepared insert and the same lookup through Microsoft.Data.Sqlite and through <see cref="Statement"/>: <c>-- log-provider</c>.</summary>
internal static class LogProviders
{
    private const int Rows = 300_000;
    private const string Table = "CREATE TABLE entry (place INTEGER PRIMARY KEY, conversation INTEGER, seq INTEGER, sender BLOB, id BLOB, at INTEGER, body BLOB)";
    private static readonly byte[] Body = new byte[200];

    public static int Run()
    {
        var folder = Directory.CreateTempSubdirectory("modularchat-provider-");
        try
        {
            foreach (var _ in new[] { 1, 2 })
            {
                Statements(Path.Combine(folder.FullName, $"{Ids.New()}.db"));
                Provider(Path.Combine(folder.FullName, $"{Ids.New()}.db"));
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
        return 0;
    }

    private static void Statements(string path)
    {
        using var database = SqliteDatabase.Open(path, 1000);
        database.Execute(Table);
        var insert = database.Prepare("INSERT INTO entry VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
        var select = database.Prepare("SELECT conversation, seq, sender, id, at, body FROM entry WHERE place = ?1");
        var id = Ids.New();
        database.Execute("BEGIN");
        Time("statements, insert", i => insert.Bind(1, i).Bind(2, i).Bind(3, i).Bind(4, id).Bind(5, id).Bind(6, i).Bind(7, Body).Run());
        Time("statements, lookup", i =>
        {
            select.Bind(1, i).Step();
            _ = (select.Number(0), select.Number(1), select.Id(2), select.Id(3), select.Number(4), select.Blob(5).ToArray());
            select.Reset();
        });
        database.Execute("COMMIT");
    }

    private static void Provider(string path)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        Command("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; " + Table).ExecuteNonQuery();
        var insert = Command("INSERT INTO entry VALUES ($1, $2, $3, $4, $5, $6, $7)");
        var parameters = Enumerable.Range(1, 7).Select(i => insert.Parameters.Add($"${i}", i is 4 or 5 or 7 ? SqliteType.Blob : SqliteType.Integer)).ToArray();
        var select = Command("SELECT conversation, seq, sender, id, at, body FROM entry WHERE place = $1");
        var place = select.Parameters.Add("$1", SqliteType.Integer);
        using var transaction = connection.BeginTransaction();
        (insert.Transaction, select.Transaction) = (transaction, transaction);
        insert.Prepare();
        select.Prepare();
        var id = Ids.New();
        Time("Microsoft.Data.Sqlite, insert", i =>
        {
            (parameters[0].Value, parameters[1].Value, parameters[2].Value, parameters[5].Value) = (i, i, i, i);
            (parameters[3].Value, parameters[4].Value, parameters[6].Value) = (id.ToByteArray(bigEndian: true), id.ToByteArray(bigEndian: true), Body);
            insert.ExecuteNonQuery();
        });
        Time("Microsoft.Data.Sqlite, lookup", i =>
        {
            place.Value = i;
            using var reader = select.ExecuteReader();
            reader.Read();
            _ = (reader.GetInt64(0), reader.GetInt64(1), new Guid(reader.GetFieldValue<byte[]>(2), bigEndian: true), new Guid(reader.GetFieldValue<byte[]>(3), bigEndian: true), reader.GetInt64(4), reader.GetFieldValue<byte[]>(5));
        });
        transaction.Commit();

        SqliteCommand Command(string sql)
        {
            var command = connection.CreateCommand();
            command.CommandText = sql;
            return command;
        }
    }

    private static void Time(string name, Action<long> action)
    {
        using var process = Process.GetCurrentProcess();
        var cpu = process.TotalProcessorTime;
        var bytes = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 1L; i <= Rows; i++)
        {
            action(i);
        }
        process.Refresh();
        Console.WriteLine($"{name,-32}{(process.TotalProcessorTime - cpu).TotalMicroseconds / Rows,8:N2} us CPU{(GC.GetAllocatedBytesForCurrentThread() - bytes) / Rows,8:N0} bytes");
    }
}
