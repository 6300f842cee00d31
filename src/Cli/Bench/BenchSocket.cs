using System.Net.WebSockets;
using System.Text;

namespace ModularChat.Cli.Bench;

/// <summary>A WebSocket that counts the frames it gets and looks at none.</summary>
internal sealed class BenchSocket : IDisposable
{
    private static readonly TimeSpan BeatEvery = TimeSpan.FromSeconds(5);
    private readonly ClientWebSocket _socket = new();
    private readonly SemaphoreSlim _sending = new(1);
    private readonly byte[] _buffer = new byte[8192];
    private long _received;

    public long Received => Volatile.Read(ref _received);

    /// <summary>Connects to a chat server and comes as far as live.</summary>
    public static async Task<BenchSocket> ChatAsync(Uri url, string session, CancellationToken token)
    {
        var socket = new BenchSocket();
        socket._socket.Options.SetRequestHeader("Authorization", "Bearer " + session);
        socket._socket.Options.KeepAliveInterval = TimeSpan.Zero;
        await socket._socket.ConnectAsync(new UriBuilder(new Uri(url, "/api/v1/ws")) { Scheme = "ws" }.Uri, token);
        await socket.SendAsync("""{"type":"hello"}""", token);
        do
        {
            await socket.ReceiveAsync(token);
        }
        while (!socket._buffer.AsSpan().StartsWith("""{"type":"live"}"""u8));
        socket._received = 0;
        return socket;
    }

    /// <summary>Connects to a room of the bare relay.</summary>
    public static async Task<BenchSocket> RelayAsync(Uri url, string room, CancellationToken token)
    {
        var socket = new BenchSocket();
        socket._socket.Options.KeepAliveInterval = TimeSpan.Zero;
        await socket._socket.ConnectAsync(new UriBuilder(url) { Scheme = "ws", Query = $"room={room}" }.Uri, token);
        return socket;
    }

    public async Task SendAsync(string frame, CancellationToken token)
    {
        await _sending.WaitAsync(token);
        try
        {
            await _socket.SendAsync(Encoding.UTF8.GetBytes(frame).AsMemory(), WebSocketMessageType.Text, endOfMessage: true, token);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Sends a frame each time one has come, until cancelled.</summary>
    public Task PingPongAsync(string frame, CancellationToken token) => UntilCancelledAsync(async () =>
    {
        while (true)
        {
            await SendAsync(frame, token);
            await ReceiveAsync(token);
        }
    });

    /// <summary>Reads until cancelled, and gives signs of life; their answers are not counted.</summary>
    public async Task ReadAsync(string? heartbeat, CancellationToken token)
    {
        await using var timer = new Timer(_ => Beat(), null, BeatEvery, BeatEvery);
        await UntilCancelledAsync(async () =>
        {
            while (true)
            {
                await ReceiveAsync(token);
                if (_buffer.AsSpan().StartsWith("""{"type":"heartbeat"}"""u8))
                {
                    Interlocked.Decrement(ref _received);
                }
            }
        });

        void Beat() => _ = heartbeat is null ? Task.CompletedTask : UntilCancelledAsync(() => SendAsync(heartbeat, token));
    }

    public void Dispose()
    {
        _socket.Dispose();
        _sending.Dispose();
    }

    private async Task ReceiveAsync(CancellationToken token)
    {
        var part = await _socket.ReceiveAsync(_buffer.AsMemory(), token);
        while (!part.EndOfMessage)
        {
            part = await _socket.ReceiveAsync(_buffer.AsMemory(64), token);
        }
        if (part.MessageType == WebSocketMessageType.Close)
        {
            throw new InvalidOperationException($"A connection was closed: {(int?)_socket.CloseStatus} {_socket.CloseStatusDescription}");
        }
        Interlocked.Increment(ref _received);
    }

    private static async Task UntilCancelledAsync(Func<Task> run)
    {
        try
        {
            await run();
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or ObjectDisposedException)
        {
            // Told to stop.
        }
    }
}
