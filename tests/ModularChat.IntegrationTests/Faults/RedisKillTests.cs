using System.Globalization;
using System.Net;
using ModularChat.IntegrationTests.Servers;
using ModularChat.Shared.Servers;

namespace ModularChat.IntegrationTests.Faults;

/// <summary>The real process on a real Redis, one or the other killed with SIGKILL under load.</summary>
public sealed class RedisKillTests(ITestOutputHelper output)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_acked_survives_and_the_server_says_when_its_store_is_away()
    {
        Assert.SkipWhen(RedisServer.Missing.Length > 0, RedisServer.Missing);
        var rounds = int.Parse(Environment.GetEnvironmentVariable("MODULARCHAT_FAULT_ROUNDS") ?? "2", CultureInfo.InvariantCulture);
        var folder = Directory.CreateTempSubdirectory("modularchat-kill-").FullName;
        await using var redis = await RedisServer.StartAsync(Token);
        string[] settings = [Integrator.Settings, "Storage:Messages:Engine=redis", $"Storage:Messages:Databases:0={redis.Address}"];
        var server = await ServerProcess.StartAsync(folder, settings: settings);
        try
        {
            using var integrator = await Integrator.FromFolderAsync(server.Url, folder);
            var users = new List<ChatUser>();
            for (var i = 0; i < 6; i++)
            {
                users.Add(await integrator.MakeUserAsync($"u{i}"));
            }
            var group = (await users[0].CreateGroupAsync("Kill", [.. users.Skip(1)])).Id;
            using var http = new HttpClient { BaseAddress = server.Url };
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
            StubbornSender[] senders = [.. users.Select(u => new StubbornSender(u, group))];
            Task[] running = [.. senders.Select(s => s.RunAsync(stop.Token, Token))];
            for (var round = 0; round < rounds; round++)
            {
                await Task.Delay(Random.Shared.Next(500, 1500), Token);
                await server.DisposeAsync();
                server = await ServerProcess.StartAsync(folder, server.Url.Port, settings);
                await Task.Delay(Random.Shared.Next(500, 1500), Token);
                await redis.Kill9Async();
                await StatusAsync(http, "health/ready", HttpStatusCode.ServiceUnavailable);
                await StatusAsync(http, "health/live", HttpStatusCode.OK);
                await redis.StartAsync(Token);
                await StatusAsync(http, "health/ready", HttpStatusCode.OK);
            }
            await Task.Delay(500, Token);
            await stop.CancelAsync();
            await Task.WhenAll(running);
            var entries = await Ledger.ReadAllAsync(users[1], group);
            Ledger.ShouldHold(entries, senders);
            senders.Sum(s => s.Refused).ShouldBeGreaterThan(0);
            output.WriteLine($"{entries.Count} entries, {senders.Sum(s => s.Acked.Count)} acked, {senders.Sum(s => s.Refused)} times told to try again");
        }
        finally
        {
            await server.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_start_without_its_Redis_ends_with_one_sentence_and_shows_no_secret()
    {
        var folder = Directory.CreateTempSubdirectory("modularchat-kill-").FullName;
        try
        {
            var (exit, _, error) = await ServerProcess.RunAsync(
                ["--Host:Url=http://127.0.0.1:0", "--Storage:Directory=" + folder, "--Storage:Messages:Engine=redis", "--Storage:Messages:Databases:0=127.0.0.1:1,password=guessed-secret"]);
            exit.ShouldBe(1);
            error.ShouldContain("Redis at 127.0.0.1:1 (Storage:Messages:Databases) cannot be reached");
            error.ShouldNotContain("guessed-secret");
            error.ShouldNotContain("   at ");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task StatusAsync(HttpClient http, string path, HttpStatusCode wanted)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var response = await http.GetAsync(path, Token);
            if (response.StatusCode == wanted)
            {
                return;
            }
            attempt.ShouldBeLessThan(600, $"{path} stays {response.StatusCode}");
            await Task.Delay(50, Token);
        }
    }
}
