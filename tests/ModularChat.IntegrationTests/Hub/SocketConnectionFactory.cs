using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using ModularChat.Contracts;

namespace ModularChat.IntegrationTests.Hub;

/// <summary>Connects a SignalR client over a plain WebSocket, without negotiation.</summary>
/// <param name="token">The session token.</param>
/// <param name="inQuery">As a browser sends it; otherwise in the header.</param>
internal sealed class SocketConnectionFactory(string? token, bool inQuery) : IConnectionFactory
{
    public async ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var socket = new ClientWebSocket();
        var address = new UriBuilder(((UriEndPoint)endpoint).Uri) { Scheme = "ws" };
        if (token is not null && inQuery)
        {
            address.Query = "access_token=" + Uri.EscapeDataString(token);
        }
        else if (token is not null)
        {
            socket.Options.SetRequestHeader("Authorization", "Bearer " + token);
        }
        await socket.ConnectAsync(address.Uri, cancellationToken);
        return new SocketConnection(socket);
    }
}

internal sealed class SocketConnection : ConnectionContext
{
    private readonly ClientWebSocket _socket;
    private readonly Duplex _application;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _pumps;

    public SocketConnection(ClientWebSocket socket)
    {
        _socket = socket;
        var options = new PipeOptions(useSynchronizationContext: false);
        Pipe incoming = new(options), outgoing = new(options);
        Transport = new Duplex(incoming.Reader, outgoing.Writer);
        _application = new Duplex(outgoing.Reader, incoming.Writer);
        _pumps = Task.WhenAll(ReceiveAsync(), SendAsync());
    }

    public override IDuplexPipe Transport { get; set; }

    public override string ConnectionId { get; set; } = Ids.New().ToString("N");

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();

    public override void Abort()
    {
        _socket.Abort();
        _stop.Cancel();
    }

    public override async ValueTask DisposeAsync()
    {
        await Transport.Output.CompleteAsync();
        await Transport.Input.CompleteAsync();
        await _stop.CancelAsync();
        await _pumps;
        _socket.Dispose();
        _stop.Dispose();
        await base.DisposeAsync();
    }

    private async Task ReceiveAsync()
    {
        Exception? failure = null;
        try
        {
            while (true)
            {
                var part = await _socket.ReceiveAsync(_application.Output.GetMemory(4096), _stop.Token);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    break;
                }
                _application.Output.Advance(part.Count);
                if ((await _application.Output.FlushAsync(_stop.Token)).IsCompleted)
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
        catch (WebSocketException e)
        {
            failure = e;
        }
        await _application.Output.CompleteAsync(failure);
    }

    private async Task SendAsync()
    {
        try
        {
            while (true)
            {
                var read = await _application.Input.ReadAsync(_stop.Token);
                if (!read.Buffer.IsEmpty)
                {
                    await _socket.SendAsync(read.Buffer.ToArray(), WebSocketMessageType.Text, endOfMessage: true, _stop.Token);
                }
                _application.Input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // Disposed, or the server was faster.
        }
        await _application.Input.CompleteAsync();
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
