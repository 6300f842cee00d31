using System.Net;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using ModularChat.Messaging.Storage.Hearing;
using ModularChat.Messaging.Storage.Writing;
using ModularChat.Storage;
using ModularChat.Storage.Redis;

namespace ModularChat.Messaging.Storage.Redis;

/// <summary>
/// Writes one shard for this process: takes all that waits as one script, has it confirmed, tells the listener and only then the callers. What other
/// nodes wrote in between is read and told first.
/// </summary>
internal sealed partial class RedisShardWriter : IHearingShard, IAsyncDisposable
{
    private const int MaxBatchBytes = 8 << 20;
    private const int Attempts = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FrozenPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MinPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(1);

    private static readonly RespValue[] Nothing = [];

    private readonly int _shard;
    private readonly string _key;
    private readonly RedisCluster _cluster;
    private readonly RedisRuns _runs;
    private readonly RedisOthers _others;
    private readonly MessageLogOptions _options;
    private readonly int _receiptLimit;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Answers<(RedisWrite Write, RespValue[] Result)> _answers;
    private readonly Channel<RedisWrite> _queue;
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private DnsEndPoint? _moved;
    private RedisLink? _link;
    private volatile bool _isUp = true;

    public RedisShardWriter(int shard, RedisCluster cluster, RedisRuns runs, RedisOthers others, MessageLogOptions options, int receiptLimit, AnswerWatch watch, TimeProvider time, ILogger logger)
    {
        (_shard, _key, _cluster, _runs, _others) = (shard, cluster.Keys.Shard(shard), cluster, runs, others);
        (_options, _receiptLimit, _time, _logger) = (options, receiptLimit, time, logger);
        _answers = new Answers<(RedisWrite, RespValue[])>(watch);
        _queue = Channel.CreateBounded<RedisWrite>(new BoundedChannelOptions(options.MaxPending) { SingleReader = true });
        _loop = Task.Run(RunAsync, CancellationToken.None);
    }

    /// <summary>False since the last attempt to write, or to look at what others wrote, failed.</summary>
    public bool IsUp => _isUp;

    /// <summary>Where others' commits are heard of.</summary>
    public ShardEar? Ear { get; set; }

    public long Told => _runs.Told(_shard);

    public ValueTask<bool> TryTellAsync(Guid runId, Commit commit, CancellationToken token) => new(_runs.TryTell(commit, runId));

    public Task LookAsync(CancellationToken token) => WriteAsync(RedisWrite.Look()).WaitAsync(token);

    /// <summary>Takes its place among the writes of this shard at once.</summary>
    /// <exception cref="LogUnavailableException">Too much waits already.</exception>
    public Task<RespValue[]> WriteAsync(RedisWrite write) =>
        _queue.Writer.TryWrite(write) ? write.Done : throw new LogUnavailableException("Too many writes wait for Redis, or the log is closed.");

    /// <summary>Looks at what others wrote, unless writes wait, with which that is seen anyway.</summary>
    public void Look()
    {
        if (_queue.Reader.Count == 0)
        {
            _queue.Writer.TryWrite(RedisWrite.Look());
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_queue.Writer.TryComplete())
        {
            return;
        }
        // What waits is still written, as long as the server answers.
        await _closing.CancelAsync();
        _stop.CancelAfter(Patience);
        await _loop;
        await DropAsync();
        _closing.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var batch = new List<RedisWrite>();
        var pause = MinPause;
        while (await _queue.Reader.WaitToReadAsync(CancellationToken.None))
        {
            batch.Clear();
            var size = 0;
            while (batch.Count < _options.MaxBatch && size < MaxBatchBytes && _queue.Reader.TryRead(out var write))
            {
                if (!write.IsAbandoned)
                {
                    batch.Add(write);
                    size += write.Size;
                }
            }
            if (batch.Count == 0 || await TryWriteAsync(batch))
            {
                pause = MinPause;
                continue;
            }
            // A server that is away does not come back by being asked a thousand times a second.
            await Task.Delay(pause, _time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < MaxPause ? pause * 2 : MaxPause;
        }
    }

    private async Task<bool> TryWriteAsync(List<RedisWrite> batch)
    {
        try
        {
            await WriteAsync([.. batch.Where(w => !w.IsLook)]);
            _isUp = true;
            await _answers.GiveAsync([.. batch.Where(w => w.IsLook).Select(look => (look, Nothing))], Complete);
            return true;
        }
        catch (Exception e)
        {
            _isUp = e is ShardMovedException;
            Fail(batch, e);
            if (e is RedisErrorException { Code: "MOVED" } moved)
            {
                _moved = Target(moved.Message);
            }
            if (e is not LogUnavailableException)
            {
                await DropAsync();
            }
            return e is ShardMovedException;
        }
    }

    private void Fail(List<RedisWrite> batch, Exception e)
    {
        if (batch.Exists(w => !w.IsLook) && e is not ShardMovedException && !_closing.IsCancellationRequested)
        {
            Log.WriteFailed(_logger, e, batch.Count, _shard);
        }
        var reason = e is ShardMovedException ? e : new LogUnavailableException("The log could not be written; it is not known whether this was stored.", e);
        foreach (var write in batch)
        {
            write.Fail(reason);
        }
    }

    private async Task WriteAsync(List<RedisWrite> writes)
    {
        var begun = _time.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            var link = await ConnectAsync();
            var epoch = _runs.Epoch(_shard);
            if (writes.Count == 0)
            {
                await _others.CatchUpAsync(link, _shard, epoch, _stop.Token);
                return;
            }
            if (attempt == 1 && await TryKnownAsync(link, writes, epoch))
            {
                return;
            }
            var answer = (await link.RunAsync(RedisScript.Write, Command(link, writes), _stop.Token)).Items;
            switch (answer[0].Text)
            {
                case "ok":
                    await TellAsync(link, answer, writes, epoch);
                    return;
                case "run" when attempt < Attempts:
                    // Another node has seen before us that the server's history changed.
                    await DropAsync();
                    break;
                case "state" when answer[1].Number == (long)ShardState.Frozen && _time.GetElapsedTime(begun) < Patience:
                    attempt = 0;
                    await Task.Delay(FrozenPause, _time, _stop.Token);
                    break;
                case "state" when answer[1].Number != (long)ShardState.Frozen:
                    throw new ShardMovedException(_shard);
                default:
                    throw new LogUnavailableException("The shard of the message log does not take writes now.");
            }
        }
    }

    /// <summary>False when not all that these writes touch is known, or some of it is not so any more: nothing was written then.</summary>
    private async Task<bool> TryKnownAsync(RedisLink link, List<RedisWrite> writes, int epoch)
    {
        if (RedisKnown.Plan(_shard, writes, _runs) is not { } known)
        {
            return false;
        }
        var answer = (await link.RunAsync(RedisScript.Known, known.Command(_key, link.History), _stop.Token)).Items;
        var isStored = answer[0].Text == "ok";
        _runs.Known.Note(_shard, isStored);
        if (!isStored)
        {
            return false;
        }
        var commit = known.ToCommit(_shard);
        _runs.Wrote(commit);
        if (!_runs.TryTell(commit, epoch))
        {
            await _others.CatchUpAsync(link, _shard, epoch, _stop.Token);
        }
        _isUp = true;
        await _answers.GiveAsync(known.Results(), Complete);
        return true;
    }

    private static void Complete((RedisWrite Write, RespValue[] Result) answered) => answered.Write.Complete(answered.Result);

    private RespCommand Command(RedisLink link, List<RedisWrite> writes)
    {
        var command = RedisScript.Write.On(_key).Add(link.History).Add(_receiptLimit).Add(link.Waits ? 1 : 0);
        foreach (var write in writes)
        {
            write.AddTo(command);
        }
        return command;
    }

    private async Task TellAsync(RedisLink link, RespValue[] answer, List<RedisWrite> writes, int epoch)
    {
        var (previous, position, results) = (answer[1].Number, answer[2].Number, answer[3].Items);
        var commit = RedisCommits.Own(_shard, previous, position, results, writes, answer[4].Items);
        if (position > previous)
        {
            _runs.Wrote(commit);
        }
        if (previous > Told && Ear is { } ear)
        {
            await ear.WaitAsync(previous);
        }
        if (!_runs.TryTell(commit, epoch))
        {
            await _others.CatchUpAsync(link, _shard, epoch, _stop.Token);
        }
        _isUp = true;
        await _answers.GiveAsync([.. writes.Zip(results.Select(r => r.Items))], Complete);
    }

    private async Task<RedisLink> ConnectAsync()
    {
        if (_link is { IsOpen: true })
        {
            return _link;
        }
        await DropAsync();
        RedisLink? link = null;
        try
        {
            link = await _cluster.LinkAsync(_key, _moved, _stop.Token);
            await _runs.AlignAsync(link, _shard, _stop.Token);
            return _link = link;
        }
        catch
        {
            if (link is not null)
            {
                await link.DisposeAsync();
            }
            _moved = null;
            await _cluster.Servers.LookAsync(_stop.Token);
            throw;
        }
    }

    private async Task DropAsync()
    {
        if (_link is { } link)
        {
            _link = null;
            await link.DisposeAsync();
        }
    }

    // "MOVED 3999 127.0.0.1:6381"
    private static DnsEndPoint? Target(string moved) =>
        moved.Split(' ') is [_, _, var address] && RedisSettings.TryServer(address, out var server) ? server : null;

    private static partial class Log
    {
        [LoggerMessage(2023, LogLevel.Error, "The message log could not write {Count} changes of shard {Shard} to Redis")]
        public static partial void WriteFailed(ILogger logger, Exception exception, int count, int shard);
    }
}
