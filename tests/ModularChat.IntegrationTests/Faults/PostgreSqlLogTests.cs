using System.Globalization;
using System.Net;
using ModularChat.IntegrationTests.Servers;
using ModularChat.Shared.Servers;

namespace ModularChat.IntegrationTests.Faults;

/// <summary>The real process with its messages in PostgreSQL: both are killed and stopped under load.</summary>
public sealed class PostgreSqlLogTests(ITestOutputHelper output)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_acked_survives_the_end_of_the_server_and_of_its_database_under_load_once_and_in_order()
    {
        Assert.SkipWhen(PostgresServer.Missing.Length > 0, PostgresServer.Missing);
        var rounds = int.Parse(Environment.GetEnvironmentVariable("MODULARCHAT_FAULT_ROUNDS") ?? "2", CultureInfo.InvariantCulture);
        await using var postgres = await PostgresServer.StartAsync(Token);
        string[] settings = [Integrator.Settings, "Storage:Messages:Engine=postgresql", "Storage:Messages:Databases:0=" + await postgres.CreateDatabaseAsync("chat", Token)];
        var folder = Directory.CreateTempSubdirectory("modularchat-kill-").FullName;
        var server = await ServerProcess.StartAsync(folder, settings: settings);
        try
        {
            using var integrator = await Integrator.FromFolderAsync(server.Url, folder);
            ChatUser[] users = [await integrator.MakeUserAsync("u0"), await integrator.MakeUserAsync("u1"), await integrator.MakeUserAsync("u2")];
            var group = (await users[0].CreateGroupAsync("Kill", users[1..])).Id;
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
            var senders = users.Select(u => new StubbornSender(u, group)).ToArray();
            var running = senders.Select(s => s.RunAsync(stop.Token, Token)).ToArray();
            for (var round = 0; round < rounds; round++)
            {
                await Task.Delay(1000, Token);
                await server.DisposeAsync();
                server = await ServerProcess.StartAsync(folder, server.Url.Port, settings);
                foreach (var end in new Func<Task>[] { postgres.Kill9Async, postgres.StopAsync })
                {
                    await Task.Delay(1000, Token);
                    await end();
                    (await HealthAsync("live")).ShouldBe(HttpStatusCode.OK);
                    (await HealthAsync("ready")).ShouldBe(HttpStatusCode.ServiceUnavailable);
                    await postgres.StartAsync(Token);
                }
            }
            await Task.Delay(1500, Token);
            (await HealthAsync("ready")).ShouldBe(HttpStatusCode.OK);
            await stop.CancelAsync();
            await Task.WhenAll(running);
            var entries = await Ledger.ReadAllAsync(users[1], group);
            Ledger.ShouldHold(entries, senders);
            output.WriteLine($"{rounds} rounds, {entries.Count} entries, {senders.Sum(s => s.Refused)} refused meanwhile");
            server.Output.ShouldNotContain(PostgresServer.Password);
        }
        finally
        {
            await server.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }

        async Task<HttpStatusCode> HealthAsync(string which)
        {
            using var http = new HttpClient { BaseAddress = server.Url };
            using var answer = await http.GetAsync($"health/{which}", Token);
            return answer.StatusCode;
        }
    }
}
