using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using ModularChat.Contracts;

namespace ModularChat.Benchmarks.Cluster;

/// <summary>A device on a WebSocket that does as little as it can: sends the next message when the last one is acked, and says how old those of others are when they come.</summary>
internal sealed class BenchDevice(string session, int number) : IDisposable
{
    private static readonly string Filling = new('x', 40);

    private readonly byte[] _buffer = new byte[32 * 1024];
    private ClientWebSocket _socket = new();
    private TaskCompletionSource _live = new();
    private Guid _aim;
    private long _sentAt;
    private Task _reading = Task.CompletedTask;

    /// <summary>Milliseconds from sending to its arrival here, of others' messages; null while nothing is counted.</summary>
    public List<double>? Delays { get; set; }

    /// <summary>Time from one message to the next; zero: each when the one before is acked.</summary>
    public TimeSpan Pace { get; init; }

    public string? Cursor { get; private set; }

    public int Seen { get; private set; }

    public Task Live => _live.Task;

    public async Task ConnectAsync(Uri url, CancellationToken token)
    {
        (_socket, _live) = (new ClientWebSocket(), new TaskCompletionSource());
        _socket.Options.SetRequestHeader("Authorization", "Bearer " + session);
        _socket.Options.KeepAliveInterval = TimeSpan.Zero;
        await _socket.ConnectAsync(new UriBuilder(new Uri(url, "/api/v1/ws")) { Scheme = "ws" }.Uri, token);
        await WriteAsync(Cursor is null ? """{"type":"hello"}""" : $$"""{"type":"hello","cursor":"{{Cursor}}"}""", token);
        _reading = ReadAsync(_live, token);
    }

    /// <summary>Sends into this conversation until the end, one message in flight.</summary>
    public async Task BeginAsync(Guid conversation, CancellationToken token)
    {
        _aim = conversation;
        // Not all in the same moment.
        await Task.Delay(Pace * Random.Shared.NextDouble(), token);
        await SendAsync(token);
    }

    public Task HeartbeatAsync(CancellationToken token) => _socket.State == WebSocketState.Open ? WriteAsync("""{"type":"heartbeat"}""", token) : Task.CompletedTask;

    /// <summary>Until the connection is over.</summary>
    public Task EndAsync() => _reading;

    public void Dispose() => _socket.Dispose();

    private async Task ReadAsync(TaskCompletionSource live, CancellationToken token)
    {
        try
        {
            while (true)
            {
                var length = 0;
                WebSocketReceiveResult part;
                do
                {
                    part = await _socket.ReceiveAsync(new ArraySegment<byte>(_buffer, length, _buffer.Length - length), token);
                    length += part.Count;
                }
                while (!part.EndOfMessage && length < _buffer.Length);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    live.TrySetException(new InvalidOperationException($"closed with {_socket.CloseStatus} {_socket.CloseStatusDescription}"));
                    return;
                }
                await TakeAsync(_buffer.AsMemory(0, length), live, token);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            live.TrySetException(e);
        }
    }

    private async Task TakeAsync(ReadOnlyMemory<byte> frame, TaskCompletionSource live, CancellationToken token)
    {
        var bytes = frame.Span;
        if (bytes.StartsWith("""{"type":"ack"""u8))
        {
            if (Pace == TimeSpan.Zero)
            {
                await SendAsync(token);
            }
            else
            {
                _ = SendLaterAsync(token);
            }
        }
        else if (bytes.StartsWith("""{"type":"entry"""u8))
        {
            Seen++;
            Note(bytes);
        }
        else if (bytes.StartsWith("""{"type":"live"""u8))
        {
            live.TrySetResult();
        }
        else if (bytes.StartsWith("""{"type":"problem"""u8))
        {
            live.TrySetException(new InvalidOperationException(Encoding.UTF8.GetString(bytes)));
        }
        else if (bytes.StartsWith("""{"type":"sync"""u8) || bytes.StartsWith("""{"type":"cursor"""u8))
        {
            using var page = JsonDocument.Parse(frame);
            Cursor = page.RootElement.GetProperty("cursor").GetString();
            if (page.RootElement.TryGetProperty("conversations", out var conversations))
            {
                Seen += conversations.EnumerateArray().Sum(c => c.GetProperty("entries").GetArrayLength());
            }
        }
    }

    private void Note(ReadOnlySpan<byte> entry)
    {
        var at = entry.IndexOf("\"text\":\""u8);
        if (Delays is not { } delays || at < 0)
        {
            return;
        }
        var stamp = Encoding.ASCII.GetString(entry.Slice(at + 8, 40)).Split(':');
        if (int.Parse(stamp[0], CultureInfo.InvariantCulture) != number)
        {
            delays.Add(Stopwatch.GetElapsedTime(long.Parse(stamp[1], CultureInfo.InvariantCulture)).TotalMilliseconds);
        }
    }

    private async Task SendLaterAsync(CancellationToken token)
    {
        try
        {
            var left = Pace - Stopwatch.GetElapsedTime(_sentAt);
            await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, token);
            await SendAsync(token);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or ObjectDisposedException)
        {
            // The measurement is over.
        }
    }

    private Task SendAsync(CancellationToken token) => WriteAsync(
        string.Create(CultureInfo.InvariantCulture, $$"""{"type":"send","id":1,"conversationId":"{{_aim}}","clientMessageId":"{{Ids.New()}}","text":"{{number}}:{{_sentAt = Stopwatch.GetTimestamp()}}:{{Filling}}"}"""),
        token);

    private async Task WriteAsync(string frame, CancellationToken token) =>
        await _socket.SendAsync(Encoding.UTF8.GetBytes(frame).AsMemory(), WebSocketMessageType.Text, endOfMessage: true, token);
}
