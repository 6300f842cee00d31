using ModularChat.Contracts;
using ModularChat.Contracts.Calls;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;

namespace ModularChat.UnitTests.Calls;

/// <summary>Calls from their beginning to their entry in the conversation.</summary>
public sealed class CallTests
{
    private static readonly End Anna = End.Of(Ids.New()), Ben = End.Of(Ids.New()), BensPhone = Ben with { LegId = Ids.New() }, Carl = End.Of(Ids.New());

    [Fact]
    public async Task A_call_rings_at_both_is_answered_once_and_leaves_its_length_in_the_conversation()
    {
        await using var world = new CallWorld();
        var call = (await world.StartAsync(Anna, Ben.User)).Call;
        world.Told.ShouldHaveSingleItem().Recipients.ShouldBe([Anna.User, Ben.User], ignoreOrder: true);
        (await world.SendAsync(new ListCalls(Ben.Caller))).ShouldHaveSingleItem().ShouldBe(call);

        await world.PassAsync(3, (Anna, call.Id));
        var answered = (await world.SendAsync(new AcceptCall(Ben.Caller, call.Id, Ben.LegId))).Call;
        (answered.State, answered.CalleeLegId, answered.Version).ShouldBe((CallState.Active, Ben.LegId, call.Version + 1));
        world.Told[^1].Call.ShouldBe(answered);
        world.Told[^1].Recipients.ShouldContain(Ben.User, "Their other devices stop to ring by it.");
        (await CallWorld.RefusedAsync(() => world.SendAsync(new AcceptCall(BensPhone.Caller, call.Id, BensPhone.LegId)))).ShouldBe("call_over");
        (await world.SendAsync(new AcceptCall(Ben.Caller, call.Id, Ben.LegId))).Call.ShouldBe(answered, "A retry.");

        await world.PassAsync(40, (Anna, call.Id), (Ben, call.Id));
        (await world.HangUpAsync(Anna, call.Id)).Outcome.ShouldBe(CallOutcome.Ended);
        world.Written.Select(written => (written.CallerId, written.Call)).ShouldBe(
            [(Anna.User, new CallBody(call.Id, CallEvent.Started)), (Anna.User, new CallBody(call.Id, CallEvent.Ended, 40))]);
        (await world.SendAsync(new ListCalls(Ben.Caller))).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("decline", "Declined", "Declined")]
    [InlineData("cancel", "Cancelled", "Cancelled")]
    [InlineData("no answer", "Missed", "Missed")]
    [InlineData("caller vanishes", "Missed", "Missed")]
    public async Task A_call_that_does_not_come_about_is_an_entry_and_both_are_free_again(string how, string outcome, string written)
    {
        await using var world = new CallWorld();
        var call = (await world.StartAsync(Anna, Ben.User)).Call;
        switch (how)
        {
            case "decline":
                await world.SendAsync(new DeclineCall(BensPhone.Caller, call.Id));
                break;
            case "cancel":
                await world.HangUpAsync(Anna, call.Id);
                break;
            case "no answer":
                await world.PassAsync(29, (Anna, call.Id));
                world.Told.Count.ShouldBe(1, "It rings for 30 seconds.");
                await world.PassAsync(1);
                break;
            default:
                await world.PassAsync(14);
                world.Told.Count.ShouldBe(1, "It may come back for 15 seconds.");
                await world.PassAsync(1);
                break;
        }
        var ended = world.Told[^1];
        (ended.Call.State, ended.Call.Outcome.ToString()).ShouldBe((CallState.Ended, outcome));
        ended.Recipients.ShouldBe([Anna.User, Ben.User], ignoreOrder: true);
        var entry = world.Written.ShouldHaveSingleItem();
        (entry.CallerId, entry.Call.Event.ToString(), entry.Call.Seconds).ShouldBe((Anna.User, written, null));
        (await world.StartAsync(Ben, Anna.User)).Call.State.ShouldBe(CallState.Ringing);
    }

    [Fact]
    public async Task Who_comes_back_in_time_stays_in_the_call_and_who_does_not_has_ended_it_even_if_nobody_looked()
    {
        await using var world = new CallWorld();
        var call = (await world.StartAsync(Anna, Ben.User)).Call;
        await world.SendAsync(new AcceptCall(Ben.Caller, call.Id, Ben.LegId));
        await world.PassAsync(14, (Anna, call.Id));
        (await world.SendAsync(new RenewCall(Ben.Caller, call.Id, Ben.LegId))).State.ShouldBe(CallState.Active);

        await world.PassAsync(14, (Anna, call.Id));
        // The second that the server has not looked at yet.
        world.Time.Advance(TimeSpan.FromSeconds(1));
        (await CallWorld.RefusedAsync(() => world.SendAsync(new RenewCall(Ben.Caller, call.Id, Ben.LegId)))).ShouldBe("call_over");
        world.Told[^1].Call.Outcome.ShouldBe(CallOutcome.Lost);
        world.Written[^1].Call.ShouldBe(new CallBody(call.Id, CallEvent.Ended, 29));
    }

    [Fact]
    public async Task Two_who_call_each_other_at_once_are_in_one_call()
    {
        await using var world = new CallWorld();
        var both = await Task.WhenAll(Task.Run(() => world.StartAsync(Anna, Ben.User)), Task.Run(() => world.StartAsync(Ben, Anna.User)));
        both[0].Call.Id.ShouldBe(both[1].Call.Id);
        var call = (await world.SendAsync(new ListCalls(Anna.Caller))).ShouldHaveSingleItem();
        call.State.ShouldBe(CallState.Active);
        new[] { call.CallerLegId, call.CalleeLegId!.Value }.ShouldBe([Anna.LegId, Ben.LegId], ignoreOrder: true);
        // The answer to the second may have been lost: its retry finds the call.
        (await world.StartAsync(call.CallerId == Anna.User ? Ben : Anna, call.CallerId)).Call.ShouldBe(call);
    }

    [Fact]
    public async Task Who_is_in_a_call_is_busy_and_calls_nobody_else()
    {
        await using var world = new CallWorld();
        var call = (await world.StartAsync(Anna, Ben.User)).Call;
        var busy = await world.StartAsync(Carl, Ben.User);
        (busy.Call.State, busy.Call.Outcome, busy.Ice).ShouldBe((CallState.Ended, CallOutcome.Busy, null));
        world.Told[^1].Recipients.ShouldBe([Carl.User], "Ben hears nothing of it but the entry.");
        world.Written.ShouldHaveSingleItem().Call.ShouldBe(new CallBody(busy.Call.Id, CallEvent.Busy));
        (await CallWorld.RefusedAsync(() => world.StartAsync(Anna, Carl.User))).ShouldBe("in_call");
        (await CallWorld.RefusedAsync(() => world.StartAsync(Ben, Carl.User))).ShouldBe("in_call");
        await world.SendAsync(new DeclineCall(Ben.Caller, call.Id));
        (await world.StartAsync(Ben, Carl.User)).Call.State.ShouldBe(CallState.Ringing);
    }

    [Fact]
    public async Task Who_is_not_to_be_disturbed_hears_nothing_and_the_caller_not_why()
    {
        await using var world = new CallWorld();
        world.Undisturbed.Add(Ben.User);
        var call = (await world.StartAsync(Anna, Ben.User)).Call;
        call.State.ShouldBe(CallState.Ringing);
        (await world.SendAsync(new ListCalls(Ben.Caller))).ShouldBeEmpty();
        (await CallWorld.RefusedAsync(() => world.SendAsync(new AcceptCall(Ben.Caller, call.Id, Ben.LegId)))).ShouldBe("not_found");
        await world.PassAsync(29, (Anna, call.Id));
        await world.PassAsync(1);
        world.Told.ShouldAllBe(told => told.Recipients.SequenceEqual(new[] { Anna.User }));
        world.Written.ShouldHaveSingleItem().Call.Event.ShouldBe(CallEvent.Missed);
    }

    [Fact]
    public async Task A_block_lets_no_call_begin_be_answered_or_go_on()
    {
        await using var world = new CallWorld();
        var call = (await world.StartAsync(Anna, Ben.User)).Call;
        world.Blocked.Add(Anna.User);
        (await CallWorld.RefusedAsync(() => world.SendAsync(new AcceptCall(Ben.Caller, call.Id, Ben.LegId)))).ShouldBe("unreachable");
        (await CallWorld.RefusedAsync(() => world.StartAsync(Carl, Anna.User))).ShouldBe("unreachable");
        world.Blocked.Clear();
        await world.SendAsync(new AcceptCall(Ben.Caller, call.Id, Ben.LegId));
        await world.PublishAsync(new BlockChanged(Ben.User, Anna.User));
        (await world.SendAsync(new ListCalls(Anna.Caller))).ShouldHaveSingleItem("That was an unblock.");
        world.Blocked.Add(Anna.User);
        await world.PublishAsync(new BlockChanged(Ben.User, Anna.User));
        world.Told[^1].Call.Outcome.ShouldBe(CallOutcome.Ended);
        (await world.SendAsync(new ListCalls(Anna.Caller))).ShouldBeEmpty();
    }

    [Fact]
    public async Task Signing_the_device_out_ends_its_call()
    {
        await using var world = new CallWorld();
        var call = (await world.StartAsync(Anna, Ben.User)).Call;
        await world.SendAsync(new AcceptCall(Ben.Caller, call.Id, Ben.LegId));
        await world.PublishAsync(new SessionEnded(Ids.New(), Ben.User, Ids.New()));
        (await world.SendAsync(new ListCalls(Anna.Caller))).ShouldHaveSingleItem("That was another device.");
        await world.PublishAsync(new SessionEnded(Ben.Caller.SessionId!.Value, Ben.User, Ids.New()));
        (await world.SendAsync(new ListCalls(Anna.Caller))).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_retry_gets_the_same_call_and_the_id_of_another_is_refused()
    {
        await using var world = new CallWorld();
        var call = (await world.StartAsync(Anna, Ben.User)).Call;
        (await world.StartAsync(Anna, Ben.User, call.Id)).Call.ShouldBe(call);
        (await CallWorld.RefusedAsync(() => world.StartAsync(Carl, Ben.User, call.Id))).ShouldBe("id_reused");
        await world.HangUpAsync(Anna, call.Id);
        (await world.StartAsync(Anna, Ben.User, call.Id)).Call.State.ShouldBe(CallState.Ended, "A late retry begins no second call.");
        await world.PassAsync(61);
        (await CallWorld.RefusedAsync(() => world.SendAsync(new GetCall(Anna.Caller, call.Id, 0)))).ShouldBe("not_found", "It is forgotten after a minute.");
    }

    [Fact]
    public async Task An_end_that_the_log_cannot_take_is_written_later_and_keeps_nobody_from_hanging_up()
    {
        await using var world = new CallWorld();
        var call = (await world.StartAsync(Anna, Ben.User)).Call;
        world.IsLogAway = true;
        await world.SendAsync(new AcceptCall(Ben.Caller, call.Id, Ben.LegId));
        await world.PassAsync(2);
        await world.HangUpAsync(Ben, call.Id);
        await world.PassAsync(100);
        world.Written.ShouldBeEmpty();
        world.IsLogAway = false;
        await world.PassAsync(2);
        world.Written.ShouldHaveSingleItem().Call.ShouldBe(new CallBody(call.Id, CallEvent.Ended, 2));
        await world.PassAsync(10);
        world.Written.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Calls_are_made_in_direct_conversations_so_many_a_minute()
    {
        await using var world = new CallWorld("Calls:CallsPerMinute=3");
        var group = Ids.New();
        world.Conversations[group] = [Anna.User, Ben.User];
        (await CallWorld.RefusedAsync(() => world.SendAsync(new StartCall(Anna.Caller, group, Ids.New(), Anna.LegId)))).ShouldBe("forbidden");
        for (var i = 0; i < 3; i++)
        {
            await world.HangUpAsync(Anna, (await world.StartAsync(Anna, Ben.User)).Call.Id);
        }
        (await CallWorld.RefusedAsync(() => world.StartAsync(Anna, Ben.User))).ShouldBe("rate_limited");
        (await world.StartAsync(Carl, Ben.User)).Call.State.ShouldBe(CallState.Ringing, "Others are not held back.");
    }
}
