using ModularChat.IntegrationTests.Faults;
using ModularChat.IntegrationTests.Servers;
using ModularChat.Shared.Servers;

namespace ModularChat.IntegrationTests.Upkeep;

/// <summary>Two servers over the same two databases: what one of them moves, the other finds by itself.</summary>
public sealed class MoveAmongNodesTests(ITestOutputHelper output)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_rebalance_on_one_server_while_both_write_loses_nothing_and_the_other_goes_on_where_the_shards_are()
    {
        Assert.SkipWhen(PostgresServer.Missing.Length > 0, PostgresServer.Missing);
        await using var postgres = await PostgresServer.StartAsync(Cancel);
        string[] one =
        [
            Integrator.Settings, "Storage:Relational:Engine=postgresql", "Storage:Relational:ConnectionString=" + await postgres.CreateDatabaseAsync("accounts", Cancel),
            "Storage:Messages:Engine=postgresql", "Storage:Messages:Databases:0=" + await postgres.CreateDatabaseAsync("one", Cancel),
        ];
        string[] two = [.. one, "Storage:Messages:Databases:1=" + await postgres.CreateDatabaseAsync("two", Cancel)];
        var (folderA, folderB) = (Directory.CreateTempSubdirectory("modularchat-move-").FullName, Directory.CreateTempSubdirectory("modularchat-move-").FullName);
        var (a, b) = (await ServerProcess.StartAsync(folderA, settings: one), (ServerProcess?)null);
        try
        {
            using var atA = await Integrator.FromFolderAsync(a.Url, folderA);
            ChatUser[] users = [await atA.MakeUserAsync("ann"), await atA.MakeUserAsync("bo")];
            var groups = new List<Guid>();
            for (var i = 0; i < 12; i++)
            {
                groups.Add((await users[0].CreateGroupAsync($"group {i}", users[1])).Id);
            }
            var away = (await users[1].SyncAllAsync()).Cursor;
            await a.DisposeAsync();
            a = await ServerProcess.StartAsync(folderA, a.Url.Port, two);
            b = await ServerProcess.StartAsync(folderB, settings: two);
            using var atB = await Integrator.FromFolderAsync(b.Url, folderA);
            var bo = await atB.MakeUserAsync("bo");
            bo.Id.ShouldBe(users[1].Id);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            var senders = groups.ToDictionary(g => g, g => new[] { new StubbornSender(users[0], g), new StubbornSender(bo, g) });
            var running = senders.Values.SelectMany(s => s).Select(s => s.RunAsync(stop.Token, Cancel)).ToArray();
            await Task.Delay(1000, Cancel);

            var (exit, said) = await CapturedOutput.RunAsync(folderA, "store rebalance", null, two);

            exit.ShouldBe(0, said.ToString());
            said.Lines.Count.ShouldBeGreaterThan(1);
            // Both get through to every group after it.
            foreach (var sender in senders.Values.SelectMany(s => s))
            {
                for (var (before, attempt) = (sender.Acked.Count, 1); sender.Acked.Count < before + 3; attempt++)
                {
                    attempt.ShouldBeLessThan(1200, "a sender does not get through after the move");
                    await Task.Delay(50, Cancel);
                }
            }
            await stop.CancelAsync();
            await Task.WhenAll(running);
            output.WriteLine($"{said}\n{senders.Values.Sum(s => s.Sum(one => one.Acked.Count))} acked, {senders.Values.Sum(s => s.Sum(one => one.Refused))} times told to try again");
            foreach (var group in groups)
            {
                var last = senders[group].SelectMany(sender => sender.Acked).Max(acked => acked.Stored.Seq);
                foreach (var reader in new[] { users[1], bo })
                {
                    var entries = await Ledger.ReadAllAsync(reader, group);
                    for (var i = 0; i < 200 && entries[^1].Seq < last; i++)
                    {
                        // Without a backplane a server looks twice a second what the other has written.
                        await Task.Delay(50, Cancel);
                        entries = await Ledger.ReadAllAsync(reader, group);
                    }
                    Ledger.ShouldHold(entries, senders[group]);
                }
            }
            // A device that was away goes on with its cursor, on the server that moved nothing.
            (await bo.SyncAsync(away)).Reset.ShouldBeFalse();
            (await bo.SyncAllAsync(away)).Conversations.Select(c => c.State.Id).Distinct().Intersect(groups).Count().ShouldBe(groups.Count);
            var (verified, findings) = await CapturedOutput.RunAsync(folderA, "store verify", null, two);
            verified.ShouldBe(0, findings.ToString());
        }
        finally
        {
            await a.DisposeAsync();
            if (b is not null)
            {
                output.WriteLine(b.Output);
                await b.DisposeAsync();
            }
            Directory.Delete(folderA, recursive: true);
            Directory.Delete(folderB, recursive: true);
        }
    }
}
