using System.Net.WebSockets;
using System.Text;
using ModularChat.Client;

namespace ModularChat.Cli.Bench;

/// <summary>One connection that does as little as it can, so that the load generator does not take the time it measures.</summary>
internal sealed class LoadUser(BenchCounters counters, TimeProvider time) : IDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly TaskCompletionSource _live = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _buffer = new byte[16384];
    private string? _before, _after;
    private long _sentAt;
    private bool _isChat;

    /// <summary>Connects to a chat server and waits until it is live.</summary>
    public async Task ConnectAsync(Uri url, string session, CancellationToken token)
    {
        _socket.Options.SetRequestHeader("Authorization", "Bearer " + session);
        _socket.Options.KeepAliveInterval = TimeSpan.Zero;
        await _socket.ConnectAsync(new UriBuilder(new Uri(url, "/api/v1/ws")) { Scheme = "ws" }.Uri, token);
        _isChat = true;
        await WriteAsync("""{"type":"hello"}""", token);
    }

    /// <summary>Connects to a room of the bare relay.</summary>
    public async Task ConnectAsync(Uri url, string room, int number, CancellationToken token)
    {
        _socket.Options.KeepAliveInterval = TimeSpan.Zero;
        await _socket.ConnectAsync(new UriBuilder(url) { Scheme = "ws", Query = $"room={room}&number={number}" }.Uri, token);
        _live.SetResult();
    }

    public Task LiveAsync(CancellationToken token) => _live.Task.WaitAsync(token);

    /// <summary>Will send into this conversation, one message after another, each when the one before is acked.</summary>
    public void Aim(Guid conversation, string text)
    {
        _before = $$"""{"type":"send","id":1,"conversationId":"{{conversation}}","clientMessageId":""" + "\"";
        _after = "\",\"text\":\"" + text + "\"}";
    }

    public Task BeginAsync(CancellationToken token) => _before is null ? Task.CompletedTask : SendAsync(token);

    /// <summary>Reads until cancelled; sends the next message when an ack comes.</summary>
    public async Task RunAsync(CancellationToken token)
    {
        try
        {
            while (true)
            {
                var part = await _socket.ReceiveAsync(_buffer.AsMemory(), token);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    throw new InvalidOperationException($"A connection was closed: {(int?)_socket.CloseStatus} {_socket.CloseStatusDescription}");
                }
                var kind = Kind(_buffer.AsSpan(0, part.Count));
                var length = part.Count;
                while (!part.EndOfMessage)
                {
                    part = await _socket.ReceiveAsync(_buffer.AsMemory(64), token);
                }
                switch (kind)
                {
                    case FrameKind.Ack:
                        counters.Acked(time.GetElapsedTime(_sentAt));
                        await SendAsync(token);
                        break;
                    case FrameKind.Delivery:
                        counters.Delivered();
                        break;
                    case FrameKind.Live:
                        _live.TrySetResult();
                        break;
                    case FrameKind.Problem:
                        throw new InvalidOperationException("Refused: " + Encoding.UTF8.GetString(_buffer, 0, length));
                }
            }
        }
        catch (Exception e) when (token.IsCancellationRequested && e is OperationCanceledException or WebSocketException)
        {
            // Told to stop.
        }
        catch (Exception e)
        {
            _live.TrySetException(e);
            throw;
        }
    }

    /// <summary>One that only listens gives a sign of life; the others do by sending. The relay needs none.</summary>
    public Task HeartbeatAsync(CancellationToken token) =>
        _before is null && _isChat ? WriteAsync("""{"type":"heartbeat"}""", token) : Task.CompletedTask;

    public void Dispose() => _socket.Dispose();

    private static FrameKind Kind(ReadOnlySpan<byte> frame) =>
        frame.StartsWith("""{"type":"ack"""u8) ? FrameKind.Ack
        : frame.StartsWith("""{"type":"entry"""u8) || frame.StartsWith("""{"type":"send"""u8) ? FrameKind.Delivery
        : frame.StartsWith("""{"type":"live"""u8) ? FrameKind.Live
        : frame.StartsWith("""{"type":"problem"""u8) ? FrameKind.Problem
        : FrameKind.Other;

    private async Task SendAsync(CancellationToken token)
    {
        if (_before is not null)
        {
            _sentAt = time.GetTimestamp();
            await WriteAsync(_before + ClientIds.New() + _after, token);
        }
    }

    private async Task WriteAsync(string frame, CancellationToken token) =>
        await _socket.SendAsync(Encoding.UTF8.GetBytes(frame).AsMemory(), WebSocketMessageType.Text, endOfMessage: true, token);

    private enum FrameKind
    {
        Other = 0, Ack, Delivery, Live, Problem,
    }
}

/// <summary>What all connections of a measurement have seen; counts only while it is open.</summary>
internal sealed class BenchCounters
{
    private readonly Lock _gate = new();
    private readonly List<double> _latencies = [];
    private long _delivered;
    private volatile bool _isOpen;

    public long Deliveries => Volatile.Read(ref _delivered);

    public void Open() => _isOpen = true;

    public void Close() => _isOpen = false;

    public void Acked(TimeSpan latency)
    {
        if (_isOpen)
        {
            lock (_gate)
            {
                _latencies.Add(latency.TotalMilliseconds);
            }
        }
    }

    public void Delivered()
    {
        if (_isOpen)
        {
            Interlocked.Increment(ref _delivered);
        }
    }

    /// <summary>Times from sending to ack in milliseconds, sorted.</summary>
    public double[] Latencies()
    {
        lock (_gate)
        {
            double[] sorted = [.. _latencies];
            Array.Sort(sorted);
            return sorted;
        }
    }
}
