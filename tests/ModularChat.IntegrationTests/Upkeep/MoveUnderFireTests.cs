using ModularChat.IntegrationTests.Faults;
using ModularChat.IntegrationTests.Servers;
using ModularChat.Storage;

namespace ModularChat.IntegrationTests.Upkeep;

/// <summary>Shards on their way from one database to another while the process is killed and people write.</summary>
public sealed class MoveUnderFireTests(ITestOutputHelper output)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(EmbeddedEngines.All), MemberType = typeof(EmbeddedEngines))]
    public async Task A_killed_rebalance_loses_nothing_and_devices_that_were_away_go_on_with_their_cursors(string engine)
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        output.WriteLine($"seed {seed}");
        var folder = Directory.CreateTempSubdirectory("modularchat-move-").FullName;
        string[] one = [Integrator.Settings, EmbeddedEngines.Setting(engine), "Storage:Messages:Databases:0=one"];
        string[] two = [.. one, "Storage:Messages:Databases:1=two"];
        var server = await ServerProcess.StartAsync(folder, settings: one);
        try
        {
            using var integrator = await Integrator.FromFolderAsync(server.Url, folder);
            ChatUser[] users = [await integrator.MakeUserAsync("ann"), await integrator.MakeUserAsync("bo")];
            var groups = new List<Guid>();
            for (var i = 0; i < 8; i++)
            {
                groups.Add((await users[i % 2].CreateGroupAsync($"group {i}", users[1 - (i % 2)])).Id);
            }
            foreach (var group in groups)
            {
                await users[0].SendAsync(group, "before");
            }
            var away = (await users[1].SyncAllAsync()).Cursor;
            await server.DisposeAsync();
            server = await ServerProcess.StartAsync(folder, server.Url.Port, two);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            var senders = groups.ToDictionary(g => g, g => new[] { new StubbornSender(users[0], g) });
            var running = senders.Values.SelectMany(s => s).Select(s => s.RunAsync(stop.Token, Cancel)).ToArray();

            for (var round = 0; round < 3; round++)
            {
                var moving = CapturedOutput.RunAsync(folder, "store rebalance", null, two);
                await Task.Delay(random.Next(200, 2500), Cancel);
                await server.DisposeAsync();
                server = await ServerProcess.StartAsync(folder, server.Url.Port, two);
                output.WriteLine(await AnswerAsync(moving));
            }
            var (exit, said) = await CapturedOutput.RunAsync(folder, "store rebalance", null, two);
            await stop.CancelAsync();
            await Task.WhenAll(running);

            exit.ShouldBe(0, said.ToString());
            output.WriteLine(said.ToString());
            (await CapturedOutput.RunAsync(folder, "store rebalance", new() { ["dry-run"] = "true" }, two)).Output.ToString().ShouldStartWith("0 shards");
            foreach (var group in groups)
            {
                // The one before was sent by nobody of these.
                Ledger.ShouldHold(await Ledger.ReadAllAsync(users[1], group), senders[group], allMayBeMore: true);
            }
            (await users[1].SyncAsync(away)).Reset.ShouldBeFalse();
            var synced = await users[1].SyncAllAsync(away);
            synced.Conversations.Select(c => c.State.Id).Distinct().Intersect(groups).Count().ShouldBe(groups.Count);
            var (verified, findings) = await CapturedOutput.RunAsync(folder, "store verify", null, two);
            verified.ShouldBe(0, findings.ToString());
        }
        finally
        {
            await server.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> AnswerAsync(Task<(int Exit, CapturedOutput Output)> moving)
    {
        try
        {
            return (await moving).Output.ToString();
        }
        catch (Exception e) when (e is StartupException or IOException or HttpRequestException)
        {
            return $"killed: {e.Message}";
        }
    }
}
