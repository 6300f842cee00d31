using ModularChat.Contracts;
using ModularChat.Contracts.Calls;

namespace ModularChat.UnitTests.Calls;

/// <summary>What the two ends tell each other.</summary>
public sealed class SignalTests
{
    private const string Sdp = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";

    private static readonly End Anna = End.Of(Ids.New()), Ben = End.Of(Ids.New()), Carl = End.Of(Ids.New());

    [Fact]
    public async Task A_signal_reaches_the_other_end_live_and_by_asking_and_a_new_description_makes_the_old_go()
    {
        await using var world = new CallWorld();
        var call = await ActiveAsync(world);
        await TellAsync(world, Anna, call, new CallSignal(SignalKind.Offer, Sdp));
        await TellAsync(world, Anna, call, Candidate("one"));
        await TellAsync(world, Ben, call, new CallSignal(SignalKind.Answer, Sdp));

        world.Signals.Select(told => (told.Recipient, told.LegId, told.Signal.Number)).ShouldBe(
            [(Ben.User, Ben.LegId, 1), (Ben.User, Ben.LegId, 2), (Anna.User, Anna.LegId, 3)]);
        (await AskAsync(world, Ben, call, 0)).Select(told => told.Number).ShouldBe([1, 2]);
        (await AskAsync(world, Ben, call, 1)).ShouldHaveSingleItem().Signal.Candidates!.Single().Candidate.ShouldBe("one");
        (await AskAsync(world, Anna, call, 0)).ShouldHaveSingleItem().Number.ShouldBe(3);

        await TellAsync(world, Ben, call, new CallSignal(SignalKind.Restart));
        await TellAsync(world, Anna, call, new CallSignal(SignalKind.Offer, Sdp));
        (await AskAsync(world, Ben, call, 0)).Select(told => told.Number).ShouldBe([5], "The restart begins anew.");
    }

    [Fact]
    public async Task Candidates_by_the_thousand_are_refused_and_hold_nothing_of_the_others_back()
    {
        await using var world = new CallWorld();
        var call = await ActiveAsync(world);
        await TellAsync(world, Anna, call, new CallSignal(SignalKind.Offer, Sdp));
        for (var i = 0; i < 100; i++)
        {
            await TellAsync(world, Anna, call, Candidate($"{i}"));
        }
        (await CallWorld.RefusedAsync(() => TellAsync(world, Anna, call, Candidate("more")))).ShouldBe("limit_reached");
        await TellAsync(world, Ben, call, Candidate("mine"));
        (await AskAsync(world, Ben, call, 0)).Length.ShouldBe(101);
        for (var i = 0; i < 198; i++)
        {
            await TellAsync(world, Anna, call, new CallSignal(SignalKind.Restart));
        }
        (await CallWorld.RefusedAsync(() => TellAsync(world, Anna, call, new CallSignal(SignalKind.Restart)))).ShouldBe("rate_limited");
        (await AskAsync(world, Ben, call, 0)).Length.ShouldBe(104, "What is kept is bounded.");
    }

    [Theory]
    [InlineData(SignalKind.Offer, null)]
    [InlineData(SignalKind.Offer, "")]
    [InlineData(SignalKind.Offer, "garbage")]
    [InlineData(SignalKind.Answer, "v=0\r\nnothing of the kind\r\n")]
    [InlineData(SignalKind.Answer, "v=0\r\ns=\u0001\r\n")]
    [InlineData(SignalKind.Restart, Sdp)]
    [InlineData(SignalKind.Candidates, null)]
    [InlineData((SignalKind)9, Sdp)]
    public async Task A_description_that_is_none_is_refused(SignalKind kind, string? sdp)
    {
        await using var world = new CallWorld();
        var call = await ActiveAsync(world);
        (await CallWorld.RefusedAsync(() => TellAsync(world, Anna, call, new CallSignal(kind, sdp)))).ShouldBe("invalid_request");
        world.Signals.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_too_long_is_refused()
    {
        await using var world = new CallWorld();
        var call = await ActiveAsync(world);
        var head = "v=0\r\ns=";
        await TellAsync(world, Anna, call, new CallSignal(SignalKind.Offer, head + new string('x', 65_536 - head.Length - 2) + "\r\n"));
        (await CallWorld.RefusedAsync(() => TellAsync(world, Anna, call, new CallSignal(SignalKind.Offer, head + new string('x', 65_536 - head.Length - 1) + "\r\n")))).ShouldBe("too_long");
        (await CallWorld.RefusedAsync(() => TellAsync(world, Anna, call, new CallSignal(SignalKind.Offer, head + new string('ä', 33_000) + "\r\n")))).ShouldBe("too_long");
        (await CallWorld.RefusedAsync(() => TellAsync(world, Anna, call, Candidate(new string('x', 513))))).ShouldBe("too_long");
        (await CallWorld.RefusedAsync(() => TellAsync(world, Anna, call, Candidate("two\nlines")))).ShouldBe("invalid_request");
        (await CallWorld.RefusedAsync(() => TellAsync(world, Anna, call, new CallSignal(SignalKind.Candidates, Candidates: [.. Enumerable.Repeat(new IceCandidate("x"), 21)])))).ShouldBe("too_long");
    }

    [Fact]
    public async Task Who_is_not_in_the_call_tells_and_learns_nothing()
    {
        await using var world = new CallWorld();
        var call = await ActiveAsync(world);
        (await CallWorld.RefusedAsync(() => TellAsync(world, Carl, call, Candidate("x")))).ShouldBe("not_found");
        (await CallWorld.RefusedAsync(() => TellAsync(world, Carl with { LegId = Anna.LegId }, call, Candidate("x")))).ShouldBe("not_found");
        (await CallWorld.RefusedAsync(() => TellAsync(world, Anna with { LegId = Ben.LegId }, call, Candidate("x")))).ShouldBe("forbidden");
        (await CallWorld.RefusedAsync(() => TellAsync(world, Anna, Ids.New(), Candidate("x")))).ShouldBe("not_found");
        (await CallWorld.RefusedAsync(() => AskAsync(world, Carl, call, 0))).ShouldBe("not_found");
        (await CallWorld.RefusedAsync(() => world.SendAsync(new GetIce(Carl.Caller, call)))).ShouldBe("not_found");
        (await CallWorld.RefusedAsync(() => world.HangUpAsync(Carl, call))).ShouldBe("not_found");
        world.Signals.ShouldBeEmpty();
        await world.HangUpAsync(Ben, call);
        (await CallWorld.RefusedAsync(() => TellAsync(world, Anna, call, Candidate("x")))).ShouldBe("call_over");
        (await CallWorld.RefusedAsync(() => world.SendAsync(new GetIce(Anna.Caller, call)))).ShouldBe("call_over");
    }

    [Fact]
    public async Task The_relay_is_opened_for_a_user_a_call_and_a_time()
    {
        await using var world = new CallWorld("Calls:StunUrls=stun:a:1", "Calls:TurnUrls=turn:a:1?transport=udp, turns:a:2", "Calls:TurnSecret=a shared secret of tests");
        var ice = (await world.StartAsync(Anna, Ben.User)).Ice!;
        ice.RelayOnly.ShouldBeTrue();
        ice.ExpiresAt.ShouldBe(world.Time.GetUtcNow().AddMinutes(10));
        ice.IceServers[0].ShouldSatisfyAllConditions(stun => stun.Urls.ShouldBe(["stun:a:1"]), stun => stun.Username.ShouldBeNull());
        ice.IceServers[1].Urls.ShouldBe(["turn:a:1?transport=udp", "turns:a:2"]);
        ice.IceServers[1].Username.ShouldStartWith($"{ice.ExpiresAt!.Value.ToUnixTimeSeconds()}:{Anna.User:N}.");

        await using var without = new CallWorld();
        (await without.StartAsync(Anna, Ben.User)).Ice!.ShouldSatisfyAllConditions(none => none.IceServers.ShouldBeEmpty(), none => none.RelayOnly.ShouldBeFalse());
    }

    [Fact]
    public void The_password_is_that_of_the_scheme() =>
        // echo -n 1600000000:alice | openssl dgst -sha1 -hmac north -binary | base64
        ModularChat.Calls.Relaying.Relay.Password("north", "1600000000:alice").ShouldBe("gq98pTOhhHaAu0we9aV79kOVVv0=");

    private static async Task<Guid> ActiveAsync(CallWorld world)
    {
        var call = (await world.StartAsync(Anna, Ben.User)).Call.Id;
        await world.SendAsync(new AcceptCall(Ben.Caller, call, Ben.LegId));
        return call;
    }

    private static CallSignal Candidate(string text) => new(SignalKind.Candidates, Candidates: [new IceCandidate(text, "0", 0)]);

    private static Task<CallInfo> TellAsync(CallWorld world, End end, Guid call, CallSignal signal) => world.SendAsync(new SignalCall(end.Caller, call, end.LegId, signal));

    private static async Task<NumberedSignal[]> AskAsync(CallWorld world, End end, Guid call, long after) =>
        (await world.SendAsync(new GetCall(end.Caller, call, after))).Signals;
}
