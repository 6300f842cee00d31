using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Host.Gateway;
using ModularChat.Host.Gateway.Inbound;
using ModularChat.Host.Gateway.Outbound;
using ModularChat.Shared;

namespace ModularChat.UnitTests.Gateway;

public sealed class HeartbeatTests
{
    private readonly ManualTime _time = new();
    private readonly GatewayOptions _options = new();

    [Fact]
    public void A_heartbeat_costs_no_allocation()
    {
        var router = Router();
        using var connection = new Connection(Ids.New(), new StuckWriter(), _options) { Caller = new Caller(Ids.New()), LastChecked = _time.GetTimestamp() };
        // The queue that nobody empties has its final size after these.
        Beat(2_500);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Beat(1_000);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);

        void Beat(int count)
        {
            for (var i = 0; i < count; i++)
            {
                router.TryBeat(connection, """{"type":"heartbeat","active":true}"""u8).ShouldBeTrueOrThrow();
            }
        }
    }

    [Theory]
    [InlineData("""{"type":"heartbeat"}""", true, false)]
    [InlineData("""{"type":"heartbeat","active":false}""", true, false)]
    [InlineData("""{"type":"heartbeat","active":true}""", true, true)]
    [InlineData("""{ "type":"heartbeat"}""", false, false)]
    [InlineData("""{"type":"heartbeat","id":1}""", false, false)]
    [InlineData("""{"type":"typing"}""", false, false)]
    public void Only_the_usual_forms_are_answered_unread(string frame, bool isAnswered, bool isActive)
    {
        using var connection = new Connection(Ids.New(), new StuckWriter(), _options) { Caller = new Caller(Ids.New()), LastChecked = _time.GetTimestamp() };
        Router().TryBeat(connection, System.Text.Encoding.UTF8.GetBytes(frame)).ShouldBe(isAnswered);
        connection.TakeActive().ShouldBe(isActive);
        connection.TakeActive().ShouldBeFalse();
    }

    [Fact]
    public void The_session_is_looked_at_again_when_it_is_time()
    {
        using var connection = new Connection(Ids.New(), new StuckWriter(), _options) { Caller = new Caller(Ids.New()), LastChecked = _time.GetTimestamp() };
        var router = Router();
        _time.Advance(TimeSpan.FromSeconds(_options.HeartbeatSeconds) - TimeSpan.FromMilliseconds(1));
        router.TryBeat(connection, """{"type":"heartbeat"}"""u8).ShouldBeTrue();
        _time.Advance(TimeSpan.FromMilliseconds(1));
        router.TryBeat(connection, """{"type":"heartbeat"}"""u8).ShouldBeFalse();
    }

    // Nothing is asked of other modules for a heartbeat.
    private FrameRouter Router() => new(null!, Options.Create(_options), _time, NullLogger<FrameRouter>.Instance);

    /// <summary>Takes nothing.</summary>
    private sealed class StuckWriter : IFrameWriter
    {
        public string Transport => "test";

        public async ValueTask WriteAsync(Frame frame, CancellationToken token) => await Task.Delay(Timeout.Infinite, token);

        public ValueTask CloseAsync(CloseReason reason, CancellationToken token) => ValueTask.CompletedTask;

        public void Abort()
        {
            // Nothing is open.
        }

        public void Dispose()
        {
            // Nothing is held.
        }
    }
}

file static class Checks
{
    /// <summary>An assertion that allocates nothing when it holds.</summary>
    public static void ShouldBeTrueOrThrow(this bool value)
    {
        if (!value)
        {
            throw new InvalidOperationException("It was not answered.");
        }
    }
}
