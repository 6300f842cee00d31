using System.Net.Sockets;
using System.Text.Json.Nodes;
using ModularChat.Contracts;
using ModularChat.IntegrationTests.Gateway;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Faults;

/// <summary>More connections than the process has file handles: it goes on serving those who are connected, and takes new ones again afterwards.</summary>
public sealed class FileHandleTests(ITestOutputHelper output)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task With_more_connections_than_file_handles_the_connected_are_served_and_later_everybody()
    {
        var folder = Directory.CreateTempSubdirectory("modularchat-handles-").FullName;
        var server = await ServerProcess.StartAsync(folder, null, ["prlimit", "--nofile=600:600"], Integrator.Settings);
        var idle = new List<TcpClient>();
        try
        {
            using var integrator = await Integrator.FromFolderAsync(server.Url, folder);
            var user = await integrator.MakeUserAsync("writer");
            var group = await user.CreateGroupAsync("Handles");
            var (socket, _) = await RawSocket.LiveAsync(server.Url, user.Token, Token);
            await using (socket)
            {
                for (var i = 0; i < 700; i++)
                {
                    var client = new TcpClient();
                    idle.Add(client);
                    try
                    {
                        await client.ConnectAsync(server.Url.Host, server.Url.Port, Token);
                    }
                    catch (SocketException)
                    {
                        // One too many, and the server was quick to say so.
                    }
                }
                for (var i = 0; i < 20; i++)
                {
                    await socket.SendAsync(
                        new JsonObject { ["type"] = "send", ["id"] = i, ["conversationId"] = group.Id, ["clientMessageId"] = Ids.New(), ["text"] = $"{i}" }, Token);
                    (await socket.ExpectAsync("ack", Token))["id"]!.GetValue<int>().ShouldBe(i);
                }
                idle.ForEach(c => c.Dispose());
                var (second, _) = await RawSocket.LiveAsync(server.Url, user.Token, Token);
                await second.DisposeAsync();
            }
            (await Ledger.ReadAllAsync(user, group.Id)).Count.ShouldBe(21);
        }
        finally
        {
            idle.ForEach(c => c.Dispose());
            output.WriteLine(server.Output);
            await server.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }
}
