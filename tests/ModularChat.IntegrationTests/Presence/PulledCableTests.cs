using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ModularChat.Client;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Presence;

/// <summary>A cable that is pulled: packets vanish, and TCP says nothing to either end for minutes.</summary>
public sealed class PulledCableTests(ITestOutputHelper output)
{
    private const int OfflineAfter = 4;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Both_ends_notice_and_find_each_other_again(bool dropsOutgoing, bool dropsIncoming)
    {
        Assert.SkipWhen(CableNetwork.Missing is not null, CableNetwork.Missing ?? "");
        await using var network = await CableNetwork.MakeAsync();
        await using var server = await ChatServer.StartAsync(
            settings: ["Gateway:HeartbeatSeconds=1", $"Gateway:OfflineAfterSeconds={OfflineAfter}", $"Host:Url=http://{network.Here}:0", Integrator.Settings]);
        // Who is not on the server's own machine cannot register as its first user.
        using var integrator = await Integrator.FromFolderAsync(server.Url, server.Folder);
        ChatUser[] users = [await integrator.MakeUserAsync("anna"), await integrator.MakeUserAsync("ben")];
        await using var anna = await PresenceWatcher.StartAsync(server.Url, users[0], users[1].Id);
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectTimeout = TimeSpan.FromSeconds(3),
            ConnectCallback = async (context, token) =>
                new NetworkStream(await network.ConnectAsync(new IPEndPoint(IPAddress.Parse(context.DnsEndPoint.Host), context.DnsEndPoint.Port), token), ownsSocket: true),
        };
        using var http = new HttpMessageInvoker(handler);
        await using var ben = new ChatClient(new ChatClientOptions { Url = server.Url, Token = users[1].Token, Http = http, Transport = Transport.WebSocket });
        await ben.ConnectAsync(Token);
        await anna.BecomesAsync("online");
        await Task.Delay(1500, Token);

        await network.DropAsync(dropsOutgoing, dropsIncoming);
        var watch = Stopwatch.StartNew();
        var noticed = NoticesAsync();
        var offline = await anna.BecomesAsync("offline");
        output.WriteLine($"the client noticed after {(await noticed).TotalSeconds:0.0} s, by the rules 2.5 to 3.5");
        output.WriteLine($"others were told after {offline.TotalSeconds:0.0} s, by the rules {OfflineAfter - 1} to {OfflineAfter + 1}; up to 2.5 more when only answers are lost: the client is heard until it gives up");
        (await noticed).TotalSeconds.ShouldBeGreaterThan(1);

        await network.DropAsync(outgoing: false, incoming: false);
        output.WriteLine($"back after {(await anna.BecomesAsync("online")).TotalSeconds:0.0} s");
        anna.States.SkipWhile(state => state == "offline").ShouldBe(["online", "offline", "online"]);

        async Task<TimeSpan> NoticesAsync()
        {
            while (ben.State == ConnectionState.Live)
            {
                await Task.Delay(20, Token);
            }
            return watch.Elapsed;
        }
    }
}
