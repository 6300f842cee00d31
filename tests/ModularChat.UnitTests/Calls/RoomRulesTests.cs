using ModularChat.Calls.Calling;
using ModularChat.Calls.Rooms;
using ModularChat.Contracts;

namespace ModularChat.UnitTests.Calls;

/// <summary>The states of a voice room: every event in every state.</summary>
public sealed class RoomRulesTests
{
    private static readonly Guid Anna = Ids.New(), Ben = Ids.New(), Carl = Ids.New(), AnnasLeg = Ids.New(), BensLeg = Ids.New(), OtherLeg = Ids.New(), BensSession = Ids.New();

    private static readonly DateTimeOffset Begin = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly Moment Now = new(10_000, Begin.AddSeconds(10));

    private static readonly Room One = RoomRules.Begin(Ids.New(), Ids.New(), new Participant(Anna, AnnasLeg, Ids.New(), Begin, 15_000), null, new Moment(0, Begin), 1);

    private static readonly Room Two = RoomRules.Join(One, new Participant(Ben, BensLeg, BensSession, Begin, 20_000));

    private static readonly Room Mixed = RoomRules.Connect(RoomRules.Mix(Two, new MixerPlace("one", 1, 2, 3)), BensLeg, new Line(7, 8));

    private static readonly Dictionary<string, Func<Room, Room>> Events = new(StringComparer.Ordinal)
    {
        ["another joins"] = room => RoomRules.Join(room, new Participant(Carl, OtherLeg, null, Begin, 25_000)),
        ["another joins with a leg that is there"] = room => RoomRules.Join(room, new Participant(Carl, AnnasLeg, null, Begin, 25_000)),
        ["anna joins again"] = room => RoomRules.Join(room, new Participant(Anna, AnnasLeg, null, Begin, 25_000)),
        ["anna joins elsewhere"] = room => RoomRules.Join(room, new Participant(Anna, OtherLeg, null, Begin, 25_000)),
        ["anna leaves"] = room => RoomRules.Leave(room, Anna, AnnasLeg, Now),
        ["anna leaves elsewhere"] = room => RoomRules.Leave(room, Anna, OtherLeg, Now),
        ["ben leaves"] = room => RoomRules.Leave(room, Ben, BensLeg, Now),
        ["carl leaves"] = room => RoomRules.Leave(room, Carl, BensLeg, Now),
        ["anna renews"] = room => RoomRules.Renew(room, Anna, AnnasLeg, 25_000, null, null, null),
        ["anna renews for less"] = room => RoomRules.Renew(room, Anna, AnnasLeg, 14_000, null, null, null),
        ["anna renews elsewhere"] = room => RoomRules.Renew(room, Anna, OtherLeg, 25_000, null, null, null),
        ["anna mutes"] = room => RoomRules.Renew(room, Anna, AnnasLeg, 25_000, true, null, null),
        ["anna speaks"] = room => RoomRules.Renew(room, Anna, AnnasLeg, 25_000, null, null, true),
        ["anna speaks muted"] = room => RoomRules.Renew(RoomRules.Renew(room, Anna, AnnasLeg, 25_000, true, null, null), Anna, AnnasLeg, 25_000, null, null, true),
        ["ben is silenced"] = room => RoomRules.Silence(room, Ben, isSilenced: true),
        ["ben is given the word that he has"] = room => RoomRules.Silence(room, Ben, isSilenced: false),
        ["anna signals ben"] = room => Signal(room, Anna, AnnasLeg, BensLeg, 1),
        ["anna signals herself"] = room => Signal(room, Anna, AnnasLeg, AnnasLeg, 1),
        ["anna signals ben as another end"] = room => Signal(room, Anna, OtherLeg, BensLeg, 1),
        ["anna signals ben of another epoch"] = room => Signal(room, Anna, AnnasLeg, BensLeg, 9),
        ["anna signals the mixer"] = room => Signal(room, Anna, AnnasLeg, null, room.Epoch),
        ["carl signals"] = room => Signal(room, Carl, AnnasLeg, BensLeg, 1),
        ["a mixer"] = room => RoomRules.Mix(room, new MixerPlace("two", 4, 5, 6)),
        ["ben has a line"] = room => RoomRules.Connect(room, BensLeg, new Line(9, 9)),
        ["ben has no line"] = room => RoomRules.Connect(room, BensLeg, null),
        ["ben signs out"] = room => RoomRules.SignOut(room, BensSession, Now),
        ["another session ends"] = room => RoomRules.SignOut(room, Ids.New(), Now),
        ["ben is put out of the group"] = room => RoomRules.Keep(room, [Anna, Carl], Now),
        ["all are put out of the group"] = room => RoomRules.Keep(room, [Carl], Now),
        ["a look in time"] = room => RoomRules.Look(room, Now),
        ["a look when anna is gone"] = room => RoomRules.Look(room, new Moment(15_000, Begin.AddSeconds(15))),
        ["a look when all are gone"] = room => RoomRules.Look(room, new Moment(20_000, Begin.AddSeconds(20))),
    };

    private const string Same = "same", Quiet = "quiet", Told = "told", Over = "over", Gone = "not_found", Invalid = "invalid_request", Late = "conflict";

    // event: anna alone, anna and ben in a mesh, anna and ben at a mixer (epoch 2)
    private static readonly (string Event, string Alone, string Mesh, string AtMixer)[] Table =
    [
        ("another joins", Told, Told, Told),
        ("another joins with a leg that is there", "id_reused", "id_reused", "id_reused"),
        ("anna joins again", Same, Same, Same),
        ("anna joins elsewhere", Told, Told, Told),
        ("anna leaves", Over, Told, Told),
        ("anna leaves elsewhere", Same, Same, Same),
        ("ben leaves", Same, Told, Told),
        ("carl leaves", Same, Same, Same),
        ("anna renews", Quiet, Quiet, Quiet),
        ("anna renews for less", Same, Same, Same),
        ("anna renews elsewhere", Gone, Gone, Gone),
        ("anna mutes", Told, Told, Told),
        ("anna speaks", Told, Told, Told),
        ("anna speaks muted", Told, Told, Told),
        ("ben is silenced", Gone, Told, Told),
        ("ben is given the word that he has", Gone, Same, Same),
        ("anna signals ben", Gone, Same, Late),
        ("anna signals herself", Gone, Gone, Late),
        ("anna signals ben as another end", Gone, Gone, Gone),
        ("anna signals ben of another epoch", Late, Late, Late),
        ("anna signals the mixer", Invalid, Invalid, Same),
        ("carl signals", Gone, Gone, Gone),
        ("a mixer", Told, Told, Told),
        ("ben has a line", Same, Quiet, Quiet),
        ("ben has no line", Same, Same, Quiet),
        ("ben signs out", Same, Told, Told),
        ("another session ends", Same, Same, Same),
        ("ben is put out of the group", Same, Told, Told),
        ("all are put out of the group", Over, Over, Over),
        ("a look in time", Same, Same, Same),
        ("a look when anna is gone", Over, Told, Told),
        ("a look when all are gone", Over, Over, Over),
    ];

    [Fact]
    public void Every_event_in_every_state_does_what_the_table_says()
    {
        Table.Select(row => row.Event).ShouldBe(Events.Keys);
        List<string> wrong = [];
        foreach (var row in Table)
        {
            foreach (var (name, room, expected) in new[] { ("alone", One, row.Alone), ("mesh", Two, row.Mesh), ("mixer", Mixed, row.AtMixer) })
            {
                if (Outcome(Events[row.Event], room) is var outcome && outcome != expected)
                {
                    wrong.Add($"{row.Event}, {name}: {outcome}, not {expected}");
                }
            }
        }
        wrong.ShouldBeEmpty();
    }

    [Fact]
    public void What_changes_is_what_the_event_says()
    {
        var elsewhere = Events["anna joins elsewhere"](RoomRules.Silence(Two, Anna, isSilenced: true));
        elsewhere.Participants.Select(one => one.LegId).ShouldBe([BensLeg, OtherLeg], "The other end is the last that came: it offers.");
        elsewhere.Participants[1].IsSilenced.ShouldBeTrue("Another end is no way round it.");
        RoomRules.Join(RoomRules.Leave(elsewhere, Anna, OtherLeg, Now), new Participant(Anna, OtherLeg, null, Begin, 1)).Participants[1].IsSilenced.ShouldBeFalse();

        var muted = Events["anna speaks muted"](Two).Participants[0];
        (muted.IsMuted, muted.IsSpeaking).ShouldBe((true, false));
        RoomRules.Renew(RoomRules.Silence(Two, Anna, isSilenced: true), Anna, AnnasLeg, 1, null, null, true).Participants[0].IsSpeaking.ShouldBeFalse();

        var moved = Events["a mixer"](Mixed);
        (moved.Epoch, moved.Mixer!.Url, moved.Participants[1].Line).ShouldBe((3, "two", null));

        var over = Events["a look when all are gone"](Two);
        (over.Ended, over.EndedAt, over.LastId, RoomRules.Seconds(over)).ShouldBe((20_000, Begin.AddSeconds(20), Ben, 20));
        over.StarterId.ShouldBe(Anna);
    }

    private static Room Signal(Room room, Guid user, Guid leg, Guid? to, long epoch)
    {
        var (from, other) = RoomRules.Signal(room, user, leg, to, epoch);
        (from.LegId, other?.LegId).ShouldBe((leg, to));
        return room;
    }

    private static string Outcome(Func<Room, Room> happens, Room room)
    {
        try
        {
            var next = happens(room);
            return ReferenceEquals(next, room) ? Same : !next.IsLive ? Over : next.Version == room.Version ? Quiet : Told;
        }
        catch (ChatException e)
        {
            return e.Code.Code;
        }
    }
}
