using System.Net.Http.Json;
using System.Net.Security;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Listening;

/// <summary>All ways to receive, each through an address that may be a proxy's; somebody else sends.</summary>
internal sealed class EveryWay(Uri url, ChatUser reader, ChatUser sender, Guid group) : IDisposable
{
    private readonly HttpClient _http = NewClient(url, reader.Token);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public HttpClient Http => _http;

    public Task RunAsync() => Task.WhenAll(LongPollAsync(), StreamAsync(), SocketAsync(), HubAsync(), HubByLongPollAsync());

    public void Dispose() => _http.Dispose();

    private async Task LongPollAsync()
    {
        var cursor = (await _http.GetFromJsonAsync<JsonElement>("sync", Cancel)).GetProperty("cursor").GetString()!;
        var waiting = _http.GetStringAsync($"sync?wait=30&cursor={Uri.EscapeDataString(cursor)}", Cancel);
        await sender.SendAsync(group, "by long poll");
        (await waiting).ShouldContain("\"entries\"");
    }

    private async Task StreamAsync()
    {
        using var response = await _http.GetAsync("events", HttpCompletionOption.ResponseHeadersRead, Cancel);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(Cancel));
        await LineAsync(lines, "event: live");
        await sender.SendAsync(group, "by event stream");
        await LineAsync(lines, "by event stream");
    }

    private async Task SocketAsync()
    {
        using var socket = await OpenAsync("/api/v1/ws");
        await socket.SendAsync("""{"type":"hello"}"""u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, Cancel);
        await FrameAsync(socket, "\"live\"");
        await sender.SendAsync(group, "by socket");
        await FrameAsync(socket, "by socket");
    }

    /// <summary>SignalR's protocol by hand: each message ends with a record separator.</summary>
    private async Task HubAsync()
    {
        using var socket = await OpenAsync("/hubs/chat");
        await socket.SendAsync("{\"protocol\":\"json\",\"version\":1}\u001e"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, Cancel);
        await socket.SendAsync(HubHello, WebSocketMessageType.Text, endOfMessage: true, Cancel);
        await FrameAsync(socket, "\"live\"");
        await sender.SendAsync(group, "by hub");
        await FrameAsync(socket, "by hub");
    }

    /// <summary>Several requests that have to come to the same node: by its long polling transport.</summary>
    private async Task HubByLongPollAsync()
    {
        using var negotiated = await _http.PostAsync(new Uri(url, "/hubs/chat/negotiate?negotiateVersion=1"), null, Cancel);
        negotiated.EnsureSuccessStatusCode();
        var id = (await negotiated.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("connectionToken").GetString()!;
        var connection = new Uri(url, $"/hubs/chat?id={Uri.EscapeDataString(id)}");
        (await _http.GetAsync(connection, Cancel)).EnsureSuccessStatusCode();
        await SayAsync("{\"protocol\":\"json\",\"version\":1}\u001e"u8.ToArray());
        await SayAsync(HubHello);
        await PollAsync("\"live\"");
        await sender.SendAsync(group, "by hub and long poll");
        await PollAsync("by hub and long poll");
        using var end = await _http.DeleteAsync(connection, Cancel);

        async Task SayAsync(byte[] frame)
        {
            using var answer = await _http.PostAsync(connection, new ByteArrayContent(frame), Cancel);
            answer.EnsureSuccessStatusCode();
        }

        async Task PollAsync(string part)
        {
            while (!(await _http.GetStringAsync(connection, Cancel)).Contains(part, StringComparison.Ordinal))
            {
                Cancel.ThrowIfCancellationRequested();
            }
        }
    }

    private static readonly byte[] HubHello = Encoding.UTF8.GetBytes("{\"type\":1,\"invocationId\":\"1\",\"target\":\"Hello\",\"arguments\":[{}]}\u001e");

    private async Task<ClientWebSocket> OpenAsync(string path)
    {
        var socket = new ClientWebSocket();
        socket.Options.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.Subject == CertificatePair.Subject;
        socket.Options.SetRequestHeader("Authorization", $"Bearer {reader.Token}");
        await socket.ConnectAsync(new UriBuilder(url) { Scheme = url.Scheme == "https" ? "wss" : "ws", Path = path }.Uri, Cancel);
        return socket;
    }

    private static async Task LineAsync(StreamReader lines, string part)
    {
        while (await lines.ReadLineAsync(Cancel) is { } line)
        {
            if (line.Contains(part, StringComparison.Ordinal))
            {
                return;
            }
        }
        throw new InvalidOperationException($"The stream ended without '{part}'.");
    }

    private static async Task FrameAsync(ClientWebSocket socket, string part)
    {
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var frame = await socket.ReceiveAsync(buffer.AsMemory(), Cancel);
            frame.MessageType.ShouldBe(WebSocketMessageType.Text);
            if (Encoding.UTF8.GetString(buffer, 0, frame.Count).Contains(part, StringComparison.Ordinal))
            {
                return;
            }
        }
    }

    private static HttpClient NewClient(Uri url, string token)
    {
        var client = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.Subject == CertificatePair.Subject },
        })
        {
            BaseAddress = new Uri(url, "/api/v1/"),
        };
        client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        return client;
    }
}
