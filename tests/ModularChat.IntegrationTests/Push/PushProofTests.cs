using ModularChat.Cli.Prove.Push;

namespace ModularChat.IntegrationTests.Push;

/// <summary><c>chat prove push</c>, two kills of it: the long runs are for hand.</summary>
public sealed class PushProofTests(ITestOutputHelper output)
{
    [Fact]
    public async Task No_push_is_lost_or_doubled_without_a_reason_while_the_server_is_killed()
    {
        using var said = new StringWriter();
        var options = new PushProofOptions
        {
            Host = Path.Combine(AppContext.BaseDirectory, "ModularChat.Host.dll"),
            Seed = Environment.TickCount & 0xFFFF,
            Kills = 2,
            Senders = 3,
            Receivers = 3,
            LongestLife = TimeSpan.FromSeconds(1),
        };

        var exit = await ProvePushCommand.RunAsync(options, said, TestContext.Current.CancellationToken);

        output.WriteLine(said.ToString());
        exit.ShouldBe(0, said.ToString());
        said.ToString().ShouldMatch("[1-9][0-9]* due, [1-9][0-9]* sent .*: lost 0, doubled [0-9]+ by a kill, 0 without a reason, 0 not signed");
    }
}
