using Microsoft.Extensions.Options;
using ModularChat.Notifications;
using ModularChat.Notifications.Sending;
using ModularChat.Shared;

namespace ModularChat.UnitTests.Push;

public sealed class SendPaceTests
{
    private readonly ManualTime _time = new();
    private readonly SendPace _pace;

    // A hundredth of a processor: less than there are on any machine.
    public SendPaceTests() => _pace = new SendPace(Options.Create(new NotificationsOptions { SharePercent = 1 }), _time);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_holds_pushes_back_while_nobody_sends()
    {
        _pace.Worked(TimeSpan.FromSeconds(1));
        _pace.IsShared.ShouldBeFalse();
        await _pace.RestAsync(Token);

        _pace.MessageBegins();
        _pace.MessageEnds();
        _pace.IsShared.ShouldBeTrue();
        _time.Advance(TimeSpan.FromSeconds(2));
        _pace.IsShared.ShouldBeFalse();
        _pace.Worked(TimeSpan.FromSeconds(1));
        await _pace.RestAsync(Token);
    }

    [Fact]
    public async Task Work_beside_messages_is_followed_by_a_rest_that_a_call_can_bear()
    {
        _pace.MessageBegins();
        _pace.MessageEnds();
        await _pace.RestAsync(Token);

        _pace.Worked(TimeSpan.FromSeconds(10));
        var rest = _pace.RestAsync(Token).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(249));
        rest.IsCompleted.ShouldBeFalse();
        await PassAsync(rest);

        // What was paid for once is not paid for again.
        await _pace.RestAsync(Token);
    }

    [Fact]
    public async Task A_message_on_its_way_goes_first_but_not_for_ever()
    {
        _pace.MessageBegins();
        var way = _pace.GiveWayAsync(Token).AsTask();
        way.IsCompleted.ShouldBeFalse();
        _pace.MessageEnds();
        await PassAsync(way);

        _pace.MessageBegins();
        await PassAsync(_pace.GiveWayAsync(Token).AsTask());
    }

    /// <summary>Lets time pass until it is over.</summary>
    private async Task PassAsync(Task until)
    {
        for (var i = 0; i < 10_000 && !until.IsCompleted; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            await Task.WhenAny(until, Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Token));
        }
        until.IsCompleted.ShouldBeTrue();
        await until;
    }
}
