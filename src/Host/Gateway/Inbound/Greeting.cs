using System.Text.Json;
using MediatR;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;

namespace ModularChat.Host.Gateway.Inbound;

/// <summary>The first frame of a WebSocket: who it is, and from where.</summary>
internal sealed class Greeting(IMediator mediator, IOptions<GatewayOptions> options, TimeProvider time)
{
    /// <summary>Waits for the hello and sets the connection's caller. Null when the connection was closed instead.</summary>
    public async Task<ClientFrame?> GreetAsync(Connection connection, Caller? fromHeader, string headerToken, FrameReceiver receiver)
    {
        using var inTime = new CancellationTokenSource(TimeSpan.FromSeconds(options.Value.HelloSeconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(inTime.Token, connection.Closed);
        // Cancelling a read aborts a WebSocket; closing first lets the client learn why.
        var reading = ReadAsync(connection, fromHeader, headerToken, receiver, connection.Closed);
        try
        {
            var (hello, refused) = await reading.WaitAsync(either.Token);
            if (hello is null)
            {
                connection.Close(refused!);
            }
            return hello;
        }
        catch (OperationCanceledException)
        {
            connection.Close(CloseReason.NoHello);
            await reading.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            connection.Caller = null;
            return null;
        }
    }

    /// <summary>Reads the hello and says who it is. Null when the connection has to be closed, with the reason.</summary>
    private async Task<(ClientFrame? Hello, CloseReason? Refused)> ReadAsync(Connection connection, Caller? fromHeader, string headerToken, FrameReceiver receiver, CancellationToken token)
    {
        var received = await receiver.ReceiveAsync(token);
        if (received != Received.Frame)
        {
            return (null, received switch
            {
                Received.TooBig => CloseReason.TooBig,
                Received.Binary => CloseReason.Malformed,
                _ => CloseReason.NoHello,
            });
        }
        ClientFrame? hello;
        try
        {
            hello = JsonSerializer.Deserialize(receiver.Frame, ClientFrameJson.Default.ClientFrame);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return (null, CloseReason.Malformed);
        }
        if (hello?.Type != "hello")
        {
            return (null, CloseReason.Malformed);
        }
        var caller = fromHeader;
        connection.Token = headerToken;
        if (hello.Token is { } given)
        {
            try
            {
                caller = (await mediator.Send(new Authenticate(given, hello.ActAs), token))?.Caller;
            }
            catch (ChatException e) when (e.Code.Retryable)
            {
                // The accounts are on another node, and it does not answer: the client comes back.
                return (null, CloseReason.Internal);
            }
            connection.Token = given;
        }
        if (caller is null || caller.UserId == Guid.Empty)
        {
            return (null, CloseReason.Unauthorized);
        }
        connection.Caller = caller;
        return (hello, null);
    }
}
