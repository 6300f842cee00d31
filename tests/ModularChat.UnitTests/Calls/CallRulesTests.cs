using ModularChat.Calls.Calling;
using ModularChat.Contracts;
using ModularChat.Contracts.Calls;

namespace ModularChat.UnitTests.Calls;

/// <summary>The states of a call: every event in every state, by each end that may cause it.</summary>
public sealed class CallRulesTests
{
    private static readonly Guid Anna = Ids.New(), Ben = Ids.New(), AnnasLeg = Ids.New(), BensLeg = Ids.New(), OtherLeg = Ids.New(), AnnasSession = Ids.New(), BensSession = Ids.New();

    private static readonly DateTimeOffset Begin = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly Moment Now = new(10_000, Begin.AddSeconds(10));

    private static readonly Call Ringing = new()
    {
        Id = Ids.New(),
        ConversationId = Ids.Direct(Anna, Ben),
        CallerId = Anna,
        CalleeId = Ben,
        State = CallState.Ringing,
        Version = 1,
        StartedAt = Begin,
        CallerLeg = new Leg(AnnasLeg, AnnasSession, 15_000),
        RingUntil = 30_000,
    };

    private static readonly Call Active = Ringing with
    {
        State = CallState.Active,
        Version = 2,
        CalleeLeg = new Leg(BensLeg, BensSession, 20_000),
        Answered = 5_000,
        AnsweredAt = Begin.AddSeconds(5),
    };

    private static readonly Call Over = Active with { State = CallState.Ended, Version = 3, Ended = 9_000, EndedAt = Begin.AddSeconds(9), Outcome = CallOutcome.Ended };

    private static readonly Dictionary<string, Func<Call, Call>> Events = new(StringComparer.Ordinal)
    {
        ["callee accepts"] = call => CallRules.Accept(call, Ben, new Leg(BensLeg, BensSession, 25_000), Now),
        ["callee accepts elsewhere"] = call => CallRules.Accept(call, Ben, new Leg(OtherLeg, null, 25_000), Now),
        ["caller accepts"] = call => CallRules.Accept(call, Anna, new Leg(AnnasLeg, null, 25_000), Now),
        ["callee declines"] = call => CallRules.Decline(call, Ben, Now),
        ["caller declines"] = call => CallRules.Decline(call, Anna, Now),
        ["caller hangs up"] = call => CallRules.HangUp(call, Anna, AnnasLeg, hasFailed: false, Now),
        ["caller hangs up elsewhere"] = call => CallRules.HangUp(call, Anna, OtherLeg, hasFailed: false, Now),
        ["callee hangs up"] = call => CallRules.HangUp(call, Ben, BensLeg, hasFailed: false, Now),
        ["callee hangs up elsewhere"] = call => CallRules.HangUp(call, Ben, OtherLeg, hasFailed: false, Now),
        ["callee hangs up with the caller's end"] = call => CallRules.HangUp(call, Ben, AnnasLeg, hasFailed: false, Now),
        ["the media fail"] = call => CallRules.HangUp(call, Anna, AnnasLeg, hasFailed: true, Now),
        ["caller renews"] = call => CallRules.Renew(call, Anna, AnnasLeg, 25_000),
        ["caller renews elsewhere"] = call => CallRules.Renew(call, Anna, OtherLeg, 25_000),
        ["callee renews"] = call => CallRules.Renew(call, Ben, BensLeg, 25_000),
        ["callee renews for less"] = call => CallRules.Renew(call, Ben, BensLeg, 19_000),
        ["callee renews elsewhere"] = call => CallRules.Renew(call, Ben, OtherLeg, 25_000),
        ["caller signals"] = call => Signal(call, Anna, AnnasLeg, Ben, BensLeg),
        ["callee signals"] = call => Signal(call, Ben, BensLeg, Anna, AnnasLeg),
        ["callee signals elsewhere"] = call => Signal(call, Ben, OtherLeg, Anna, AnnasLeg),
        ["a look in time"] = call => CallRules.Look(call, Now),
        ["a look when the caller's end is gone"] = call => CallRules.Look(call, new Moment(15_000, Begin.AddSeconds(15))),
        ["a look when the callee's end is gone"] = call => CallRules.Look(Renewed(call), new Moment(20_000, Begin.AddSeconds(20))),
        ["a look after the ringing"] = call => CallRules.Look(Renewed(call), new Moment(30_000, Begin.AddSeconds(30))),
        ["a block"] = call => CallRules.Part(call, Now),
        ["caller signs out"] = call => CallRules.SignOut(call, AnnasSession, Now),
        ["callee signs out"] = call => CallRules.SignOut(call, BensSession, Now),
        ["another session ends"] = call => CallRules.SignOut(call, Ids.New(), Now),
    };

    private const string Same = "same", Renews = "renewed", NotIn = "forbidden", Gone = "call_over", Early = "conflict";

    // event: ringing, active, over
    private static readonly (string Event, string Ringing, string Active, string Over)[] Table =
    [
        ("callee accepts", "active", Same, Gone),
        ("callee accepts elsewhere", "active", Gone, Gone),
        ("caller accepts", NotIn, NotIn, NotIn),
        ("callee declines", "declined", Gone, Same),
        ("caller declines", NotIn, NotIn, NotIn),
        ("caller hangs up", "cancelled", "ended", Same),
        ("caller hangs up elsewhere", NotIn, NotIn, Same),
        ("callee hangs up", "declined", "ended", Same),
        ("callee hangs up elsewhere", "declined", NotIn, Same),
        ("callee hangs up with the caller's end", "declined", NotIn, Same),
        ("the media fail", "cancelled", "failed", Same),
        ("caller renews", Renews, Renews, Gone),
        ("caller renews elsewhere", NotIn, NotIn, Gone),
        ("callee renews", NotIn, Renews, Gone),
        ("callee renews for less", NotIn, Same, Gone),
        ("callee renews elsewhere", NotIn, NotIn, Gone),
        ("caller signals", Early, Same, Gone),
        ("callee signals", NotIn, Same, Gone),
        ("callee signals elsewhere", NotIn, NotIn, Gone),
        ("a look in time", Same, Same, Same),
        ("a look when the caller's end is gone", "missed", "lost", Same),
        ("a look when the callee's end is gone", Renews, "lost", Renews),
        ("a look after the ringing", "missed", "lost", Renews),
        ("a block", "missed", "ended", Same),
        ("caller signs out", "cancelled", "ended", Same),
        ("callee signs out", Same, "ended", Same),
        ("another session ends", Same, Same, Same),
    ];

    [Fact]
    public void Every_event_in_every_state_does_what_the_table_says()
    {
        Table.Select(row => row.Event).ShouldBe(Events.Keys, ignoreOrder: true);
        var wrong = new List<string>();
        foreach (var row in Table)
        {
            foreach (var (call, expected) in new[] { (Ringing, row.Ringing), (Active, row.Active), (Over, row.Over) })
            {
                if (Apply(row.Event, call) is var found && found != expected)
                {
                    wrong.Add($"{row.Event} while {call.State}: {found}, not {expected}");
                }
            }
        }
        wrong.ShouldBeEmpty(string.Join('\n', wrong));
    }

    [Fact]
    public void What_the_two_are_told_of_has_a_higher_version_and_what_they_are_not_has_the_same()
    {
        foreach (var (name, call) in from name in Events.Keys from call in (Call[])[Ringing, Active, Over] select (name, call))
        {
            var found = Apply(name, call);
            if (found is not (NotIn or Gone or Early))
            {
                var next = Events[name](call);
                (next.Version - call.Version).ShouldBe(found is Same or Renews ? 0 : 1, $"{name} while {call.State}");
                (next.ToInfo() == call.ToInfo()).ShouldBe(found is Same or Renews, $"{name} while {call.State}");
            }
        }
    }

    [Fact]
    public void An_answer_says_who_is_in_it_and_an_end_how_long_they_talked()
    {
        var active = Events["callee accepts"](Ringing);
        (active.CalleeLeg!.Id, active.AnsweredAt, active.CallerLeg.Until).ShouldBe((BensLeg, Now.Time, 25_000));

        var over = CallRules.HangUp(active, Ben, BensLeg, hasFailed: false, new Moment(72_900, Begin.AddDays(-1)));
        // By the clock that only goes on, whatever the time of day does.
        CallRules.Seconds(over).ShouldBe(62);
        CallRules.Seconds(Events["callee declines"](Ringing)).ShouldBeNull();
    }

    private static Call Renewed(Call call) => call with { CallerLeg = call.CallerLeg with { Until = 90_000 } };

    private static Call Signal(Call call, Guid from, Guid leg, Guid to, Guid toLeg)
    {
        var (userId, other) = CallRules.Signal(call, from, leg);
        (userId, other.Id).ShouldBe((to, toLeg));
        return call;
    }

    private static string Apply(string name, Call call)
    {
        try
        {
            var next = Events[name](call);
            return ReferenceEquals(next, call) ? Same
                : next.State == call.State ? Renews
                : next.State == CallState.Active ? "active"
                : next.Outcome.ToString()!.ToLowerInvariant();
        }
        catch (ChatException e)
        {
            return e.Code.Code;
        }
    }
}
