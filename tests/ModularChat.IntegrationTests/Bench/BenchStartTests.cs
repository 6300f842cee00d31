using ModularChat.Cli.Bench;

namespace ModularChat.IntegrationTests.Bench;

public sealed class BenchStartTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_start_is_measured_from_the_process_to_ready()
    {
        var program = Path.Combine(AppContext.BaseDirectory, "ModularChat.Host");

        var figures = await new BenchStart(program, TimeProvider.System).MeasureAsync(TimeSpan.Zero, Cancel);

        figures.ReadyMilliseconds.ShouldBePositive();
        figures.IdleMegabytes.ShouldBeGreaterThan(10);
    }

    [Fact]
    public async Task A_program_that_ends_at_once_is_no_start() =>
        (await Should.ThrowAsync<InvalidOperationException>(() => new BenchStart("/bin/false", TimeProvider.System).MeasureAsync(TimeSpan.Zero, Cancel)))
            .Message.ShouldContain("/bin/false ended with 1");
}
