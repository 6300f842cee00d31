using ModularChat.Contracts.Presence;
using ModularChat.Storage;
using ModularChat.Storage.Sqlite;

namespace ModularChat.Presence.Storage.Sqlite;

/// <summary>The file <c>presence.db</c>: a row for each user who has chosen something or gone offline once.</summary>
internal sealed class SqlitePeople(DataFolder folder) : IPeopleStore, IDisposable
{
    private const long Version = 1;
    private const int BusyMilliseconds = 5_000;
    private const string FileName = "presence.db";

    private readonly Lock _opening = new();
    private readonly Lock _reading = new();
    private readonly SemaphoreSlim _writing = new(1);
    private Reader? _reader;
    private Writer? _writer;

    public ValueTask<Person[]> ReadAsync(IReadOnlyList<Guid> userIds, CancellationToken token)
    {
        try
        {
            var (reader, _) = Open();
            // Rows found by their key, out of memory mostly: shorter than handing it to another thread.
            lock (_reading)
            {
                var found = new Person[userIds.Count];
                for (var i = 0; i < found.Length; i++)
                {
                    found[i] = reader.Read(userIds[i]);
                }
                return ValueTask.FromResult(found);
            }
        }
        catch (SqliteErrorException e)
        {
            throw new PeopleUnavailableException(e);
        }
    }

    public ValueTask WriteAsync(IReadOnlyCollection<KeyValuePair<Guid, Person>> people, CancellationToken token) =>
        AloneAsync(() => Open().Writer.Write(people), token);

    public ValueTask EraseAsync(Guid userId, CancellationToken token) => AloneAsync(() => Open().Writer.Erase(userId), token);

    public ValueTask SaveAsync(string file, CancellationToken token) =>
        AloneAsync(
            () =>
            {
                Open();
                using var database = SqliteDatabase.Open(folder.File(FileName), BusyMilliseconds);
                database.Execute($"VACUUM INTO '{file.Replace("'", "''", StringComparison.Ordinal)}'");
            },
            token);

    public void Dispose()
    {
        _reader?.Dispose();
        _writer?.Dispose();
        _writing.Dispose();
    }

    private async ValueTask AloneAsync(Action work, CancellationToken token)
    {
        await _writing.WaitAsync(token);
        try
        {
            // Waits for the disk.
            await Task.Run(work, CancellationToken.None);
        }
        catch (SqliteErrorException e)
        {
            throw new PeopleUnavailableException(e);
        }
        finally
        {
            _writing.Release();
        }
    }

    private (Reader Reader, Writer Writer) Open()
    {
        lock (_opening)
        {
            if (_reader is null || _writer is null)
            {
                var path = folder.File(FileName);
                _writer ??= new Writer(path);
                _reader = new Reader(path);
            }
            return (_reader, _writer);
        }
    }

    private sealed class Reader : IDisposable
    {
        private readonly SqliteDatabase _database;
        private readonly Statement _select;

        public Reader(string path)
        {
            _database = SqliteDatabase.Open(path, BusyMilliseconds);
            _select = _database.Prepare("SELECT chosen, status, status_expires, last_seen FROM presence_people WHERE user = ?1");
        }

        public Person Read(Guid userId)
        {
            if (!_select.Bind(1, userId).Step())
            {
                return Person.Unknown;
            }
            var person = new Person(
                (PresenceState)_select.Number(0),
                _select.Text(1) is { } text ? new PresenceStatus(text, _select.NullableTime(2)) : null,
                _select.NullableTime(3));
            _select.Reset();
            return person;
        }

        public void Dispose() => _database.Dispose();
    }

    private sealed class Writer : IDisposable
    {
        private readonly SqliteDatabase _database;
        private readonly Statement _write;
        private readonly Statement _erase;

        public Writer(string path)
        {
            _database = SqliteDatabase.Open(path, BusyMilliseconds);
            try
            {
                SchemaVersion.Check(path, _database.Scalar("PRAGMA user_version"), Version);
                _database.Execute($"""
                    BEGIN IMMEDIATE;
                    CREATE TABLE IF NOT EXISTS presence_people (
                        user BLOB PRIMARY KEY, chosen INTEGER NOT NULL, status TEXT, status_expires INTEGER, last_seen INTEGER) WITHOUT ROWID;
                    PRAGMA user_version = {Version};
                    COMMIT
                    """);
                _write = _database.Prepare("INSERT OR REPLACE INTO presence_people VALUES (?1, ?2, ?3, ?4, ?5)");
                _erase = _database.Prepare("DELETE FROM presence_people WHERE user = ?1");
            }
            catch
            {
                _database.Dispose();
                throw;
            }
        }

        public void Write(IReadOnlyCollection<KeyValuePair<Guid, Person>> people)
        {
            _database.Execute("BEGIN IMMEDIATE");
            try
            {
                foreach (var (userId, person) in people)
                {
                    _write.Bind(1, userId).Bind(2, (long)person.Chosen).Bind(3, person.Status?.Text).Bind(4, person.Status?.ExpiresAt).Bind(5, person.LastSeen).Run();
                }
                _database.Execute("COMMIT");
            }
            catch (SqliteErrorException)
            {
                RollBack();
                throw;
            }
        }

        public void Erase(Guid userId)
        {
            _erase.Bind(1, userId).Run();
            // Freed pages are overwritten, but the write-ahead file may still hold what they were.
            _database.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }

        public void Dispose() => _database.Dispose();

        private void RollBack()
        {
            try
            {
                _database.Execute("ROLLBACK");
            }
            catch (SqliteErrorException)
            {
                // The engine has rolled back by itself.
            }
        }
    }
}
