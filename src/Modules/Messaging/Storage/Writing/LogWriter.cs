using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using ModularChat.Contracts;
using ModularChat.Storage;

namespace ModularChat.Messaging.Storage.Writing;

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

    /// <summary>How often writes that wait for a frozen shard are looked at.</summary>
    private static readonly TimeSpan PatiencePeriod = TimeSpan.FromSeconds(1);

    private readonly IWriterStore _store;
    private readonly MessageLogOptions _options;
    private readonly ICommitListener _listener;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Channel<Pending> _queue;
    private readonly ParkedWrites _parked;
    private readonly int[][] _oneShard;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private readonly ITimer _eraseTimer;
    private readonly ITimer _patienceTimer;
    private volatile bool _isEraseDue;
    private int _isWoken;
    private volatile int _parkedCount;
    private readonly AnswerWatch _watch = new();
    private readonly Answers<PendingChange> _answers;
    private Task _answered = Task.CompletedTask;
    private WriterSession? _session;
    private long[] _positions;
    private ShardState[] _states;

    public LogWriter(IWriterStore store, WriterSession session, MessageLogOptions options, ICommitListener listener, TimeProvider time, ILogger logger)
    {
        (_store, _session, _options, _listener, _time, _logger) = (store, session, options, listener, time, logger);
        (_positions, _states) = (session.Positions, session.States);
        _parked = new ParkedWrites(time);
        _answers = new Answers<PendingChange>(_watch);
        _oneShard = [.. _positions.Select((_, shard) => new[] { shard })];
        _queue = Channel.CreateBounded<Pending>(new BoundedChannelOptions(options.MaxPending) { SingleReader = true });
        // The empty write wakes the loop; after a fault it is also what opens the log again when nobody writes.
        _eraseTimer = time.CreateTimer(
            _ =>
            {
                _isEraseDue = true;
                Wake();
            },
            null, ErasePeriod, ErasePeriod);
        _patienceTimer = time.CreateTimer(_ => WakeParked(), null, PatiencePeriod, PatiencePeriod);
        _loop = Task.Run(RunAsync, CancellationToken.None);
    }

    /// <summary>The committed positions; never changed in place.</summary>
    public long[] Positions => Volatile.Read(ref _positions);

    /// <summary>What the database has of each shard; never changed in place.</summary>
    public ShardState[] States => Volatile.Read(ref _states);

    public int[] ShardOf(Guid conversationId) => _oneShard[Ids.Shard(conversationId, _oneShard.Length)];

    public int[] ShardsOf(IReadOnlyList<MarkAdvance> advances)
    {
        // Most come one by one.
        if (advances.Count == 1)
        {
            foreach (var advance in advances)
            {
                return ShardOf(advance.ConversationId);
            }
        }
        return [.. advances.Select(a => Ids.Shard(a.ConversationId, _oneShard.Length)).Distinct()];
    }

    /// <summary>Waits until the write is on disk.</summary>
    /// <exception cref="ShardMovedException">A shard of it is not here; nothing was written.</exception>
    /// <exception cref="LogUnavailableException">Too much waits already, or the outcome is unknown.</exception>
    public Task<T> WriteAsync<T>(int[] shards, Func<LogBatch, T> apply, CancellationToken token)
    {
        var pending = new PendingChange<T>(shards, apply, token);
        Add(pending);
        return pending.Task.WaitAsync(token);
    }

    /// <summary>
    /// Waits for a write past all rules: everything that came before is on disk, nothing is held back in memory, nothing else is written
    /// meanwhile, and afterwards positions, states and conversations are looked up again.
    /// </summary>
    public Task<T> WriteAloneAsync<T>(Func<IWriterTables, T> apply, CancellationToken token)
    {
        var pending = new PendingAlone<T>(apply, token);
        Add(pending);
        return pending.Task.WaitAsync(token);
    }

    private void Add(Pending pending)
    {
        if (_parkedCount >= _options.MaxPending || !_queue.Writer.TryWrite(pending))
        {
            throw new LogUnavailableException("Too many writes wait for the disk, or the log is closed.");
        }
    }

    private static PendingChange<bool> Nothing() => new([], _ => true, CancellationToken.None);

    private void WakeParked()
    {
        if (_parkedCount > 0)
        {
            Wake();
        }
    }

    private void Wake()
    {
        // One at a time: a timer that catches up after the machine slept must not fill the queue and have writes refused.
        if (Interlocked.Exchange(ref _isWoken, 1) == 0 && !_queue.Writer.TryWrite(Nothing()))
        {
            Volatile.Write(ref _isWoken, 0);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_queue.Writer.TryComplete())
        {
            return;
        }
        await _eraseTimer.DisposeAsync();
        await _patienceTimer.DisposeAsync();
        await _stop.CancelAsync();
        await _loop;
        _watch.Dispose();
        Close();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var batch = new List<PendingChange>();
        var pause = MinPause;
        while (await _queue.Reader.WaitToReadAsync(CancellationToken.None))
        {
            PendingAlone? alone;
            do
            {
                alone = Take(batch);
                var isWritten = batch.Count == 0 || TryWrite(batch);
                if ((alone is null || TryWrite(alone)) && isWritten)
                {
                    pause = MinPause;
                    EraseIfDue();
                    await _answered;
                    continue;
                }
                // A full disk does not get better by asking it a thousand times a second.
                await Task.Delay(pause, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                pause = pause * 2 < MaxPause ? pause * 2 : MaxPause;
            }
            // Writes that waited for a shard come before those that wait in the queue.
            while (_parked.HasReleased);
        }
        _parked.Clear();
    }

    /// <summary>Fills the batch with what waits and may be written; ends at a write that goes alone.</summary>
    private PendingAlone? Take(List<PendingChange> batch)
    {
        batch.Clear();
        Volatile.Write(ref _isWoken, 0);
        _parked.Expire(_states);
        PendingAlone? alone = null;
        while (alone is null && batch.Count < _options.MaxBatch && (_parked.TryTake(out var pending) || _queue.Reader.TryRead(out pending)))
        {
            if (pending.IsAbandoned)
            {
                continue;
            }
            if (pending is PendingAlone found)
            {
                alone = found;
            }
            else if (Moved(pending) is { } moved)
            {
                pending.Fail(new ShardMovedException(moved));
            }
            else if (!_parked.TryPark(pending, _states))
            {
                batch.Add((PendingChange)pending);
            }
        }
        _parkedCount = _parked.Count;
        return alone;
    }

    private int? Moved(Pending pending)
    {
        foreach (var shard in pending.Shards)
        {
            if (_states[shard] is ShardState.Gone or ShardState.Receiving)
            {
                return shard;
            }
        }
        return null;
    }

    private bool TryWrite(PendingAlone write)
    {
        try
        {
            _session ??= Reopen();
            _session.Write(write);
            Volatile.Write(ref _positions, _session.Positions);
            Volatile.Write(ref _states, _session.States);
        }
        catch (Exception e)
        {
            Log.WriteFailed(_logger, e, 1);
            Abandon();
            write.Fail(e is StoreFaultException ? new LogUnavailableException("The log could not be written; it is not known whether this was stored.", e) : e);
            return false;
        }
        _parked.Release(_states);
        write.Complete();
        return true;
    }

    private bool TryWrite(List<PendingChange> batch)
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
            batch.Remove((PendingChange)broken.Write);
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
        _answered = _answers.GiveAsync(batch, static pending => pending.Complete());
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
        catch (StoreFaultException e)
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
            _store.Abandon();
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
        catch (StoreFaultException e)
        {
            // Nothing is lost: the next opening replays what is not folded.
            Log.FoldFailed(_logger, e);
        }
        _session?.Dispose();
    }

    private WriterSession Reopen()
    {
        var session = _store.Reopen();
        try
        {
            var (positions, states) = (session.Positions, session.States);
            if (positions.Where((p, shard) => p < _positions[shard] && states[shard] is (ShardState.Held or ShardState.Frozen)).Any())
            {
                // Going on would give positions that were acked a second meaning. A restart begins a new run, and clients reset.
                throw new InvalidDataException("The message log has lost writes that were confirmed; it takes no more until the server is started again.");
            }
            Volatile.Write(ref _positions, positions);
            Volatile.Write(ref _states, states);
            _listener.Reopened([.. _positions]);
            return session;
        }
        catch
        {
            session.Dispose();
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
