using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using ModularChat.Storage;
using ModularChat.Storage.Sqlite;

namespace ModularChat.Messaging.Storage.Sqlite;

/// <summary>
/// The one writer: takes all that waits as one transaction, has it synced, tells the listener and only then the callers.
/// After a failed transaction nobody can say what is on disk, so it begins again from the file.
/// </summary>
internal sealed partial class LogWriter : IAsyncDisposable
{
    private static readonly TimeSpan MinPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(1);

    /// <summary>How long deleted content may stay in the write-ahead file.</summary>
    private static readonly TimeSpan ErasePeriod = TimeSpan.FromSeconds(10);

    private readonly string _path;
    private readonly int _shards;
    private readonly int _receiptLimit;
    private readonly MessageLogOptions _options;
    private readonly LogReaders _readers;
    private readonly Unfolded _unfolded;
    private readonly ICommitListener _listener;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Channel<Pending> _queue;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private readonly ITimer _eraseTimer;
    private volatile bool _isEraseDue;
    private WriterSession? _session;
    private long[] _positions;

    public LogWriter(string path, SqliteDatabase database, int shards, MessageLogOptions options, int receiptLimit, LogReaders readers, Unfolded unfolded, ICommitListener listener, TimeProvider time, ILogger logger)
    {
        (_path, _shards, _options, _receiptLimit, _readers, _unfolded, _listener, _time, _logger) = (path, shards, options, receiptLimit, readers, unfolded, listener, time, logger);
        _session = new WriterSession(database, shards, options, receiptLimit, unfolded);
        _positions = _session.Positions;
        _queue = Channel.CreateBounded<Pending>(new BoundedChannelOptions(options.MaxPending) { SingleReader = true });
        // The empty write wakes the loop; after a fault it is also what opens the log again when nobody writes.
        _eraseTimer = time.CreateTimer(
            _ => _isEraseDue = _queue.Writer.TryWrite(new Pending<bool>(_ => true, CancellationToken.None)), null, ErasePeriod, ErasePeriod);
        _loop = Task.Run(RunAsync, CancellationToken.None);
    }

    /// <summary>The committed positions; never changed in place.</summary>
    public long[] Positions => Volatile.Read(ref _positions);

    /// <summary>Waits until the write is on disk.</summary>
    /// <exception cref="LogUnavailableException">Too much waits already, or the outcome is unknown.</exception>
    public Task<T> WriteAsync<T>(Func<LogBatch, T> apply, CancellationToken token)
    {
        var pending = new Pending<T>(apply, token);
        if (!_queue.Writer.TryWrite(pending))
        {
            throw new LogUnavailableException("Too many writes wait for the disk, or the log is closed.");
        }
        return pending.Task.WaitAsync(token);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_queue.Writer.TryComplete())
        {
            return;
        }
        await _eraseTimer.DisposeAsync();
        await _stop.CancelAsync();
        await _loop;
        Close();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var batch = new List<Pending>();
        var pause = MinPause;
        while (await _queue.Reader.WaitToReadAsync(CancellationToken.None))
        {
            batch.Clear();
            while (batch.Count < _options.MaxBatch && _queue.Reader.TryRead(out var pending))
            {
                if (!pending.IsAbandoned)
                {
                    batch.Add(pending);
                }
            }
            if (batch.Count == 0 || TryWrite(batch))
            {
                pause = MinPause;
                EraseIfDue();
                continue;
            }
            // A full disk does not get better by asking it a thousand times a second.
            await Task.Delay(pause, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < MaxPause ? pause * 2 : MaxPause;
        }
    }

    private bool TryWrite(List<Pending> batch)
    {
        try
        {
            _session ??= Reopen();
            var commits = _session.Write(batch);
            Volatile.Write(ref _positions, _session.Positions);
            foreach (var (commit, _) in commits)
            {
                Tell(commit);
            }
        }
        catch (BrokenWriteException broken)
        {
            // A bug, and only its own caller's matter. Nothing was written: the others go again, on what the file says.
            Log.WriteBroken(_logger, broken.InnerException!);
            Abandon();
            batch.Remove(broken.Write);
            broken.Write.Fail(broken.InnerException!);
            return batch.Count == 0 || TryWrite(batch);
        }
        catch (Exception e)
        {
            Log.WriteFailed(_logger, e, batch.Count);
            Abandon();
            foreach (var pending in batch)
            {
                pending.Fail(new LogUnavailableException("The log could not be written; it is not known whether this was stored.", e));
            }
            return false;
        }
        foreach (var pending in batch)
        {
            pending.Complete();
        }
        return true;
    }

    private void EraseIfDue()
    {
        if (!_isEraseDue || _session is not { HasErased: true })
        {
            return;
        }
        _isEraseDue = false;
        try
        {
            _session.Erase();
        }
        catch (SqliteErrorException e)
        {
            Log.EraseFailed(_logger, e);
            Abandon();
        }
    }

    private void Tell(Commit commit)
    {
        try
        {
            _listener.Committed(commit);
        }
        catch (Exception e)
        {
            // It is on disk whatever a listener does; the callers must hear so.
            Log.ListenerFailed(_logger, e);
        }
    }

    private void Abandon()
    {
        try
        {
            _session?.Dispose();
            _session = null;
            _readers.Renew();
            // At once, not with the next write: readers and listeners must see what the file says now.
            _session = Reopen();
        }
        catch (Exception e)
        {
            Log.ReopenFailed(_logger, e);
        }
    }

    private void Close()
    {
        try
        {
            _session?.Finish();
        }
        catch (SqliteErrorException e)
        {
            // Nothing is lost: the next opening replays what is not folded.
            Log.FoldFailed(_logger, e);
        }
        _session?.Dispose();
    }

    private WriterSession Reopen()
    {
        var database = SqliteDatabase.Open(_path, SqliteMessageLog.BusyMilliseconds);
        try
        {
            // What the last commit left in the file may be there only in memory: sync it before anybody builds on it.
            database.Execute("PRAGMA wal_checkpoint(PASSIVE)");
            var session = new WriterSession(database, _shards, _options, _receiptLimit, _unfolded);
            if (session.Positions.Zip(_positions).Any(p => p.First < p.Second))
            {
                // Going on would give positions that were acked a second meaning. A restart begins a new run, and clients reset.
                throw new InvalidDataException("The message log has lost writes that were confirmed; it takes no more until the server is started again.");
            }
            Volatile.Write(ref _positions, session.Positions);
            _listener.Reopened([.. _positions]);
            return session;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2001, LogLevel.Error, "The message log could not write {Count} changes; it is opened again")]
        public static partial void WriteFailed(ILogger logger, Exception exception, int count);

        [LoggerMessage(2006, LogLevel.Error, "A change could not be worked out and is refused; the others of its transaction go again")]
        public static partial void WriteBroken(ILogger logger, Exception exception);

        [LoggerMessage(2002, LogLevel.Error, "The message log could not be opened again; it is tried with the next write")]
        public static partial void ReopenFailed(ILogger logger, Exception exception);

        [LoggerMessage(2005, LogLevel.Error, "The write-ahead file of the message log could not be emptied; the log is opened again")]
        public static partial void EraseFailed(ILogger logger, Exception exception);

        [LoggerMessage(2004, LogLevel.Warning, "The message log was closed without being folded; the next start takes a little longer")]
        public static partial void FoldFailed(ILogger logger, Exception exception);

        [LoggerMessage(2003, LogLevel.Error, "A listener failed on a commit of the message log")]
        public static partial void ListenerFailed(ILogger logger, Exception exception);
    }
}
