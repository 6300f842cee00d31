using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ModularChat.Contracts.Calls;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Calls;

/// <summary>What those in a voice room do in tests.</summary>
internal static class RoomParty
{
    /// <summary>What a browser offers for one microphone, in short.</summary>
    public const string Offer =
        "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\n" +
        "a=ice-ufrag:wJ0l\r\na=ice-pwd:ZWqh5Yl4uP0cYc0tcyLbV9MQ\r\na=ice-options:trickle\r\n" +
        "a=fingerprint:sha-256 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:3E:4B:65:2E:7D:46:3F:54:42:CD:54:F1\r\na=setup:actpass\r\na=mid:0\r\na=sendrecv\r\n" +
        "a=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<ChatUser> RegisterAsync(Uri server, string name)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(server, "/api/v1/") };
        using var response = await http.PostAsJsonAsync("register", new { name, password = ChatUser.Password, device = new { name = "test", platform = "test" } }, Token);
        var entered = (await response.Content.ReadFromJsonAsync<JsonNode>(Token))!;
        var (session, token) = (entered["session"]!, entered["session"]!["token"]!.GetValue<string>());
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return new ChatUser(entered["user"]!["id"]!.GetValue<Guid>(), name, session["deviceId"]!.GetValue<Guid>(), token, http);
    }

    /// <summary>Everybody offers, and Janus answers each.</summary>
    public static async Task AnswerAsync(IReadOnlyList<ChatUser> users, Guid group, Guid[] legs, long epoch, long after = 0)
    {
        foreach (var (user, leg) in users.Zip(legs).Take(3))
        {
            if ((await SeeAsync(user, group, leg)).Room!.Participants.All(one => one.LegId != leg))
            {
                continue;
            }
            using var response = await user.Http.PostAsJsonAsync($"conversations/{group}/room/signal", new { legId = leg, epoch, signal = new { kind = "offer", sdp = Offer } }, ChatUser.Json, Token);
            response.EnsureSuccessStatusCode();
            await UntilAsync(async () => (await SeeAsync(user, group, leg, after)).Signals.Any(told => told.Epoch == epoch && told.From is null && told.Signal.Kind == SignalKind.Answer));
        }
    }

    public static Task<RoomView> SeeAsync(ChatUser user, Guid group, Guid leg, long after = 0) =>
        user.AskAsync<RoomView>(HttpMethod.Get, $"conversations/{group}/room?legId={leg}&after={after}");

    public static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        for (var i = 0; !await isSo(); i++)
        {
            i.ShouldBeLessThan(600);
            await Task.Delay(100, Token);
        }
    }
}
