using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using ModularChat.Client;
using ModularChat.IntegrationTests.Hub;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Presence;

/// <summary>Devices and servers that stop, sleep or are killed. Real time, with ample slack; the times are printed.</summary>
public sealed class PresenceProcessTests(ITestOutputHelper output)
{
    private const int OfflineAfter = 4, OfflineAfterDeath = 20;
    private static readonly string[] Settings = ["Gateway:HeartbeatSeconds=1", $"Gateway:OfflineAfterSeconds={OfflineAfter}"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("STOP")]
    [InlineData("KILL")]
    public async Task A_device_that_sleeps_or_is_killed_is_offline_when_its_time_is_over(string signal)
    {
        Assert.SkipWhen(JavaScriptProgram.Missing is not null || OperatingSystem.IsWindows(), "node is missing, or there are no signals");
        await using var server = await ChatServer.StartAsync(settings: Settings);
        var users = await server.RegisterAsync("anna", "ben");
        await using var anna = await PresenceWatcher.StartAsync(server.Url, users[0], users[1].Id);
        await anna.BecomesAsync("offline");
        await using var device = await JavaScriptProgram.StartAsync("device.mjs", Token);
        await device.SayAsync(new JsonObject { ["url"] = server.WebSocketUrl.ToString(), ["token"] = users[1].Token }, Token);
        await device.ExpectAsync("live", Token);
        await anna.BecomesAsync("online");
        await Task.Delay(2500, Token);

        await SignalAsync(signal, device.Id);
        var took = await anna.BecomesAsync("offline");
        output.WriteLine($"SIG{signal}: offline after {took.TotalSeconds:0.0} s, by the rules {OfflineAfter - 1} to {OfflineAfter + 1}");
        anna.States.ShouldBe(["offline", "online", "offline"]);
        if (signal == "STOP")
        {
            await SignalAsync("CONT", device.Id);
        }
    }

    [Fact]
    public async Task After_kill_9_of_the_server_who_comes_back_never_shows_and_who_does_not_is_offline()
    {
        var folder = Directory.CreateTempSubdirectory("modularchat-presence-").FullName;
        // As long as a server and its devices may take to be there again on a busy machine.
        string[] settings = [.. Settings, Integrator.Settings, $"Gateway:OfflineAfterSeconds={OfflineAfterDeath}"];
        var server = await ServerProcess.StartAsync(folder, settings: settings);
        try
        {
            using var integrator = await Integrator.FromFolderAsync(server.Url, folder);
            var (anna, ben, carl) = (await integrator.MakeUserAsync("anna"), await integrator.MakeUserAsync("ben"), await integrator.MakeUserAsync("carl"));
            var told = new List<(Guid User, PresenceState State)>();
            await using var watcher = new ChatClient(new ChatClientOptions { Url = server.Url, Token = anna.Token, OnEvent = Note });
            await using var stays = new ChatClient(new ChatClientOptions { Url = server.Url, Token = ben.Token });
            var goes = new ChatClient(new ChatClientOptions { Url = server.Url, Token = carl.Token });
            watcher.WatchPresence(new PresenceWatch(UserIds: [ben.Id, carl.Id]));
            await watcher.ConnectAsync(Token);
            await stays.ConnectAsync(Token);
            await goes.ConnectAsync(Token);
            await UntilAsync(() => Is(ben, PresenceState.Online) && Is(carl, PresenceState.Online));
            told.Clear();

            await server.KillAsync();
            await goes.DisposeAsync();
            server = await ServerProcess.StartAsync(folder, server.Url.Port, settings);
            var watch = Stopwatch.StartNew();
            await UntilAsync(() => Is(carl, PresenceState.Offline));
            output.WriteLine($"who did not come back is offline {watch.Elapsed.TotalSeconds:0.0} s after the server was ready, by the rules {OfflineAfterDeath} after its start");
            await UntilAsync(() => stays.State == ConnectionState.Live && Is(ben, PresenceState.Online));
            await stays.SetPresenceAsync(PresenceState.Dnd, token: Token);
            await UntilAsync(() => Is(ben, PresenceState.Dnd));
            lock (told)
            {
                told.Where(one => one.User == ben.Id).Select(one => one.State).ShouldNotContain(PresenceState.Offline);
            }

            void Note(ChatEvent what)
            {
                if (what is PresenceChanged { Presence: var presence })
                {
                    lock (told)
                    {
                        told.Add((presence.UserId, presence.State));
                    }
                }
            }

            bool Is(ChatUser user, PresenceState state) => watcher.FindPresence(user.Id)?.State == state;
        }
        finally
        {
            await server.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        while (!isSo())
        {
            await Task.Delay(50, Token);
        }
    }

    private static async Task SignalAsync(string signal, int process)
    {
        using var kill = Process.Start("kill", ["-" + signal, process.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(Token);
        kill.ExitCode.ShouldBe(0);
    }
}
