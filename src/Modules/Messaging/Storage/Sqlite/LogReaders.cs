using System.Collections.Concurrent;
using ModularChat.Storage.Sqlite;

namespace ModularChat.Messaging.Storage.Sqlite;

/// <summary>A few connections that read side by side with the writer, each on a snapshot of its own.</summary>
internal sealed class LogReaders(string path, int shards, int count, Unfolded unfolded) : IDisposable
{
    private readonly SemaphoreSlim _free = new(count, count);
    private readonly ConcurrentBag<LogReader> _idle = [];
    private int _generation;

    /// <summary>Reads on a connection of its own; each method of the reader is one snapshot.</summary>
    public async ValueTask<T> ReadAsync<T>(Func<LogReader, T> read, CancellationToken token)
    {
        await _free.WaitAsync(token);
        LogReader? reader = null;
        try
        {
            if (!_idle.TryTake(out reader))
            {
                reader = new LogReader(SqliteDatabase.Open(path, SqliteMessageLog.BusyMilliseconds), shards, unfolded, Volatile.Read(ref _generation));
            }
            var result = read(reader);
            Return(reader);
            return result;
        }
        catch (SqliteErrorException e)
        {
            reader?.Dispose();
            throw new LogUnavailableException("The log could not be read.", e);
        }
        catch
        {
            reader?.Dispose();
            throw;
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>Closes all connections; those in use when they come back.</summary>
    public void Renew()
    {
        Interlocked.Increment(ref _generation);
        while (_idle.TryTake(out var reader))
        {
            reader.Dispose();
        }
    }

    public void Dispose()
    {
        Renew();
        _free.Dispose();
    }

    private void Return(LogReader reader)
    {
        _idle.Add(reader);
        if (reader.Generation != Volatile.Read(ref _generation) && _idle.TryTake(out var old))
        {
            old.Dispose();
        }
    }
}
