using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;
using ModularChat.Client.Folding;
using ModularChat.Client.Presences;
using ModularChat.Client.Wire;

namespace ModularChat.Client.Connecting;

/// <summary>One WebSocket connection: hello, sync, live, heartbeats. Holds one small buffer while nothing happens, so that thousands fit into a process.</summary>
internal sealed class WebSocketLink(
    ChatClientOptions options, Uri server, TimeSpan openTimeout, HttpMessageInvoker http, Replica replica, PresenceBook presences, ILinkHandler handler) : ILink
{
    private const int SmallBuffer = 4096, LargestFrame = 64 * 1024 * 1024;
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private readonly ClientWebSocket _socket = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly CancellationTokenSource _ended = new();
    private TimeSpan _heartbeat = TimeSpan.FromSeconds(10);
    private long _lastReceived, _lastHeartbeat, _lastAcknowledged;
    private readonly Lock _acknowledging = new();
    private string? _unacknowledged;
    private byte[] _buffer = [];

    public async Task<LinkEnd> RunAsync(CancellationToken token)
    {
        await OpenAsync(token);
        await WriteAsync(new ClientFrame { Type = "hello", Cursor = replica.Cursor }, token);
        _lastReceived = _lastHeartbeat = options.Time.GetTimestamp();
        _buffer = ArrayPool<byte>.Shared.Rent(SmallBuffer);
        await using var timer = options.Time.CreateTimer(_ => OnTick(), null, Tick, Tick);
        try
        {
            while (await ReadAsync(token) is { } frame)
            {
                _lastReceived = options.Time.GetTimestamp();
                await HandleAsync(frame, token);
                // Mending a hole may have taken a while: that was not the server's silence.
                _lastReceived = options.Time.GetTimestamp();
            }
            return new LinkEnd((int?)_socket.CloseStatus, _socket.CloseStatusDescription);
        }
        catch (WebSocketException) when (!token.IsCancellationRequested)
        {
            return new LinkEnd((int?)_socket.CloseStatus, _socket.CloseStatusDescription);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            return new LinkEnd(null);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }
    }

    public Task SendAsync(PendingSend send, long frameId, CancellationToken token) => WriteAsync(ClientFrame.For(send, frameId), token);

    public Task MarkAsync(Guid conversationId, long read, long frameId, CancellationToken token) =>
        WriteAsync(new ClientFrame { Type = "mark", Id = frameId, ConversationId = conversationId, Read = read }, token);

    public Task TypingAsync(Guid conversationId, CancellationToken token) => WriteAsync(new ClientFrame { Type = "typing", ConversationId = conversationId }, token);

    public Task WatchAsync(PresenceWatch watch, long frameId, CancellationToken token) =>
        WriteAsync(
            new ClientFrame { Type = "watch", Id = frameId, Contacts = watch.Contacts ? true : null, UserIds = watch.UserIds, ConversationIds = watch.ConversationIds },
            token);

    public void Beat()
    {
        _lastHeartbeat = options.Time.GetTimestamp();
        _ = TryWriteAsync(new ClientFrame { Type = "heartbeat", Active = presences.TakeActivity() ? true : null });
    }

    public Task GoodbyeAsync(CancellationToken token) => WriteAsync(new ClientFrame { Type = "goodbye" }, token);

    public void Abort()
    {
        _ended.Cancel();
        _socket.Abort();
    }

    public async ValueTask DisposeAsync()
    {
        if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived && !_ended.IsCancellationRequested)
        {
            using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, soon.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await _ended.CancelAsync();
        _socket.Dispose();
    }

    private async Task OpenAsync(CancellationToken token)
    {
        var secret = options.Token ?? options.ApplicationKey;
        _socket.Options.SetRequestHeader("Authorization", $"Bearer {secret}");
        if (options.ActAs is { } user)
        {
            _socket.Options.SetRequestHeader("Act-As", user.ToString());
        }
        _socket.Options.CollectHttpResponseDetails = true;
        _socket.Options.KeepAliveInterval = TimeSpan.Zero;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(token);
        timeout.CancelAfter(openTimeout);
        try
        {
            var address = new UriBuilder(new Uri(server, "/api/v1/ws")) { Scheme = server.Scheme == "https" ? "wss" : "ws" };
            await _socket.ConnectAsync(address.Uri, http, timeout.Token);
        }
        catch (Exception failed) when (!token.IsCancellationRequested && failed is WebSocketException or HttpRequestException or OperationCanceledException)
        {
            var status = (int)_socket.HttpStatusCode;
            throw new LinkNotOpenException(status == 0 ? null : status, failed);
        }
    }

    private async ValueTask HandleAsync(ServerFrame frame, CancellationToken token)
    {
        switch (frame.Type)
        {
            case FrameType.Entry when frame.Entry is { } entry:
                options.OnRawEntry?.Invoke(entry);
                await replica.ApplyAsync(entry, token);
                break;
            case FrameType.Ack:
                handler.OnAck(frame.Id ?? 0, new Stored(frame.ConversationId ?? default, frame.Seq ?? 0, frame.At ?? default, frame.Duplicate ?? false));
                break;
            case FrameType.Cursor when frame.Cursor is { } cursor:
                await replica.KeepCursorAsync(cursor, token);
                Volatile.Write(ref _unacknowledged, cursor);
                Acknowledge();
                break;
            case FrameType.Ok:
                handler.OnOk(frame.Id ?? 0);
                break;
            case FrameType.Problem when frame.Problem is { } problem:
                if (problem.Code == "invalid_cursor" && frame.Id is null)
                {
                    replica.ForgetCursor();
                    Abort();
                }
                handler.OnProblem(frame.Id, problem);
                break;
            case FrameType.Marks when frame is { ConversationId: { } id, Marks: { } marks }:
                replica.Apply(id, marks);
                break;
            case FrameType.Me when frame is { ConversationId: { } id, State: { } state } && state.Deserialize(ClientJson.Default.OwnState) is { } own:
                replica.Apply(id, own);
                break;
            case FrameType.Conversation when frame.State?.Deserialize(ClientJson.Default.ConversationState) is { } state:
                replica.Apply(state);
                break;
            case FrameType.Typing when frame is { ConversationId: { } id, UserId: { } user }:
                replica.Typing(id, user, frame.ExpiresAt ?? options.Time.GetUtcNow() + TimeSpan.FromSeconds(6));
                break;
            case FrameType.Versions when frame.Versions is { } versions:
                replica.Versions(versions);
                break;
            case FrameType.Call when frame.Call is { } call:
                replica.Called(call);
                break;
            case FrameType.CallSignal when frame is { CallId: { } callId, LegId: { } legId, Number: { } number, Signal: { } signal }:
                replica.Signalled(callId, legId, new NumberedSignal(number, signal));
                break;
            case FrameType.Room when frame.Room is { } room:
                replica.Gathered(room);
                break;
            case FrameType.RoomSignal when frame is { ConversationId: { } group, LegId: { } legId, Number: { } number, Epoch: { } epoch, Signal: { } signal }:
                replica.Signalled(group, legId, new RoomSignal(number, epoch, frame.From, signal));
                break;
            case FrameType.Presence:
                presences.Told(frame.Users ?? [], frame.Groups ?? []);
                break;
            case FrameType.Hello:
                replica.Me = frame.UserId ?? replica.Me;
                _heartbeat = TimeSpan.FromSeconds(Math.Clamp(frame.HeartbeatSeconds ?? 10, 1, 300));
                break;
            case FrameType.Sync when frame is { Conversations: { } conversations, Cursor: { } cursor }:
                await replica.ApplyAsync(new SyncPage(frame.Reset ?? false, conversations, cursor, frame.More ?? false, frame.Versions), token);
                break;
            case FrameType.Live:
                handler.OnLive();
                break;
        }
    }

    private void OnTick()
    {
        if (options.Time.GetElapsedTime(_lastReceived) > _heartbeat * 2.5)
        {
            // Half open: the other end is gone without a word.
            Abort();
            return;
        }
        if (options.Time.GetElapsedTime(_lastHeartbeat) >= _heartbeat - (Tick / 2))
        {
            Beat();
        }
        Acknowledge();
        handler.OnTick();
    }

    private void Acknowledge()
    {
        string cursor;
        // The reading loop and the timer both come here, and the server takes one a second.
        lock (_acknowledging)
        {
            if (_unacknowledged is null || options.Time.GetElapsedTime(_lastAcknowledged) < Tick)
            {
                return;
            }
            (cursor, _unacknowledged, _lastAcknowledged) = (_unacknowledged, null, options.Time.GetTimestamp());
        }
        _ = TryWriteAsync(new ClientFrame { Type = "cursor", Cursor = cursor });
    }

    /// <summary>When it fails, the reading side notices and ends the connection.</summary>
    private async Task TryWriteAsync(ClientFrame frame) =>
        await WriteAsync(frame, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private async Task WriteAsync(ClientFrame frame, CancellationToken token)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(frame, ClientJson.Default.ClientFrame);
        await _writing.WaitAsync(token);
        try
        {
            await _socket.SendAsync(bytes.AsMemory(), WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage, _ended.Token);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async ValueTask<ServerFrame?> ReadAsync(CancellationToken token)
    {
        var length = 0;
        while (true)
        {
            var result = await _socket.ReceiveAsync(_buffer.AsMemory(length), token);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }
            length += result.Count;
            if (result.EndOfMessage)
            {
                break;
            }
            if (length == _buffer.Length)
            {
                Resize(length);
            }
        }
        var frame = JsonSerializer.Deserialize(_buffer.AsSpan(0, length), ClientJson.Default.ServerFrame);
        if (_buffer.Length > 16 * SmallBuffer)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = ArrayPool<byte>.Shared.Rent(SmallBuffer);
        }
        return frame;
    }

    private void Resize(int length)
    {
        if (length >= LargestFrame)
        {
            throw new WebSocketException("A frame of the server is too large.");
        }
        var larger = ArrayPool<byte>.Shared.Rent(length * 2);
        _buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
