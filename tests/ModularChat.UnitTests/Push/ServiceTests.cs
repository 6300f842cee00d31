using ModularChat.Notifications;
using ModularChat.Notifications.Providers;
using ModularChat.Shared;

namespace ModularChat.UnitTests.Push;

public sealed class ServiceTests
{
    private readonly ManualTime _time = new();
    private readonly Service _service;

    public ServiceTests() => _service = new Service(new NotificationsOptions { Parallel = 4, BreakerFailures = 3, BreakerSeconds = 30 }, _time);

    [Fact]
    public void No_more_are_under_way_than_it_has_room_for()
    {
        _service.Room.ShouldBe(4);
        _service.Begin(3);
        _service.Room.ShouldBe(1);
        Answer(AnswerKind.Taken);
        _service.Room.ShouldBe(2);
    }

    [Fact]
    public void What_fails_several_times_in_a_row_is_left_alone_and_then_tried_with_one()
    {
        Fail(2);
        _service.ClosedUntil.ShouldBeNull();
        Fail(1);
        _service.Room.ShouldBe(0);
        _service.ClosedUntil.ShouldNotBeNull();

        _time.Advance(TimeSpan.FromSeconds(34));
        _service.Room.ShouldBe(1, "one goes first");
        // It fails again: longer.
        Fail(1);
        _time.Advance(TimeSpan.FromSeconds(34));
        _service.Room.ShouldBe(0);
        _time.Advance(TimeSpan.FromSeconds(34));
        _service.Room.ShouldBe(1);
        _service.Begin(1);
        _service.Room.ShouldBe(0);
        Answer(AnswerKind.Taken);
        _service.Room.ShouldBe(4);
    }

    [Fact]
    public void A_refusal_of_one_push_says_that_it_answers()
    {
        Fail(2);
        _service.Begin(1);
        Answer(AnswerKind.Refused);
        Fail(2);

        _service.ClosedUntil.ShouldBeNull();
    }

    [Fact]
    public void Who_asks_to_be_left_alone_is()
    {
        _service.Begin(1);
        _service.End(new PushAnswer(AnswerKind.Busy, "429", TimeSpan.FromMinutes(3)));

        _time.Advance(TimeSpan.FromSeconds(179));
        _service.Room.ShouldBe(0);
        _time.Advance(TimeSpan.FromSeconds(1));
        _service.Room.ShouldBe(1);
    }

    private void Fail(int times)
    {
        for (var i = 0; i < times; i++)
        {
            _service.Begin(1);
            Answer(AnswerKind.Failed);
        }
    }

    private void Answer(AnswerKind kind) => _service.End(new PushAnswer(kind, "test"));
}
