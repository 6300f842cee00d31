using ModularChat.Cli.Prove;

namespace ModularChat.IntegrationTests.Cluster;

/// <summary><c>chat prove cluster</c>, a few steps of it: the long runs are for hand.</summary>
public sealed class ProveTests(ITestOutputHelper output)
{
    [Fact]
    public Task A_cluster_loses_doubles_and_disorders_nothing_while_parts_of_it_are_killed_and_cut_off() => ProveAsync(options => options with { Short = true, Steps = 2 });

    [Fact]
    public Task Nor_while_a_whole_node_is_cut_off_from_everything_with_nobody_told()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Network namespaces need root.");
        return ProveAsync(options => options with { Namespaces = true, Only = "cut:", Steps = 1 });
    }

    private async Task ProveAsync(Func<ProveOptions, ProveOptions> what)
    {
        Assert.SkipWhen(LocalCluster.Missing.Length > 0, LocalCluster.Missing);
        var seed = Environment.TickCount & 0xFFFF;
        using var said = new StringWriter();
        var options = new ProveOptions
        {
            Script = Path.Combine(AppContext.BaseDirectory, "deployment", "cluster"),
            Host = Path.Combine(AppContext.BaseDirectory, "ModularChat.Host.dll"),
            Seed = seed,
            Nodes = 2,
            Clients = 20,
            Pause = TimeSpan.FromSeconds(1),
            Lasting = [TimeSpan.FromSeconds(3)],
        };

        var exit = await ProveCommand.RunAsync(what(options), said, TestContext.Current.CancellationToken);

        output.WriteLine(said.ToString());
        exit.ShouldBe(0, said.ToString());
        said.ToString().ShouldContain("lost 0, duplicated 0, reordered 0");
    }
}
