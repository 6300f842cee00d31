using System.Globalization;
using ModularChat.Messaging.Storage.Writing;
using ModularChat.Storage;
using ModularChat.Storage.RocksDb;

namespace ModularChat.Messaging.Storage.RocksDb;

/// <summary>
/// The one opening of the database that there can be in a process. After a fault it is closed for all and opened again; while that cannot be
/// (a full disk), it is opened for reading only.
/// </summary>
internal sealed class RocksStore(string path, MessageLogOptions options, int receiptLimit) : IWriterStore, IDisposable
{
    private const int MostOpenFiles = 1024, FewestOpenFiles = 64;

    private readonly ReaderWriterLockSlim _gate = new();
    private readonly RocksSettings _settings = new(
        options.RocksDb.BlockCacheMegabytes * 1024L * 1024, options.RocksDb.WriteBufferMegabytes * 1024L * 1024,
        options.RocksDb.MaxOpenFiles > 0 ? options.RocksDb.MaxOpenFiles : Math.Clamp(FileLimit() / 4, FewestOpenFiles, MostOpenFiles));
    private RocksDatabase? _database;
    private int _shards;
    private int _isDisposed;

    public string Path => path;

    /// <summary>Opens it the first time.</summary>
    public RocksDatabase Open() => _database = RocksDatabase.Open(path, _settings, Family.Names);

    /// <summary>What the writer begins with.</summary>
    public WriterSession Begin(int shards)
    {
        _shards = shards;
        return Session(_database!);
    }

    /// <summary>Reads in one snapshot. The database is not closed meanwhile.</summary>
    public T Read<T>(Func<RocksReader, T> read)
    {
        _gate.EnterReadLock();
        try
        {
            using var reader = new RocksReader(_database ?? throw new LogUnavailableException("The log is closed, or could not be opened again."), _shards);
            return read(reader);
        }
        catch (RocksErrorException e)
        {
            throw new LogUnavailableException("The log could not be read.", e);
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    public WriterSession Reopen()
    {
        _gate.EnterWriteLock();
        try
        {
            Close();
            try
            {
                // What was in the log only comes into synced table files with this.
                _database = RocksDatabase.Open(path, _settings, Family.Names);
            }
            catch (RocksErrorException)
            {
                TryOpenForReading();
                throw;
            }
            return Session(_database);
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    /// <summary>Nothing: readers have no handles of their own.</summary>
    public void Abandon()
    {
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _gate.EnterWriteLock();
            Close();
            _gate.ExitWriteLock();
            _gate.Dispose();
        }
    }

    private WriterSession Session(RocksDatabase database)
    {
        var cache = new ConversationCache(options.CachedConversations);
        return new WriterSession(new RocksTables(database, _shards), cache, receiptLimit);
    }

    private void TryOpenForReading()
    {
        try
        {
            _database = RocksDatabase.Open(path, _settings, Family.Names, readOnly: true);
        }
        catch (RocksErrorException)
        {
            // Then nobody reads either until it can be opened again.
        }
    }

    private void Close()
    {
        _database?.Dispose();
        _database = null;
    }

    private static int FileLimit()
    {
        const string Limits = "/proc/self/limits", Row = "Max open files";
        var row = File.Exists(Limits) ? File.ReadLines(Limits).FirstOrDefault(l => l.StartsWith(Row, StringComparison.Ordinal)) : null;
        return int.TryParse(row?[Row.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], NumberStyles.Integer, CultureInfo.InvariantCulture, out var limit)
            ? limit
            : MostOpenFiles * 4;
    }
}
