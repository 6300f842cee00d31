using System.Diagnostics.CodeAnalysis;
using System.Net.WebSockets;
using ModularChat.Contracts;
using ModularChat.Contracts.Presence;
using ModularChat.Host.Gateway.Outbound;

namespace ModularChat.Host.Gateway;

/// <summary>
/// One live connection, of whatever transport: what waits, what is held back while it opens, and which cursor it may be
/// told. How a frame goes out is the writer's business; what comes in is the edge's. Frames from other threads wait in a bounded queue; a thread-pool item writes them and is there only
/// while something waits, so that an idle connection holds no task and no buffer.
/// </summary>
internal sealed class Connection(Guid id, IFrameWriter writer, GatewayOptions options) : IThreadPoolWorkItem, IDisposable
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _closed = new();
    private Queue<Frame> _queue = new(4);
    private List<HeldFrame>? _held = [];
    private long[]? _syncedTo;
    private long _queuedBytes;
    private bool _writing;
    private CloseReason? _close;
    private TaskCompletionSource? _drained;
    private int _dirty;
    private int _active;

    private readonly record struct HeldFrame(int Shard, long Position, Frame Frame);

    public Guid Id { get; } = id;

    /// <summary>websocket, events or signalr.</summary>
    public string Transport => writer.Transport;

    /// <summary>On whose behalf; set once by the opening.</summary>
    public Caller? Caller { get; set; }

    /// <summary>The credential, to be checked again as long as the connection lasts.</summary>
    public string Token { get; set; } = "";

    /// <summary>Timestamp of the last look at the credential; 0: none since hello.</summary>
    public long LastChecked { get; set; }

    /// <summary>Timestamp of the last whole frame from the client.</summary>
    public long LastSeen { get; set; }

    /// <summary>What its client watches; said again to a presence that has lost it.</summary>
    public WatchPresence? Watched { get; set; }

    /// <summary>What presence knows of <see cref="LastSeen"/>; 0: nothing.</summary>
    public long LastTold { get; set; }

    /// <summary>Why the connection is closed; null while it is open.</summary>
    public CloseReason? Reason => Volatile.Read(ref _close);

    /// <summary>Cancelled when the connection is over, by whichever side.</summary>
    public CancellationToken Closed => _closed.Token;

    /// <summary>Queues an answer or a sync page. Closes the connection when the queue is full.</summary>
    public void Send(Frame frame)
    {
        lock (_gate)
        {
            Enqueue(frame);
        }
    }

    /// <summary>
    /// Queues something that happened at a position of a shard. Until <see cref="GoLive"/> it is held back; afterwards it is
    /// dropped when the sync has brought it already. Position 0: not in the log, never dropped.
    /// </summary>
    /// <returns>True the first time since <see cref="ClearDirty"/>: the caller then owes this connection a cursor.</returns>
    public bool Deliver(int shard, long position, Frame frame)
    {
        lock (_gate)
        {
            if (_held is { } held)
            {
                if (held.Count >= options.OutboundFrames)
                {
                    CloseLocked(CloseReason.TooSlow);
                    return false;
                }
                held.Add(new HeldFrame(shard, position, frame));
            }
            else if (!IsSynced(shard, position))
            {
                Enqueue(frame);
            }
        }
        return position > 0 && MarkDirty();
    }

    /// <summary>Ends the opening: what was held back and lies above the synced positions is queued behind the last page.</summary>
    public void GoLive(long[] syncedTo, Frame liveFrame)
    {
        lock (_gate)
        {
            _syncedTo = syncedTo;
            Enqueue(liveFrame);
            foreach (var held in _held ?? [])
            {
                if (!IsSynced(held.Shard, held.Position))
                {
                    Enqueue(held.Frame);
                }
            }
            _held = null;
        }
    }

    /// <summary>Queues a cursor for what was delivered. False while the connection is still opening or the deliveries lag behind its sync: the cursor is then still owed.</summary>
    public bool SendCursor(long[] delivered, Frame frame)
    {
        lock (_gate)
        {
            if (_close is not null)
            {
                return true;
            }
            if (_held is not null)
            {
                return false;
            }
            if (_syncedTo is { } synced)
            {
                for (var shard = 0; shard < synced.Length; shard++)
                {
                    if (delivered[shard] < synced[shard])
                    {
                        return false;
                    }
                }
                // Nothing at or below these positions can come any more.
                _syncedTo = null;
            }
            Enqueue(frame);
            return true;
        }
    }

    /// <summary>The user has done something.</summary>
    public void NoteActive() => Volatile.Write(ref _active, 1);

    /// <summary>True when the user has done something since the last call.</summary>
    public bool TakeActive() => Volatile.Read(ref _active) != 0 && Interlocked.Exchange(ref _active, 0) != 0;

    public void ClearDirty() => Volatile.Write(ref _dirty, 0);

    /// <summary>True when it was not marked yet: the caller then owes this connection a cursor.</summary>
    public bool MarkDirty() => Interlocked.Exchange(ref _dirty, 1) == 0;

    /// <summary>Completes when everything queued so far has been handed to the writer; keeps a long sync from filling the queue.</summary>
    public Task DrainAsync(CancellationToken token)
    {
        lock (_gate)
        {
            if (!_writing)
            {
                return Task.CompletedTask;
            }
            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _drained.Task.WaitAsync(token);
        }
    }

    /// <summary>Closes the connection: what is queued is still written unless the client does not read.</summary>
    public void Close(CloseReason reason)
    {
        lock (_gate)
        {
            CloseLocked(reason);
        }
    }

    void IThreadPoolWorkItem.Execute() => _ = WriteAsync();

    public void Dispose()
    {
        // Writers of other threads may still hold the connection: they find it closed.
        lock (_gate)
        {
            _close ??= CloseReason.Normal;
            _writing = true;
            _queue.Clear();
            _held = null;
            _drained?.TrySetResult();
        }
        _closed.Cancel();
        writer.Dispose();
    }

    private bool IsSynced(int shard, long position) => _syncedTo is { } synced && position > 0 && position <= synced[shard];

    private void Enqueue(Frame frame)
    {
        if (_close is not null)
        {
            return;
        }
        if (_queue.Count >= options.OutboundFrames || _queuedBytes + frame.Length > Math.Max(options.OutboundBytes, frame.Length))
        {
            CloseLocked(CloseReason.TooSlow);
            return;
        }
        _queue.Enqueue(frame);
        _queuedBytes += frame.Length;
        StartWriting();
    }

    private void CloseLocked(CloseReason reason)
    {
        if (_close is not null)
        {
            return;
        }
        _close = reason;
        _held = null;
        if (reason == CloseReason.TooSlow)
        {
            _queue.Clear();
        }
        StartWriting();
        // A peer that does not read must not hold the connection for ever.
        _closed.CancelAfter(CloseTimeout);
    }

    private void StartWriting()
    {
        if (!_writing)
        {
            _writing = true;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            CloseReason? close;
            while (TryTake(out var frame, out close))
            {
                await writer.WriteAsync(frame, _closed.Token);
            }
            if (close is not null)
            {
                await writer.CloseAsync(close, _closed.Token);
                StopWriting();
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException or InvalidOperationException)
        {
            // The peer is gone; the edge sees it too and ends the connection.
            writer.Abort();
            await _closed.CancelAsync();
            StopWriting();
        }
    }

    /// <summary>The next frame; false when there is none: then writing has stopped, unless the connection is to be closed.</summary>
    private bool TryTake([NotNullWhen(true)] out Frame? frame, out CloseReason? close)
    {
        lock (_gate)
        {
            close = _close;
            if (_queue.TryDequeue(out frame))
            {
                _queuedBytes -= frame.Length;
                return true;
            }
            if (_close is null)
            {
                TrimQueue();
                StopWriting();
            }
            return false;
        }
    }

    private void StopWriting()
    {
        lock (_gate)
        {
            _writing = false;
            _drained?.TrySetResult();
            _drained = null;
        }
    }

    private void TrimQueue()
    {
        if (_queue.Capacity > 64)
        {
            _queue = new Queue<Frame>(4);
        }
    }
}
