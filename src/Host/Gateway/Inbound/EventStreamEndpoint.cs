using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Host.Edge;
using ModularChat.Host.Gateway.Draining;
using ModularChat.Host.Gateway.Outbound;

namespace ModularChat.Host.Gateway.Inbound;

/// <summary>
/// Server-sent events: the same opening and the same frames as the WebSocket, one way. The client says nothing, so the
/// server keeps the connection's heartbeat for it as long as what it writes is taken.
/// </summary>
internal sealed class EventStreamEndpoint(
    ConnectionLife life, FrameRouter router, IOptions<GatewayOptions> options, TimeProvider time, Drain drain)
{
    public async Task HandleAsync(HttpContext context)
    {
        var caller = Caller.From(context.User);
        // Before the stream begins: then it is a status, as everywhere.
        caller.Require(ApplicationScopes.Messages);
        drain.Refuse();
        var response = context.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache, no-store";
        // nginx and others would hold events back until a buffer is full.
        response.Headers["X-Accel-Buffering"] = "no";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await response.StartAsync(context.RequestAborted);

        using var writer = new EventStreamWriter(response.BodyWriter);
        using var connection = new Connection(Ids.New(), writer, options.Value)
        {
            Caller = caller,
            Token = CredentialsHandler.TokenOf(context.Request) ?? "",
            LastSeen = time.GetTimestamp(),
        };
        using var stopping = drain.Register(connection);
        using var gone = context.RequestAborted.UnsafeRegister(static state => ((EventStreamWriter)state!).Abort(), writer);
        await life.RunAsync(connection, CursorOf(context.Request), () => KeepAliveAsync(connection, writer.Ended));
        // Nothing when it is closed already; otherwise the last event must be out before the response ends.
        await connection.DrainAsync(CancellationToken.None);
    }

    /// <summary>The header wins: it is where the client is, the URL only where it once began.</summary>
    private static string? CursorOf(HttpRequest request) =>
        request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } last ? last
        : request.Query["cursor"].ToString() is { Length: > 0 } first ? first
        : null;

    private async Task KeepAliveAsync(Connection connection, CancellationToken ended)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.HeartbeatSeconds), time);
        try
        {
            while (await timer.WaitForNextTickAsync(ended))
            {
                await router.HeartbeatAsync(connection, ended);
                connection.Send(Frames.Heartbeat);
                // A client that takes nothing more is not alive: the sweeper finds it.
                await connection.DrainAsync(ended);
                connection.LastSeen = time.GetTimestamp();
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // Closed, by whichever side.
        }
        finally
        {
            connection.Close(CloseReason.Normal);
        }
    }
}
