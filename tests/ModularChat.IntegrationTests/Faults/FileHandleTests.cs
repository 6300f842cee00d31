using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using ModularChat.Contracts;
using ModularChat.IntegrationTests.Gateway;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Faults;

/// <summary>A process without file handles left goes on serving those who are connected, and takes new ones again afterwards.</summary>
public sealed class FileHandleTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Out_of_file_handles_the_connected_are_served_and_later_everybody()
    {
        var folder = Directory.CreateTempSubdirectory("modularchat-handles-").FullName;
        var server = await ServerProcess.StartAsync(folder, settings: Integrator.Settings);
        var idle = new List<TcpClient>();
        try
        {
            using var integrator = await Integrator.FromFolderAsync(server.Url, folder);
            var user = await integrator.MakeUserAsync("writer");
            var group = await user.CreateGroupAsync("Handles");
            var (socket, _) = await RawSocket.LiveAsync(server.Url, user.Token, Token);
            await using (socket)
            {
                await LimitAsync(server.Id, OpenHandles(server.Id) + 20);
                for (var i = 0; i < 60; i++)
                {
                    var client = new TcpClient();
                    idle.Add(client);
                    await client.ConnectAsync(server.Url.Host, server.Url.Port, Token);
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
            await server.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static int OpenHandles(int process) => Directory.GetFiles($"/proc/{process}/fd").Length;

    private static async Task LimitAsync(int process, int handles)
    {
        var count = handles.ToString(CultureInfo.InvariantCulture);
        using var limiting = Process.Start(new ProcessStartInfo("prlimit", ["--pid", process.ToString(CultureInfo.InvariantCulture), $"--nofile={count}:{count}"]) { UseShellExecute = false })!;
        await limiting.WaitForExitAsync(Token);
        limiting.ExitCode.ShouldBe(0);
    }
}
