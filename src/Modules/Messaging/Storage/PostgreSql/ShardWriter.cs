using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using ModularChat.Messaging.Storage.Writing;
using ModularChat.Storage.PostgreSql;
using Npgsql;

namespace ModularChat.Messaging.Storage.PostgreSql;

/// <summary>
/// The writer of one shard in this process: all that waits goes as one call, in its order, and the next call begins when the listener knows what the
/// last one did. Other nodes have their own; the database orders them by the lock on the shard's row.
/// </summary>
internal sealed partial class ShardWriter : IAsyncDisposable
{
    private static readonly TimeSpan MinPause = TimeSpan.FromMilliseconds(50), MaxPause = TimeSpan.FromSeconds(1), Patience = TimeSpan.FromSeconds(10);

    private readonly int _shard;
    private readonly int _receiptLimit;
    private readonly int _maxBatch;
    private readonly LogServer _server;
    private readonly LogHistory _history;
    private readonly Published _published;
    private readonly ShardFeed _feed;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Answers<Write> _answers;
    private readonly Channel<Write> _queue = Channel.CreateUnbounded<Write>();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    public ShardWriter(
        int shard, int receiptLimit, int maxBatch, LogServer server, LogHistory history, Published published, ShardFeed feed, AnswerWatch watch, TimeProvider time, ILogger logger)
    {
        (_shard, _receiptLimit, _maxBatch, _server, _history, _published, _feed, _time, _logger) =
            (shard, receiptLimit, maxBatch, server, history, published, feed, time, logger);
        _answers = new Answers<Write>(watch);
        _loop = Task.Run(RunAsync, CancellationToken.None);
    }

    /// <summary>Takes its place among the writes of this shard.</summary>
    public void Add(Write write)
    {
        if (!_queue.Writer.TryWrite(write))
        {
            write.Fail(new LogUnavailableException("The log is closed."));
        }
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var batch = new List<Write>();
        var pause = MinPause;
        while (await _queue.Reader.WaitToReadAsync(CancellationToken.None))
        {
            batch.Clear();
            for (var size = 0; size < _maxBatch && _queue.Reader.TryPeek(out var write) && (batch.Count == 0 || (write is not LoneWrite && batch[0] is not LoneWrite));)
            {
                _queue.Reader.TryRead(out _);
                if (write.IsAbandoned)
                {
                    write.Fail(new OperationCanceledException("The caller has gone."));
                    continue;
                }
                batch.Add(write);
                size += write.Size;
            }
            if (batch.Count == 0 || await TryWriteAsync(batch))
            {
                pause = MinPause;
                continue;
            }
            await PauseAsync(pause);
            pause = pause * 2 < MaxPause ? pause * 2 : MaxPause;
        }
    }

    /// <summary>False when the server is away.</summary>
    private async Task<bool> TryWriteAsync(List<Write> batch)
    {
        try
        {
            if (batch is [LoneWrite lone])
            {
                await WhenHeldAsync(async () => (await lone.RunAsync(), true));
                await _feed.LookAsync(CancellationToken.None);
                lone.Complete();
                return true;
            }
            var answer = await SendAsync(batch);
            await _answers.GiveAsync(batch, write => write.Complete(answer));
            return true;
        }
        catch (ShardMovedException moved)
        {
            Fail(batch, moved);
            return true;
        }
        catch (PostgresException broken) when (!PostgreSqlErrors.IsAway(broken))
        {
            // A bug, and nothing was written. Alone, each shows whether it is its own matter.
            Log.CallBroken(_logger, broken, _shard);
            if (batch.Count == 1)
            {
                batch[0].Fail(broken);
                return true;
            }
            foreach (var write in batch)
            {
                await TryWriteAsync([write]);
            }
            return true;
        }
        catch (Exception e)
        {
            Log.WriteFailed(_logger, _server.Unavailable(e).Message, _shard, batch.Count);
            Fail(batch, new LogUnavailableException("The log could not be written; it is not known whether this was stored.", e));
            return false;
        }
    }

    private async Task<AppendAnswer> SendAsync(List<Write> batch)
    {
        var planned = KnownCall.Plan(_shard, batch, _published);
        var call = planned is null ? ToCall(batch) : null;
        while (true)
        {
            var known = _published[_shard];
            var answer = await WhenHeldAsync(async () =>
            {
                await using var connection = await _server.OpenAsync(CancellationToken.None);
                if (planned is not null && await planned.TrySendAsync(connection, known, CancellationToken.None) is { } stored)
                {
                    return (stored.State, stored);
                }
                planned = null;
                call ??= ToCall(batch);
                var made = await call.SendAsync(connection, known, CancellationToken.None);
                return (made.State, made);
            });
            if (answer.Previous >= known)
            {
                await _feed.PublishAsync(answer, CancellationToken.None);
                return answer;
            }
            await _history.RenewAsync(isLost: true, CancellationToken.None);
        }
    }

    private AppendCall ToCall(List<Write> batch)
    {
        var call = new AppendCall(_shard, _receiptLimit);
        foreach (var write in batch)
        {
            write.AddTo(call);
        }
        return call;
    }

    /// <summary>Makes a call that does nothing unless the shard is held; a frozen shard is waited for, and whoever is behind waits too.</summary>
    private async Task<T> WhenHeldAsync<T>(Func<Task<(ShardState State, T Result)>> call)
    {
        var began = _time.GetTimestamp();
        while (true)
        {
            var (state, result) = await call();
            if (state == ShardState.Held)
            {
                return result;
            }
            if (state is ShardState.Gone or ShardState.Receiving)
            {
                throw new ShardMovedException(_shard);
            }
            if (_time.GetElapsedTime(began) > Patience || _stop.IsCancellationRequested)
            {
                throw new LogUnavailableException($"Shard {_shard} of the message log is about to be moved or saved.");
            }
            await PauseAsync(MinPause);
        }
    }

    private static void Fail(List<Write> batch, Exception reason)
    {
        foreach (var write in batch)
        {
            write.Fail(reason);
        }
    }

    private async Task PauseAsync(TimeSpan pause) =>
        await Task.Delay(pause, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private static partial class Log
    {
        [LoggerMessage(2102, LogLevel.Error, "Shard {Shard} could not be written with {Count} changes, and is tried again with the next: {Reason}")]
        public static partial void WriteFailed(ILogger logger, string reason, int shard, int count);

        [LoggerMessage(2103, LogLevel.Error, "The database refused a call for shard {Shard}; its changes are tried one by one")]
        public static partial void CallBroken(ILogger logger, Exception exception, int shard);
    }
}
