using ModularChat.Client;
using ModularChat.Client.Presences;
using ModularChat.Contracts;
using ModularChat.Shared;

namespace ModularChat.UnitTests.Client;

public sealed class PresenceBookTests
{
    private static readonly DateTimeOffset Noon = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly ManualTime _time = new();
    private readonly List<ChatEvent> _events = [];
    private readonly Guid _bo = Ids.New();
    private readonly PresenceBook _book;

    public PresenceBookTests() => _book = new PresenceBook(new EventHub(100, _events.Add), _time);

    [Fact]
    public void Of_an_answer_and_a_frame_the_later_holds()
    {
        _book.Told([Of(PresenceState.Away, Noon)], []);
        _book.Answered([Of(PresenceState.Online, Noon.AddSeconds(-1))]);
        _book.Find(_bo)!.State.ShouldBe(PresenceState.Away);
        _book.Answered([Of(PresenceState.Dnd, Noon)]);
        _book.Find(_bo)!.State.ShouldBe(PresenceState.Dnd);
        _book.Answered([Of(PresenceState.Dnd, Noon.AddSeconds(1))]);
        _events.Cast<PresenceChanged>().Select(what => what.Presence.State).ShouldBe([PresenceState.Away, PresenceState.Dnd], "What has not changed is no event.");
    }

    [Fact]
    public void What_was_known_before_a_break_stays_until_something_else_is_said_whatever_its_time()
    {
        _book.Told([Of(PresenceState.Online, Noon)], []);
        _book.Lost();
        _book.Find(_bo)!.State.ShouldBe(PresenceState.Online);
        // The clock of the server was set back while it was down.
        _book.Answered([Of(PresenceState.Offline, Noon.AddHours(-1))]);
        _book.Find(_bo)!.State.ShouldBe(PresenceState.Offline);
        _book.Answered([Of(PresenceState.Away, Noon.AddHours(-2))]);
        _book.Find(_bo)!.State.ShouldBe(PresenceState.Offline);
    }

    [Fact]
    public void A_watch_is_sent_once_a_connection_and_again_after_it_was_refused_for_now()
    {
        _book.Next(1).ShouldBeNull();
        var watch = new PresenceWatch(Contacts: true);
        _book.Want(watch);
        _book.Next(1).ShouldBe(watch);
        _book.Next(2).ShouldBeNull();
        _book.Lost();
        _book.Next(3).ShouldBe(watch);

        _book.Refused(2, new ChatProblem("rate_limited", Retryable: true)).ShouldBeFalse("Of a frame that is not the last watch.");
        _book.Refused(3, new ChatProblem("rate_limited", Retryable: true, RetryAfterMs: 2000)).ShouldBeTrue();
        _book.Next(4).ShouldBeNull();
        _time.Advance(TimeSpan.FromSeconds(2));
        _book.Next(4).ShouldBe(watch);
        _book.Refused(4, new ChatProblem("not_found")).ShouldBeTrue();
        _events.OfType<WatchRefused>().Single().Problem.Code.ShouldBe("not_found");
        _book.Next(5).ShouldBeNull();
    }

    [Fact]
    public void Another_watch_forgets_who_is_not_watched_any_more()
    {
        _book.Want(new PresenceWatch(UserIds: [_bo]));
        _book.Next(1);
        _book.Told([Of(PresenceState.Online, Noon)], []);
        _book.Want(new PresenceWatch());
        _book.Find(_bo).ShouldNotBeNull();
        _book.Next(2);
        _book.Told([], []);
        _book.Find(_bo).ShouldBeNull();
    }

    [Fact]
    public void Activity_is_said_in_the_next_heartbeat_and_after_a_while_at_once()
    {
        _book.ReportActivity().ShouldBeTrue();
        _book.TakeActivity().ShouldBeTrue();
        _book.TakeActivity().ShouldBeFalse();
        _book.ReportActivity().ShouldBeFalse();
        _book.TakeActivity().ShouldBeTrue();
        _time.Advance(TimeSpan.FromSeconds(30));
        _book.ReportActivity().ShouldBeTrue();
    }

    private ModularChat.Client.Presence Of(PresenceState state, DateTimeOffset asOf) => new(_bo, state, asOf);
}
