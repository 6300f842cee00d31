using ModularChat.Cli.Replay;
using ModularChat.IntegrationTests.Servers;

namespace ModularChat.IntegrationTests.Replay;

/// <summary>The program that judges the server must itself be judged: each planted bug has to make it fail.</summary>
public sealed class ReplayTests
{
    private static readonly string Logs = Path.Combine(AppContext.BaseDirectory, "ubuntu-irc");

    [Fact]
    public async Task A_real_log_is_carried_without_loss()
    {
        await using var server = await StartAsync();
        var result = await RunAsync(server, server.Url);
        result.IsClean.ShouldBeTrue(result.ToString());
        result.ToString().ShouldBe("replayed 300 messages of 50 people in 1 conversations: delivered 15000/15000, lost 0, duplicated 0, reordered 0"
            .Replace("300", result.Messages.ToString("N0", null), StringComparison.Ordinal)
            .Replace("50 people", $"{result.People} people", StringComparison.Ordinal)
            .Replace("15000", (result.Messages * result.People).ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Dropped_connections_lose_nothing()
    {
        await using var server = await StartAsync();
        var result = await RunAsync(server, server.Url, faultsPerSecond: 50);
        result.Drops.ShouldBeGreaterThan(0);
        result.IsClean.ShouldBeTrue(result.ToString());
    }

    [Fact]
    public async Task A_lost_frame_fails_the_run()
    {
        var result = await RunThroughAsync(new Planted(entry => entry == 20 ? Plan.Skip : Plan.Pass));
        result.Lost.ShouldBe(1, result.ToString());
        result.IsClean.ShouldBeFalse();
    }

    [Fact]
    public async Task A_doubled_frame_fails_the_run()
    {
        var result = await RunThroughAsync(new Planted(entry => entry == 20 ? Plan.Double : Plan.Pass));
        result.Duplicated.ShouldBe(1, result.ToString());
        result.IsClean.ShouldBeFalse();
    }

    [Fact]
    public async Task Swapped_frames_fail_the_run()
    {
        var result = await RunThroughAsync(new Planted(entry => entry == 20 ? Plan.Swap : Plan.Pass));
        result.Reordered.ShouldBe(1, result.ToString());
        result.IsClean.ShouldBeFalse();
    }

    [Fact]
    public async Task A_changed_text_fails_the_run()
    {
        var result = await RunThroughAsync(new Planted(entry => entry == 20 ? Plan.Change : Plan.Pass));
        result.Different.ShouldBeGreaterThan(0, result.ToString());
        result.IsClean.ShouldBeFalse();
    }

    private static Task<ChatServer> StartAsync() => ChatServer.StartAsync(settings: "Identity:WriteDevelopmentKey=true");

    private static async Task<ReplayResult> RunThroughAsync(Planted planted)
    {
        await using var server = await StartAsync();
        await using var proxy = await TamperingProxy.StartAsync(server.Url, planted.Tamper);
        return await RunAsync(server, proxy.Url);
    }

    private static async Task<ReplayResult> RunAsync(ChatServer server, Uri url, int faultsPerSecond = 0)
    {
        var folder = Directory.CreateTempSubdirectory("modularchat-replay-").FullName;
        try
        {
            var lines = File.ReadLines(Path.Combine(Logs, "2013-10-04.train-a.log")).Take(300);
            await File.WriteAllLinesAsync(Path.Combine(folder, "part.log"), lines, TestContext.Current.CancellationToken);
            var options = new ReplayOptions
            {
                Path = folder,
                Url = url,
                Key = (await File.ReadAllTextAsync(Path.Combine(server.Folder, "development-key"), TestContext.Current.CancellationToken)).Trim(),
                Faults = faultsPerSecond > 0,
                FaultsPerSecond = faultsPerSecond,
                Seed = 1,
            };
            await using var run = new ReplayRun(options, new ReplayProgress(), TimeProvider.System);
            return await run.RunAsync(TestContext.Current.CancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private enum Plan
    {
        Pass = 0, Skip, Double, Swap, Change,
    }

    /// <summary>A bug on the first connection, by the number of its entry frame.</summary>
    private sealed class Planted(Func<int, Plan> plan)
    {
        private string? _held;
        private int _entries;

        public IEnumerable<string> Tamper(int connection, string frame)
        {
            if (connection != 1 || !frame.StartsWith("{\"type\":\"entry\"", StringComparison.Ordinal))
            {
                return [frame];
            }
            if (_held is { } held)
            {
                _held = null;
                return [frame, held];
            }
            switch (plan(++_entries))
            {
                case Plan.Skip:
                    return [];
                case Plan.Double:
                    return [frame, frame];
                case Plan.Swap:
                    _held = frame;
                    return [];
                case Plan.Change:
                    return [frame.Replace("\"text\":\"", "\"text\":\"not ", StringComparison.Ordinal)];
                default:
                    return [frame];
            }
        }
    }
}
