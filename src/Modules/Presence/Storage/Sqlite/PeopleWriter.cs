using ModularChat.Contracts.Presence;
using ModularChat.Storage;
using ModularChat.Storage.Sqlite;

namespace ModularChat.Presence.Storage.Sqlite;

/// <summary>Writes a file of people, which it makes when there is none.</summary>
internal sealed class PeopleWriter : IDisposable
{
    private readonly SqliteDatabase _database;
    private readonly Statement _write;
    private readonly Statement _seen;
    private readonly Statement _erase;

    public PeopleWriter(string path)
    {
        _database = SqliteDatabase.Open(path, SqlitePeople.BusyMilliseconds);
        try
        {
            SchemaVersion.Check(path, _database.Scalar("PRAGMA user_version"), SqlitePeople.Version);
            _database.Execute($"""
                BEGIN IMMEDIATE;
                CREATE TABLE IF NOT EXISTS presence_people (
                    user BLOB PRIMARY KEY, chosen INTEGER NOT NULL, status TEXT, status_expires INTEGER, last_seen INTEGER) WITHOUT ROWID;
                PRAGMA user_version = {SqlitePeople.Version};
                COMMIT
                """);
            _write = _database.Prepare("INSERT OR REPLACE INTO presence_people VALUES (?1, ?2, ?3, ?4, ?5)");
            _seen = _database.Prepare(
                "INSERT INTO presence_people (user, chosen, last_seen) VALUES (?1, ?2, ?3) ON CONFLICT (user) DO UPDATE SET last_seen = excluded.last_seen");
            _erase = _database.Prepare("DELETE FROM presence_people WHERE user = ?1");
        }
        catch
        {
            _database.Dispose();
            throw;
        }
    }

    public void Write(IReadOnlyCollection<KeyValuePair<Guid, Person>> people) => Together(() =>
    {
        foreach (var (userId, person) in people)
        {
            _write.Bind(1, userId).Bind(2, (long)person.Chosen).Bind(3, person.Status?.Text).Bind(4, person.Status?.ExpiresAt).Bind(5, person.LastSeen).Run();
        }
    });

    public void WriteSeen(IReadOnlyCollection<KeyValuePair<Guid, DateTimeOffset>> seen) => Together(() =>
    {
        foreach (var (userId, at) in seen)
        {
            _seen.Bind(1, userId).Bind(2, (long)PresenceState.Online).Bind(3, at).Run();
        }
    });

    public void Erase(Guid userId)
    {
        _erase.Bind(1, userId).Run();
        // Freed pages are overwritten, but the write-ahead file may still hold what they were.
        _database.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    public void Dispose() => _database.Dispose();

    private void Together(Action write)
    {
        _database.Execute("BEGIN IMMEDIATE");
        try
        {
            write();
            _database.Execute("COMMIT");
        }
        catch (SqliteErrorException)
        {
            RollBack();
            throw;
        }
    }

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
