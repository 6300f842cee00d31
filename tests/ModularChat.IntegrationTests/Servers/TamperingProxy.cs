using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ModularChat.IntegrationTests.Servers;

/// <summary>What to do with a frame of the server: the frames to write instead, none to lose it.</summary>
/// <param name="connection">A number for each WebSocket, from 1.</param>
/// <param name="frame">The frame's text.</param>
internal delegate IEnumerable<string> Tamper(int connection, string frame);

/// <summary>Stands between clients and a server and does to the server's frames what a planted bug would do.</summary>
internal sealed class TamperingProxy : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly Uri _server;
    private readonly Tamper? _tamper;
    private int _connections;

    private TamperingProxy(Uri server, Tamper? tamper)
    {
        (_server, _tamper) = (server, tamper);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Run(context => context.WebSockets.IsWebSocketRequest ? CarrySocketAsync(context) : CarryAsync(context));
    }

    public Uri Url => new(_app.Urls.First());

    /// <summary>Starts it before a server.</summary>
    /// <param name="server">The server.</param>
    /// <param name="tamper">What to do with its frames; null lets no WebSocket through at all.</param>
    public static async Task<TamperingProxy> StartAsync(Uri server, Tamper? tamper)
    {
        var proxy = new TamperingProxy(server, tamper);
        await proxy._app.StartAsync(TestContext.Current.CancellationToken);
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
        _http.Dispose();
    }

    private async Task CarryAsync(HttpContext context)
    {
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), new Uri(_server, context.Request.Path + context.Request.QueryString));
        CopyCredentials(context, (name, value) => request.Headers.TryAddWithoutValidation(name, value));
        if (context.Request.ContentLength > 0)
        {
            request.Content = new StreamContent(context.Request.Body);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
        }
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        context.Response.StatusCode = (int)response.StatusCode;
        context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
        await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private async Task CarrySocketAsync(HttpContext context)
    {
        if (_tamper is null)
        {
            context.Response.StatusCode = 400;
            return;
        }
        var number = Interlocked.Increment(ref _connections);
        using var upstream = new ClientWebSocket();
        CopyCredentials(context, upstream.Options.SetRequestHeader);
        await upstream.ConnectAsync(new UriBuilder(new Uri(_server, context.Request.Path)) { Scheme = "ws" }.Uri, context.RequestAborted);
        using var downstream = await context.WebSockets.AcceptWebSocketAsync();
        var up = PumpAsync(downstream, upstream, frame => [frame], context.RequestAborted);
        var down = PumpAsync(upstream, downstream, frame => _tamper(number, frame), context.RequestAborted);
        await Task.WhenAny(up, down);
        upstream.Abort();
        downstream.Abort();
        await Task.WhenAll(up, down).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task PumpAsync(WebSocket from, WebSocket to, Func<string, IEnumerable<string>> tamper, CancellationToken token)
    {
        var buffer = new byte[1 << 16];
        using var frame = new MemoryStream();
        while (true)
        {
            var part = await from.ReceiveAsync(buffer.AsMemory(), token);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                await to.CloseOutputAsync(from.CloseStatus ?? WebSocketCloseStatus.NormalClosure, from.CloseStatusDescription, token);
                return;
            }
            frame.Write(buffer, 0, part.Count);
            if (part.EndOfMessage)
            {
                foreach (var text in tamper(Encoding.UTF8.GetString(frame.ToArray())))
                {
                    await to.SendAsync(Encoding.UTF8.GetBytes(text).AsMemory(), WebSocketMessageType.Text, endOfMessage: true, token);
                }
                frame.SetLength(0);
            }
        }
    }

    private static void CopyCredentials(HttpContext context, Action<string, string?> add)
    {
        foreach (var name in (string[])["Authorization", "Act-As"])
        {
            if (context.Request.Headers.TryGetValue(name, out var value))
            {
                add(name, value);
            }
        }
    }
}
