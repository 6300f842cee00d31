using ModularChat.Client.Connecting;

namespace ModularChat.UnitTests.Client;

public sealed class ComeBackTests
{
    [Theory]
    [InlineData(null, "Backoff")]
    [InlineData(1000, "Backoff")]
    [InlineData(1001, "AfterASecond")]
    [InlineData(1006, "Backoff")]
    [InlineData(1009, "Backoff")]
    [InlineData(4000, "Backoff")]
    [InlineData(4001, "Backoff")]
    [InlineData(4003, "Backoff")]
    [InlineData(4008, "AtOnce")]
    [InlineData(4009, "AtOnce")]
    [InlineData(4077, "Backoff")]
    [InlineData(4100, "Never")]
    [InlineData(4101, "Never")]
    [InlineData(4102, "Never")]
    [InlineData(4103, "Backoff")]
    [InlineData(4199, "Never")]
    public void Each_close_code_has_its_rule(int? code, string rule) => CloseRules.For(code).ToString().ShouldBe(rule);

    [Fact]
    public void Delays_double_from_half_a_second_to_thirty_and_begin_again_after_success()
    {
        var backoff = new Backoff(new Fixed(0.999));
        double[] delays = [.. Enumerable.Range(0, 8).Select(_ => Math.Round(backoff.Next(ComeBack.Backoff).TotalSeconds, 1))];
        delays.ShouldBe([0.5, 1, 2, 4, 8, 16, 30, 30]);
        backoff.Reset();
        backoff.Ceiling.ShouldBe(TimeSpan.FromSeconds(0.5));
    }

    [Fact]
    public void Jitter_is_full() => new Backoff(new Fixed(0)).Next(ComeBack.Backoff).ShouldBe(TimeSpan.Zero);

    [Fact]
    public void At_once_is_at_once_only_the_first_time()
    {
        var backoff = new Backoff(new Fixed(0.5));
        backoff.Next(ComeBack.AtOnce).ShouldBe(TimeSpan.Zero);
        backoff.Next(ComeBack.AtOnce).ShouldBe(TimeSpan.FromSeconds(0.5));
    }

    [Fact]
    public void A_stopping_server_is_given_a_second() =>
        new Backoff(new Fixed(0.5)).Next(ComeBack.AfterASecond).ShouldBe(TimeSpan.FromSeconds(1.5));

    private sealed class Fixed(double value) : Random(0)
    {
        public override double NextDouble() => value;
    }
}
