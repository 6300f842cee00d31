using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Notifications;
using ModularChat.Notifications.Clearing;
using ModularChat.Notifications.Storage;
using ModularChat.Shared;

namespace ModularChat.UnitTests.Push;

public sealed class ToldDevicesTests
{
    private readonly ManualTime _time = new();
    private readonly ToldDevices _told;
    private readonly Guid _user = Ids.New(), _conversation = Ids.New();

    public ToldDevicesTests() => _told = new ToldDevices(Options.Create(new NotificationsOptions()), _time);

    [Fact]
    public void What_is_read_while_the_push_is_on_its_way_is_cleared_once_it_has_arrived()
    {
        var push = Push(seq: 5);
        _told.Begin(push);
        _told.Read(_user, _conversation, 5);
        _told.Reader.TryRead(out _).ShouldBeFalse();

        _told.End(push, isTaken: true);

        var (read, devices) = Next();
        read.ShouldBe(5);
        devices.ShouldBe([push.SubscriptionId]);
    }

    [Fact]
    public void A_push_that_no_service_took_clears_nothing()
    {
        var push = Push(seq: 5);
        _told.Begin(push);
        _told.Read(_user, _conversation, 5);
        _told.End(push, isTaken: false);
        _told.Read(_user, _conversation, 6);

        _told.Reader.TryRead(out _).ShouldBeFalse();
    }

    [Fact]
    public void Devices_are_told_once_all_is_read_that_any_of_them_was_told_of()
    {
        var (one, other) = (Push(seq: 5), Push(seq: 7));
        foreach (var push in new[] { one, other })
        {
            _told.Begin(push);
            _told.End(push, isTaken: true);
        }
        _told.Read(_user, _conversation, 6);
        _told.Read(Ids.New(), _conversation, 9);
        _told.Reader.TryRead(out _).ShouldBeFalse();

        _told.Read(_user, _conversation, 9);
        _told.Read(_user, _conversation, 10);

        var (read, devices) = Next();
        read.ShouldBe(9);
        devices.ShouldBe([one.SubscriptionId, other.SubscriptionId], ignoreOrder: true);
        _told.Reader.TryRead(out _).ShouldBeFalse();
    }

    [Fact]
    public void What_is_of_no_use_any_more_is_not_cleared()
    {
        var push = Push(seq: 5);
        _told.Begin(push);
        _told.End(push, isTaken: true);
        _time.Advance(TimeSpan.FromDays(2));

        _told.Read(_user, _conversation, 5);

        _told.Reader.TryRead(out _).ShouldBeFalse();
    }

    private (long Read, Guid[] Devices) Next()
    {
        _told.Reader.TryRead(out var read).ShouldBeTrue();
        return (read!.Read, read.Devices);
    }

    private QueueRow Push(long seq) => new()
    {
        Id = Ids.New(),
        SubscriptionId = Ids.New(),
        UserId = _user,
        ConversationId = _conversation,
        Seq = seq,
        Provider = "push.example.org",
        ExpiresAt = _time.GetUtcNow().AddDays(1),
    };
}
