using ModularChat.Client;
using ModularChat.Client.Sending;

namespace ModularChat.UnitTests.Client;

public sealed class OutboxTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly Guid Conversation = Guid.Parse("00000000-0000-7000-8000-0000000000ff");
    private readonly Outbox _outbox = new(inFlight: 2);

    [Fact]
    public void Requests_go_in_order_and_no_more_than_allowed_are_in_flight()
    {
        var (a, b, c) = (Make("a"), Make("b"), Make("c"));
        _ = _outbox.Add(a);
        _ = _outbox.Add(b);
        _ = _outbox.Add(c);
        _outbox.Next(1, Now).ShouldBe(a);
        _outbox.Next(2, Now).ShouldBe(b);
        _outbox.Next(3, Now).ShouldBeNull();
        _outbox.Acked(1, new Stored(Conversation, 1, Now));
        _outbox.Next(3, Now).ShouldBe(c);
    }

    [Fact]
    public async Task An_ack_completes_the_request_it_belongs_to()
    {
        var done = _outbox.Add(Make("a"));
        _outbox.Next(7, Now);
        _outbox.Acked(6, new Stored(Conversation, 1, Now));
        done.IsCompleted.ShouldBeFalse();
        _outbox.Acked(7, new Stored(Conversation, 17, Now));
        (await done).Seq.ShouldBe(17);
        _outbox.Count.ShouldBe(0);
    }

    [Fact]
    public void After_a_lost_connection_everything_unconfirmed_goes_again_in_the_old_order_under_the_same_ids()
    {
        var (a, b) = (Make("a"), Make("b"));
        _ = _outbox.Add(a);
        _ = _outbox.Add(b);
        _outbox.Next(1, Now);
        _outbox.Next(2, Now);
        _outbox.Acked(2, new Stored(Conversation, 2, Now));
        _outbox.Lost();
        _outbox.Next(3, Now).ShouldBe(a);
        _outbox.Next(4, Now).ShouldBeNull();
    }

    [Fact]
    public async Task An_own_entry_clears_the_request_whose_ack_was_lost()
    {
        var a = Make("a");
        var done = _outbox.Add(a);
        _outbox.Next(1, Now);
        _outbox.Lost();
        _outbox.Seen(new Entry { ConversationId = Conversation, Seq = 9, At = Now, ClientMessageId = a.ClientMessageId });
        (await done).Seq.ShouldBe(9);
        _outbox.Next(2, Now).ShouldBeNull();
    }

    [Fact]
    public async Task A_refusal_for_good_fails_the_request_and_frees_its_place()
    {
        var (a, b) = (Make("a"), Make("b"));
        var done = _outbox.Add(a);
        _ = _outbox.Add(b);
        _outbox.Next(1, Now);
        _outbox.Refused(1, new ChatProblem("too_long"), Now).ShouldBe(a);
        (await Should.ThrowAsync<ChatProblemException>(done)).Problem.Code.ShouldBe("too_long");
        _outbox.Next(2, Now).ShouldBe(b);
        _outbox.Count.ShouldBe(1);
    }

    [Fact]
    public void After_a_retryable_refusal_nothing_overtakes()
    {
        var (a, b, c) = (Make("a"), Make("b"), Make("c"));
        _ = _outbox.Add(a);
        _ = _outbox.Add(b);
        _ = _outbox.Add(c);
        _outbox.Next(1, Now);
        _outbox.Next(2, Now);
        _outbox.Refused(1, new ChatProblem("rate_limited", Retryable: true, RetryAfterMs: 2000), Now).ShouldBeNull();
        _outbox.Next(3, Now.AddSeconds(1)).ShouldBeNull();
        // The pause is over, but b is still in flight and may be refused too.
        _outbox.Next(3, Now.AddSeconds(3)).ShouldBeNull();
        _outbox.Refused(2, new ChatProblem("rate_limited", Retryable: true, RetryAfterMs: 50), Now.AddSeconds(3));
        _outbox.Next(4, Now.AddSeconds(4)).ShouldBe(a);
        // Alone: the server may refuse it once more and take the next.
        _outbox.Next(5, Now.AddSeconds(4)).ShouldBeNull();
        _outbox.Acked(4, new Stored(Conversation, 1, Now));
        _outbox.Next(5, Now.AddSeconds(4)).ShouldBe(b);
        _outbox.Next(6, Now.AddSeconds(4)).ShouldBeNull();
        _outbox.Acked(5, new Stored(Conversation, 2, Now));
        _ = _outbox.Add(Make("d"));
        _outbox.Next(6, Now.AddSeconds(4)).ShouldBe(c);
        _outbox.Next(7, Now.AddSeconds(4)).ShouldNotBeNull();
    }

    [Fact]
    public void What_was_taken_before_the_refusal_was_known_is_done_and_the_refused_one_goes_again()
    {
        var (a, b) = (Make("a"), Make("b"));
        _ = _outbox.Add(a);
        _ = _outbox.Add(b);
        _outbox.Next(1, Now);
        _outbox.Next(2, Now);
        _outbox.Refused(1, new ChatProblem("storage_unavailable", Retryable: true), Now).ShouldBeNull();
        _outbox.Acked(2, new Stored(Conversation, 1, Now));
        _outbox.Next(3, Now.AddSeconds(2)).ShouldBe(a);
        _outbox.Count.ShouldBe(1);
    }

    private static PendingSend Make(string text) => new(ClientIds.New(), Conversation, PendingAction.Send, text);
}
