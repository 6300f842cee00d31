using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Listening;

/// <summary>All ways to receive, through nginx as docs/operations.md sets it up.</summary>
public sealed class NginxTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Everything_comes_through_nginx_as_the_documentation_sets_it_up()
    {
        Assert.SkipUnless(NginxServer.IsInstalled, "nginx is not installed (apt-get install nginx-light).");
        await using var server = await ChatServer.StartAsync(settings: ["Host:TrustedProxies=127.0.0.1/32", "Identity:LogInsPerMinute=1"]);
        var alice = await server.RegisterAsync("alice");
        var bo = await server.RegisterAsync("bo-b");
        var group = await alice.CreateGroupAsync("Team", bo);
        await using var nginx = await NginxServer.StartAsync(server.Url, Cancel);
        using var http = NewClient(nginx.Url, bo.Token);

        await Task.WhenAll(LongPollAsync(http, alice, group.Id), StreamAsync(http, alice, group.Id), SocketAsync(nginx.Url, bo, alice, group.Id), HubAsync(nginx.Url, bo, alice, group.Id));
        await AddressAsync(http);
    }

    private static async Task LongPollAsync(HttpClient http, ChatUser alice, Guid group)
    {
        var cursor = (await http.GetFromJsonAsync<JsonElement>("sync", Cancel)).GetProperty("cursor").GetString()!;
        var waiting = http.GetStringAsync($"sync?wait=30&cursor={Uri.EscapeDataString(cursor)}", Cancel);
        await alice.SendAsync(group, "by long poll");
        (await waiting).ShouldContain("\"entries\"");
    }

    private static async Task StreamAsync(HttpClient http, ChatUser alice, Guid group)
    {
        using var response = await http.GetAsync("events", HttpCompletionOption.ResponseHeadersRead, Cancel);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(Cancel));
        await LineAsync(lines, "event: live");
        await alice.SendAsync(group, "by event stream");
        await LineAsync(lines, "by event stream");
    }

    private static async Task SocketAsync(Uri url, ChatUser bo, ChatUser alice, Guid group)
    {
        using var socket = new ClientWebSocket();
        socket.Options.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.Subject == CertificatePair.Subject;
        socket.Options.SetRequestHeader("Authorization", $"Bearer {bo.Token}");
        await socket.ConnectAsync(new UriBuilder(url) { Scheme = "wss", Path = "/api/v1/ws" }.Uri, Cancel);
        await socket.SendAsync("""{"type":"hello"}"""u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, Cancel);
        await FrameAsync(socket, "\"live\"");
        await alice.SendAsync(group, "by socket");
        await FrameAsync(socket, "by socket");
    }

    /// <summary>SignalR's protocol by hand: each message ends with a record separator.</summary>
    private static async Task HubAsync(Uri url, ChatUser bo, ChatUser alice, Guid group)
    {
        using var socket = new ClientWebSocket();
        socket.Options.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.Subject == CertificatePair.Subject;
        socket.Options.SetRequestHeader("Authorization", $"Bearer {bo.Token}");
        await socket.ConnectAsync(new UriBuilder(url) { Scheme = "wss", Path = "/hubs/chat" }.Uri, Cancel);
        await socket.SendAsync("{\"protocol\":\"json\",\"version\":1}\u001e"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, Cancel);
        await socket.SendAsync("{\"type\":1,\"invocationId\":\"1\",\"target\":\"Hello\",\"arguments\":[{}]}\u001e"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, Cancel);
        await FrameAsync(socket, "\"live\"");
        await alice.SendAsync(group, "by hub");
        await FrameAsync(socket, "by hub");
    }

    /// <summary>Each client has its own address: one has used up its log-ins, and this one has not.</summary>
    private static async Task AddressAsync(HttpClient http)
    {
        (await LogInAsync(http, "198.51.100.1")).ShouldBe(HttpStatusCode.Unauthorized);
        // nginx puts its peer's address after what the client says; and the peer is on the trusted machine here, so the claim counts.
        (await LogInAsync(http, "198.51.100.1")).ShouldBe(HttpStatusCode.TooManyRequests);
        (await LogInAsync(http, "198.51.100.2")).ShouldBe(HttpStatusCode.Unauthorized);
    }

    private static async Task<HttpStatusCode> LogInAsync(HttpClient http, string from)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "login") { Content = JsonContent.Create(new { name = "nobody", password = ChatUser.Password }) };
        request.Headers.Add("X-Forwarded-For", from);
        using var response = await http.SendAsync(request, Cancel);
        return response.StatusCode;
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
