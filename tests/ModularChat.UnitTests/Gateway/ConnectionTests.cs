using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using ModularChat.Contracts;
using ModularChat.Host.Gateway;
using ModularChat.Host.Gateway.Outbound;

namespace ModularChat.UnitTests.Gateway;

public sealed class ConnectionTests : IAsyncLifetime
{
    private static readonly Frame LiveFrame = Bytes("live");

    private readonly GatewayOptions _options = new() { OutboundFrames = 16, OutboundBytes = 64 * 1024 };
    private WebSocket _client = null!;
    private Connection _connection = null!;
    private TcpClient _here = null!, _there = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _here = new TcpClient { ReceiveBufferSize = 8 * 1024 };
        await _here.ConnectAsync((IPEndPoint)listener.LocalEndpoint, Token);
        _there = await listener.AcceptTcpClientAsync(Token);
        _there.SendBufferSize = 8 * 1024;
        _client = WebSocket.CreateFromStream(_here.GetStream(), new WebSocketCreationOptions());
        var socket = WebSocket.CreateFromStream(_there.GetStream(), new WebSocketCreationOptions { IsServer = true });
        _connection = new Connection(Ids.New(), new WebSocketWriter(socket), _options);
    }

    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        _client.Dispose();
        _here.Dispose();
        _there.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Frames_arrive_in_the_order_in_which_they_were_queued()
    {
        _connection.GoLive([0], LiveFrame);
        for (var i = 0; i < 10; i++)
        {
            _connection.Send(Bytes($"{i}"));
        }
        (await ReadAsync(11)).ShouldBe(["live", .. Enumerable.Range(0, 10).Select(i => $"{i}")]);
    }

    [Fact]
    public async Task A_session_that_ended_on_the_way_in_closes_the_connection_before_its_opening()
    {
        var session = Ids.New();
        _connection.Caller = new Caller(Ids.New(), Ids.New(), session);
        var sessions = new LiveSessions();
        sessions.End(session);
        using var seat = sessions.Enter(_connection);
        (await _client.ReceiveAsync(new byte[100], Token)).MessageType.ShouldBe(WebSocketMessageType.Close);
        ((int?)_client.CloseStatus).ShouldBe(4100);
    }

    [Fact]
    public async Task A_session_that_ends_closes_a_connection_that_is_still_opening_and_no_other()
    {
        var session = Ids.New();
        _connection.Caller = new Caller(Ids.New(), Ids.New(), session);
        var sessions = new LiveSessions();
        using var seat = sessions.Enter(_connection);
        sessions.End(Ids.New());
        _connection.Send(Bytes("page"));
        (await ReadAsync(1)).ShouldBe(["page"]);
        sessions.End(session);
        (await _client.ReceiveAsync(new byte[100], Token)).MessageType.ShouldBe(WebSocketMessageType.Close);
    }

    [Fact]
    public async Task What_the_sync_has_brought_is_dropped_and_the_rest_follows_the_live_frame()
    {
        _connection.Deliver(0, 4, Bytes("four"));
        _connection.Deliver(1, 9, Bytes("nine"));
        _connection.Deliver(0, 6, Bytes("six"));
        _connection.Send(Bytes("page"));
        _connection.GoLive([5, 9], LiveFrame);
        // Deliveries may lag behind the sync even after going live.
        _connection.Deliver(0, 5, Bytes("five"));
        _connection.Deliver(1, 10, Bytes("ten"));
        _connection.Deliver(0, 0, Bytes("typing"));
        (await ReadAsync(5)).ShouldBe(["page", "live", "six", "ten", "typing"]);
    }

    [Fact]
    public async Task A_cursor_is_stated_only_when_deliveries_have_passed_the_sync()
    {
        _connection.SendCursor([9, 9], Bytes("too early")).ShouldBeFalse();
        _connection.GoLive([5, 7], LiveFrame);
        _connection.SendCursor([5, 6], Bytes("behind")).ShouldBeFalse();
        _connection.SendCursor([5, 7], Bytes("cursor")).ShouldBeTrue();
        (await ReadAsync(2)).ShouldBe(["live", "cursor"]);
    }

    [Fact]
    public async Task A_client_that_does_not_read_is_closed_without_holding_up_the_server()
    {
        _connection.GoLive([0], LiveFrame);
        var frame = Bytes(new string('x', 8000));
        for (var i = 0; i < 5000 && !_connection.Closed.IsCancellationRequested; i++)
        {
            _connection.Deliver(0, i + 1, frame);
        }
        // The close frame cannot get through either: after a moment the connection is cut.
        var closed = new TaskCompletionSource();
        await using (_connection.Closed.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), closed))
        {
            await closed.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
        }
    }

    [Fact]
    public async Task Closing_writes_what_is_queued_first_and_then_the_reason()
    {
        _connection.GoLive([0], LiveFrame);
        _connection.Send(Bytes("last"));
        _connection.Close(CloseReason.Unauthorized);
        _connection.Send(Bytes("too late"));
        (await ReadAsync(2)).ShouldBe(["live", "last"]);
        var end = await _client.ReceiveAsync(new byte[16], Token);
        end.MessageType.ShouldBe(WebSocketMessageType.Close);
        ((int?)_client.CloseStatus).ShouldBe(4100);
    }

    [Fact]
    public void A_cursor_is_owed_once_until_it_is_taken()
    {
        _connection.GoLive([0], LiveFrame);
        _connection.Deliver(0, 1, Bytes("a")).ShouldBeTrue();
        _connection.Deliver(0, 2, Bytes("b")).ShouldBeFalse();
        _connection.ClearDirty();
        _connection.Deliver(0, 3, Bytes("c")).ShouldBeTrue();
        _connection.Deliver(0, 0, Bytes("typing")).ShouldBeFalse();
    }

    private static Frame Bytes(string text) => Frame.Make("test", text, static (buffer, text) => Encoding.UTF8.GetBytes(text, buffer));

    private async Task<string[]> ReadAsync(int count)
    {
        var texts = new string[count];
        var buffer = new byte[16 * 1024];
        for (var i = 0; i < count; i++)
        {
            var part = await _client.ReceiveAsync(buffer, Token);
            texts[i] = Encoding.UTF8.GetString(buffer, 0, part.Count);
        }
        return texts;
    }
}
