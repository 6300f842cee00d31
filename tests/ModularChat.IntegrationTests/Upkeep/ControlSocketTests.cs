using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using ModularChat.Host.Upkeep;
using ModularChat.IntegrationTests.Servers;
using ModularChat.Storage;

namespace ModularChat.IntegrationTests.Upkeep;

public sealed class ControlSocketTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_command_goes_to_the_running_server_and_to_the_folder_when_none_runs()
    {
        await using var server = await ChatServer.StartAsync();
        await server.RegisterAsync("alice");

        var (exit, online) = await CapturedOutput.RunAsync(server.Folder, "store verify");
        exit.ShouldBe(0);
        await server.StopAsync();
        var (offlineExit, offline) = await CapturedOutput.RunAsync(server.Folder, "store verify");

        offlineExit.ShouldBe(0);
        offline.ToString().ShouldBe(online.ToString());
        offline.ToString().ShouldContain("1 conversations");
        (await Should.ThrowAsync<StartupException>(() => CapturedOutput.RunAsync(Path.Combine(server.Folder, "nowhere"), "store stats"))).Message.ShouldContain("no folder");
    }

    [Fact]
    public async Task The_socket_is_the_owners_and_knows_nothing_but_commands()
    {
        await using var server = await ChatServer.StartAsync();
        var socket = ControlSocket.PathIn(server.Folder);
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(socket).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
        using var http = OverSocket(socket);

        (await http.GetAsync("http://control/health/live", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await http.GetAsync("http://control/api/v1/limits", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        var refused = await http.PostAsJsonAsync("http://control/", new { command = "drop everything", arguments = new Dictionary<string, string>() }, Cancel);
        (await refused.Content.ReadAsStringAsync(Cancel)).ShouldContain("does not know");
    }

    [Fact]
    public async Task The_public_address_knows_no_commands()
    {
        await using var server = await ChatServer.StartAsync();
        using var http = new HttpClient();

        foreach (var path in new[] { "/", "/store", "/store/verify", "/store%20verify", "/control", "/control.sock", "/api/v1/store/verify" })
        {
            var answer = await http.PostAsJsonAsync(new Uri(server.Url, path), new { command = "store verify", arguments = new Dictionary<string, string>() }, Cancel);
            answer.StatusCode.ShouldBeOneOf(HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed, HttpStatusCode.Unauthorized);
            (await answer.Content.ReadAsStringAsync(Cancel)).ShouldNotContain("conversations");
        }
    }

    private static HttpClient OverSocket(string path) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, token) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), token);
            return new NetworkStream(socket, ownsSocket: true);
        },
    });
}
