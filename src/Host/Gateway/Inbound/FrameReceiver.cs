using System.Buffers;
using System.Net.WebSockets;

namespace ModularChat.Host.Gateway.Inbound;

/// <summary>What came from a client.</summary>
internal enum Received
{
    /// <summary>A whole text frame.</summary>
    Frame,
    /// <summary>The client closed, or the connection is broken.</summary>
    Closed,
    /// <summary>A binary frame.</summary>
    Binary,
    /// <summary>More than the limit.</summary>
    TooBig,
}

/// <summary>Puts fragments together into whole frames. Holds a buffer only while a frame is on its way.</summary>
internal sealed class FrameReceiver(WebSocket socket, int maxBytes) : IDisposable
{
    private const int FirstBuffer = 4096;

    private byte[]? _buffer;
    private int _length;

    /// <summary>The last frame; valid until the next <see cref="ReceiveAsync"/>.</summary>
    public ReadOnlySpan<byte> Frame => _buffer.AsSpan(0, _length);

    public async ValueTask<Received> ReceiveAsync(CancellationToken token)
    {
        Release();
        try
        {
            // An empty read waits for data without holding a buffer: most connections are idle most of the time.
            var first = await socket.ReceiveAsync(Memory<byte>.Empty, token);
            if (first.MessageType == WebSocketMessageType.Close)
            {
                return Received.Closed;
            }
            _buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
            while (true)
            {
                if (_length == _buffer.Length)
                {
                    if (_length >= maxBytes)
                    {
                        return Received.TooBig;
                    }
                    Grow();
                }
                var part = await socket.ReceiveAsync(_buffer.AsMemory(_length), token);
                _length += part.Count;
                switch (part.MessageType)
                {
                    case WebSocketMessageType.Close:
                        return Received.Closed;
                    case WebSocketMessageType.Binary:
                        return Received.Binary;
                }
                if (_length > maxBytes)
                {
                    return Received.TooBig;
                }
                if (part.EndOfMessage)
                {
                    return Received.Frame;
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException)
        {
            return Received.Closed;
        }
    }

    public void Dispose() => Release();

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Min(_buffer!.Length * 2, maxBytes + 1));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    private void Release()
    {
        if (_buffer is { } buffer)
        {
            _buffer = null;
            ArrayPool<byte>.Shared.Return(buffer);
        }
        _length = 0;
    }
}
