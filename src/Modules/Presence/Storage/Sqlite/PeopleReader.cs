using ModularChat.Contracts.Presence;
using ModularChat.Storage.Sqlite;

namespace ModularChat.Presence.Storage.Sqlite;

/// <summary>Reads a file of people.</summary>
internal sealed class PeopleReader : IDisposable
{
    private readonly SqliteDatabase _database;
    private readonly Statement _select;
    private readonly Statement _all;

    public PeopleReader(string path)
    {
        _database = SqliteDatabase.Open(path, SqlitePeople.BusyMilliseconds);
        _select = _database.Prepare("SELECT chosen, status, status_expires, last_seen FROM presence_people WHERE user = ?1");
        _all = _database.Prepare("SELECT chosen, status, status_expires, last_seen, user FROM presence_people");
    }

    public Person Read(Guid userId)
    {
        if (!_select.Bind(1, userId).Step())
        {
            return Person.Unknown;
        }
        var person = Row(_select);
        _select.Reset();
        return person;
    }

    /// <summary>Everybody of whom something is kept.</summary>
    public IEnumerable<KeyValuePair<Guid, Person>> ReadAll()
    {
        while (_all.Step())
        {
            yield return new(_all.Id(4), Row(_all));
        }
        _all.Reset();
    }

    public void Dispose() => _database.Dispose();

    private static Person Row(Statement row) => new(
        (PresenceState)row.Number(0),
        row.Text(1) is { } text ? new PresenceStatus(text, row.NullableTime(2)) : null,
        row.NullableTime(3));
}
