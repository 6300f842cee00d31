using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace ModularChat.Messaging.Storage.Hearing;

/// <summary>
/// Takes in what is heard of one shard. Commits are told in the order of their chain, each with the position before it; one that is missing is waited
/// for a moment, because those of several nodes overtake each other, and then the store is read instead.
/// </summary>
internal sealed partial class ShardEar : IAsyncDisposable
{
    /// <summary>More that cannot be told yet: something is lost, and the store is read at once.</summary>
    private const int MostHeld = 256;

    /// <summary>A node may keep a commit for 10 ms (<see cref="Publishing.AnnounceLoop"/>) while another's, made after it, goes at once.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(30);

    /// <summary>Each node is heard once a second: after this nobody is, and nothing is worth waiting for.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(3);

    private readonly IHearingShard _shard;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Channel<HeardCommit> _heard =
        Channel.CreateBounded<HeardCommit>(new BoundedChannelOptions(4 * MostHeld) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest });
    private readonly SortedDictionary<long, HeardCommit> _held = [];
    private readonly Lock _awaiting = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private (long Position, TaskCompletionSource Told)? _awaited;
    private long _lastHeard;
    private bool _hasHeard;

    public ShardEar(IHearingShard shard, TimeProvider time, ILogger logger)
    {
        (_shard, _time, _logger) = (shard, time, logger);
        _loop = Task.Run(RunAsync, CancellationToken.None);
    }

    /// <summary>Takes it in soon; never waits.</summary>
    public void Hear(HeardCommit heard)
    {
        Volatile.Write(ref _lastHeard, _time.GetTimestamp());
        Volatile.Write(ref _hasHeard, true);
        if (heard.Position > _shard.Told)
        {
            _heard.Writer.TryWrite(heard);
        }
    }

    /// <summary>
    /// Waits a moment until others' commits up to a position have been told: they are on their way, and cost less than reading them. Called by the
    /// shard's writer, one at a time.
    /// </summary>
    public async Task WaitAsync(long position)
    {
        if (!Volatile.Read(ref _hasHeard) || _time.GetElapsedTime(Volatile.Read(ref _lastHeard)) > Silence)
        {
            return;
        }
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_awaiting)
        {
            _awaited = (position, told);
        }
        if (_shard.Told < position)
        {
            await told.Task.WaitAsync(Patience, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (await _heard.Reader.WaitToReadAsync(_stop.Token))
            {
                await TakeInAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    /// <summary>Until nothing is held.</summary>
    private async Task TakeInAsync()
    {
        var since = _time.GetTimestamp();
        while (true)
        {
            while (_heard.Reader.TryRead(out var heard))
            {
                Hold(heard);
            }
            var before = _held.Count;
            await TellAsync();
            Release();
            if (_held.Count == 0)
            {
                return;
            }
            if (_held.Count < before)
            {
                since = _time.GetTimestamp();
            }
            var left = Patience - _time.GetElapsedTime(since);
            if (IsNextWithoutContent() || _held.Count > MostHeld || left <= TimeSpan.Zero)
            {
                await LookAsync();
                return;
            }
            await WaitAsync(left);
        }
    }

    /// <summary>Of two with the same begin the one with content, and then the longer one.</summary>
    private void Hold(HeardCommit heard)
    {
        if (heard.Position > _shard.Told
            && (!_held.TryGetValue(heard.PreviousPosition, out var there) || (heard.Commit is not null, heard.Position).CompareTo((there.Commit is not null, there.Position)) > 0))
        {
            _held[heard.PreviousPosition] = heard;
        }
    }

    private void Release()
    {
        lock (_awaiting)
        {
            if (_awaited is { } awaited && _shard.Told >= awaited.Position)
            {
                awaited.Told.TrySetResult();
                _awaited = null;
            }
        }
    }

    private async Task TellAsync()
    {
        while (_held.Count > 0)
        {
            var (previous, next) = _held.First();
            if (next.Position <= _shard.Told)
            {
                _held.Remove(previous);
            }
            else if (next.Commit is { } commit && previous == _shard.Told && await _shard.TryTellAsync(next.RunId, commit, _stop.Token))
            {
                _held.Remove(previous);
            }
            else
            {
                return;
            }
        }
    }

    /// <summary>Waiting for more does not help: what comes next has to be read.</summary>
    private bool IsNextWithoutContent() => _held.First() is var (previous, next) && previous <= _shard.Told && (next.Commit is null || previous < _shard.Told);

    private async Task LookAsync()
    {
        // Whatever is not told after this is not in the history that the store has.
        _held.Clear();
        try
        {
            await _shard.LookAsync(_stop.Token);
        }
        catch (Exception e) when (!_stop.IsCancellationRequested)
        {
            // The follower looks again in its time.
            Log.CannotLook(_logger, e.Message);
        }
    }

    private async Task WaitAsync(TimeSpan left)
    {
        try
        {
            await _heard.Reader.WaitToReadAsync(_stop.Token).AsTask().WaitAsync(left, _time, _stop.Token);
        }
        catch (TimeoutException)
        {
            // Then it is looked for.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2131, LogLevel.Debug, "What another node has announced cannot be read now: {Reason}")]
        public static partial void CannotLook(ILogger logger, string reason);
    }
}
