using ModularChat.Storage;
using ModularChat.Storage.Sqlite;

namespace ModularChat.Presence.Storage.Sqlite;

/// <summary>The file <c>presence.db</c>: a row for each user who has chosen something or gone offline once.</summary>
internal sealed class SqlitePeople(DataFolder folder) : IPeopleStore, IDisposable
{
    public const long Version = 1;
    public const int BusyMilliseconds = 5_000;
    public const string FileName = "presence.db";

    private readonly Lock _opening = new();
    private readonly Lock _reading = new();
    private readonly SemaphoreSlim _writing = new(1);
    private PeopleReader? _reader;
    private PeopleWriter? _writer;

    public bool IsShared => false;

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

    public ValueTask WriteSeenAsync(IReadOnlyCollection<KeyValuePair<Guid, DateTimeOffset>> seen, CancellationToken token) =>
        AloneAsync(() => Open().Writer.WriteSeen(seen), token);

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

    /// <summary>The file that was put back is the store.</summary>
    public ValueTask LoadAsync(string file, CancellationToken token)
    {
        File.Copy(file, folder.File(FileName), overwrite: true);
        return ValueTask.CompletedTask;
    }

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

    private (PeopleReader Reader, PeopleWriter Writer) Open()
    {
        lock (_opening)
        {
            if (_reader is null || _writer is null)
            {
                var path = folder.File(FileName);
                _writer ??= new PeopleWriter(path);
                _reader = new PeopleReader(path);
            }
            return (_reader, _writer);
        }
    }
}
