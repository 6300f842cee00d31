using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Notifications;
using ModularChat.Notifications.Clearing;
using ModularChat.Shared;

namespace ModularChat.UnitTests.Push;

public sealed class ToldDevicesTests
{
    private readonly ManualTime _time = new();
    private readonly ToldDevices _told;
    private readonly Guid _user = Ids.New(), _conversation = Ids.New();

    public ToldDevicesTests()
    {
        _told = new ToldDevices(Options.Create(new NotificationsOptions()), _time);
        _told.Own([0]);
    }

    [Fact]
    public void What_is_told_is_cleared_once_all_of_it_is_read()
    {
        Remember(5);
        Remember(7);
        _told.Read(0, _user, _conversation, 6);
        _told.Read(0, Ids.New(), _conversation, 9);
        _told.Reader.TryRead(out _).ShouldBeFalse();

        _told.Read(0, _user, _conversation, 9);
        _told.Read(0, _user, _conversation, 10);

        _told.Reader.TryRead(out var read).ShouldBeTrue();
        read.ShouldBe(new ReadElsewhere(_user, _conversation, 5, 9));
        _told.Reader.TryRead(out _).ShouldBeFalse();
    }

    [Fact]
    public void Only_the_node_that_decides_on_a_shard_clears_what_is_in_it()
    {
        Remember(5);
        _told.Own([1]);
        _told.Read(0, _user, _conversation, 5);
        _told.Reader.TryRead(out _).ShouldBeFalse();

        _told.Own([0, 1]);
        _told.Read(0, _user, _conversation, 5);

        _told.Reader.TryRead(out _).ShouldBeTrue();
    }

    [Fact]
    public void What_is_of_no_use_any_more_is_not_cleared()
    {
        Remember(5);
        _time.Advance(TimeSpan.FromDays(2));

        _told.Read(0, _user, _conversation, 5);

        _told.Reader.TryRead(out _).ShouldBeFalse();
    }

    private void Remember(long seq) => _told.Remember(_user, _conversation, seq, _time.GetUtcNow().AddDays(1));
}
