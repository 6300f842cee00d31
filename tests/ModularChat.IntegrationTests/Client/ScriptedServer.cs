using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ModularChat.IntegrationTests.Client;

/// <summary>A server that does nothing but what a test tells it, connection by connection. Every HTTP request is answered with 401.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<ScriptedSocket> _sockets = Channel.CreateUnbounded<ScriptedSocket>();
    private readonly CancellationTokenSource _stop = new();

    private ScriptedServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Run(HandleAsync);
    }

    public Uri Url => new(_app.Urls.First());

    /// <summary>Answers everything with 404, also what would open a WebSocket.</summary>
    public bool IsOfAnotherVersion { get; init; }

    /// <summary>The paths that were asked for over HTTP.</summary>
    public List<string> Asked { get; } = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<ScriptedServer> StartAsync(bool isOfAnotherVersion = false)
    {
        var server = new ScriptedServer { IsOfAnotherVersion = isOfAnotherVersion };
        await server._app.StartAsync(Token);
        return server;
    }

    /// <summary>The next WebSocket that a client opens.</summary>
    public async Task<ScriptedSocket> AcceptAsync() => await _sockets.Reader.ReadAsync(Token);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        _stop.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        if (IsOfAnotherVersion)
        {
            context.Response.StatusCode = 404;
            return;
        }
        if (!context.WebSockets.IsWebSocketRequest)
        {
            lock (Asked)
            {
                Asked.Add(context.Request.Path);
            }
            context.Response.StatusCode = 401;
            await context.Response.WriteAsync("""{"code":"unauthorized","status":401,"retryable":false}""", context.RequestAborted);
            return;
        }
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var scripted = new ScriptedSocket(socket, context.Abort);
        await _sockets.Writer.WriteAsync(scripted, Token);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stop.Token);
        await scripted.Ended.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}

/// <summary>The server's end of one WebSocket.</summary>
internal sealed class ScriptedSocket(WebSocket socket, Action abort)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Ended => _ended.Task;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public Task SendAsync(string frame) => socket.SendAsync(Encoding.UTF8.GetBytes(frame).AsMemory(), WebSocketMessageType.Text, endOfMessage: true, Token).AsTask();

    /// <summary>The next frame of the client.</summary>
    public async Task<JsonNode> ReceiveAsync()
    {
        var buffer = new byte[1 << 16];
        var length = 0;
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(length), Token);
            length += part.Count;
            if (part.MessageType == WebSocketMessageType.Close)
            {
                throw new InvalidOperationException("The client closed.");
            }
            if (part.EndOfMessage)
            {
                return JsonNode.Parse(buffer.AsSpan(0, length))!;
            }
        }
    }

    /// <summary>The next frame of the client, which must be of this type.</summary>
    public async Task<JsonNode> ExpectAsync(string type)
    {
        var frame = await ReceiveAsync();
        frame["type"]!.GetValue<string>().ShouldBe(type);
        return frame;
    }

    /// <summary>Takes the hello, which is returned, and brings the client to live.</summary>
    public async Task<JsonNode> GoLiveAsync()
    {
        var hello = await ExpectAsync("hello");
        await SendAsync($$"""{"type":"hello","connectionId":"{{Guid.Empty}}","userId":"00000000-0000-7000-8000-00000000000a","heartbeatSeconds":4,"offlineAfterSeconds":12,"limits":{} }""");
        await SendAsync("""{"type":"sync","reset":false,"conversations":[],"cursor":"c0","more":false}""");
        await SendAsync("""{"type":"live"}""");
        return hello;
    }

    /// <summary>Breaks the connection without a close frame.</summary>
    public void Break()
    {
        abort();
        _ended.TrySetResult();
    }

    public async Task CloseAsync(int code)
    {
        await socket.CloseOutputAsync((WebSocketCloseStatus)code, "scripted", Token);
        try
        {
            while ((await socket.ReceiveAsync(new byte[1024].AsMemory(), Token)).MessageType != WebSocketMessageType.Close)
            {
            }
        }
        catch (WebSocketException)
        {
            // The client has read it and is gone.
        }
        _ended.TrySetResult();
    }
}
