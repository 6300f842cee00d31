using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Calls;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;

namespace ModularChat.UnitTests.Calls;

/// <summary>Voice rooms: coming and going, what members are told, and the way to a mixer and between mixers.</summary>
public sealed class RoomTests
{
    private const string Sdp = "v=0\r\ns=-\r\n";

    private static readonly End Anna = End.Of(Ids.New()), Ben = End.Of(Ids.New()), Carl = End.Of(Ids.New()), Dora = End.Of(Ids.New()), Emil = End.Of(Ids.New()), Fred = End.Of(Ids.New());

    [Fact]
    public async Task A_room_begins_with_the_first_and_ends_with_the_last_and_all_members_are_told()
    {
        await using var world = new CallWorld("Calls:TurnUrls=turn:a:1", "Calls:TurnSecret=a shared secret of tests");
        var group = world.Group(Anna, Ben, Carl);
        var begun = await world.JoinAsync(Anna, group);
        begun.Ice!.IceServers[0].Username.ShouldEndWith($"{Anna.User:N}.{begun.Room.Id:N}");
        (await world.SendAsync(new ListRooms(Carl.Caller))).ShouldHaveSingleItem().Id.ShouldBe(begun.Room.Id);
        (await world.SendAsync(new ListRooms(Dora.Caller))).ShouldBeEmpty();
        world.Time.Advance(TimeSpan.FromSeconds(2));
        (await world.JoinAsync(Ben, group)).Room.Participants.Select(one => one.UserId).ShouldBe([Anna.User, Ben.User]);
        (await world.JoinAsync(Ben, group)).Room.Version.ShouldBe((await world.SeeAsync(Carl, group))!.Version, "A retry changes nothing.");
        world.RoomsTold.Count.ShouldBe(2);
        world.RoomsTold.ShouldAllBe(told => told.Recipients.SequenceEqual(world.Conversations[group]));
        world.Time.Advance(TimeSpan.FromSeconds(2));
        await world.LeaveAsync(Anna, group);
        world.Time.Advance(TimeSpan.FromSeconds(2));
        await world.LeaveAsync(Ben, group);

        world.RoomsTold[^1].Room.ShouldSatisfyAllConditions(over => over.Participants.ShouldBeEmpty(), over => over.EndedAt.ShouldNotBeNull());
        (await world.SeeAsync(Carl, group)).ShouldBeNull();
        world.Written.Select(entry => (entry.ConversationId, entry.CallerId, entry.Call)).ShouldBe(
            [(group, Anna.User, new CallBody(begun.Room.Id, CallEvent.Started)), (group, Anna.User, new CallBody(begun.Room.Id, CallEvent.Ended, 6))]);
        var another = (await world.JoinAsync(Carl, group)).Room;
        another.Id.ShouldNotBe(begun.Room.Id);
        another.Version.ShouldBeGreaterThan(world.RoomsTold[2].Room.Version);
    }

    [Fact]
    public async Task Who_gives_no_sign_of_life_or_is_put_out_or_signs_out_is_out()
    {
        await using var world = new CallWorld();
        var group = world.Group(Anna, Ben, Carl, Dora);
        foreach (var end in new[] { Anna, Ben, Carl, Dora })
        {
            await world.JoinAsync(end, group);
        }
        for (var i = 0; i < 16; i++)
        {
            world.Time.Advance(TimeSpan.FromSeconds(1));
            foreach (var end in new[] { Anna, Carl, Dora })
            {
                await world.RenewAsync(end, group);
            }
        }
        (await world.SeeAsync(Anna, group))!.Participants.Select(one => one.UserId).ShouldBe([Anna.User, Carl.User, Dora.User], "Nobody has looked, and yet.");
        (await CallWorld.RefusedAsync(() => world.RenewAsync(Ben, group))).ShouldBe("not_found");

        world.Conversations[group] = [Anna.User, Ben.User, Dora.User];
        (await CallWorld.RefusedAsync(() => world.RenewAsync(Carl, group))).ShouldBe("not_found");
        (await world.SeeAsync(Anna, group))!.Participants.Select(one => one.UserId).ShouldBe([Anna.User, Dora.User]);
        await world.JoinAsync(Ben, group);
        world.Conversations[group] = [Anna.User, Dora.User];
        (await world.RenewAsync(Anna, group)).Participants.Select(one => one.UserId).ShouldBe([Anna.User, Dora.User], "Others see that somebody was put out.");

        await world.ChangeMembersAsync(group, MembersAction.Added, Dora);
        (await world.SeeAsync(Anna, group))!.Participants.Length.ShouldBe(2);
        await world.ChangeMembersAsync(group, MembersAction.Removed, Dora);
        (await world.SeeAsync(Anna, group))!.Participants.ShouldHaveSingleItem("At once, whoever renews.");
        await world.JoinAsync(Dora, group);

        await world.PublishAsync(new SessionEnded(Dora.Caller.SessionId!.Value, Dora.User, Ids.New()));
        (await world.SeeAsync(Anna, group))!.Participants.ShouldHaveSingleItem();
        world.IsLogAway = true;
        await world.PassAsync(16);
        (await world.SeeAsync(Anna, group)).ShouldBeNull();
        world.Written.Count.ShouldBe(1);
        world.IsLogAway = false;
        await world.PassAsync(6);
        world.Written[^1].Call.Event.ShouldBe(CallEvent.Ended);
        await world.PassAsync(80);
        world.Written.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Changes_come_at_most_twice_a_second_as_the_newest_state_and_who_speaks_to_those_within_where_members_are_many()
    {
        await using var world = new CallWorld("Calls:SpeakingLimit=2");
        var group = world.Group(Anna, Ben, Carl);
        await world.JoinAsync(Anna, group);
        await world.RenewAsync(Anna, group, muted: true);
        await world.RenewAsync(Anna, group, muted: false);
        await world.JoinAsync(Ben, group);
        world.RoomsTold.Count.ShouldBe(2, "The first, to those within and to the others.");
        world.Time.Advance(TimeSpan.FromMilliseconds(500));
        await world.FlushAsync();
        world.RoomsTold.Skip(2).Select(told => (told.Room.Participants.Length, told.Recipients.Length)).ShouldBe([(2, 2), (2, 1)]);
        world.Time.Advance(TimeSpan.FromSeconds(1));
        await world.RenewAsync(Anna, group, speaking: true);
        world.RoomsTold.Skip(4).ShouldHaveSingleItem().Recipients.ShouldBe([Anna.User, Ben.User]);
        world.Time.Advance(TimeSpan.FromSeconds(1));
        await world.RenewAsync(Anna, group, muted: true);
        world.RoomsTold[^1].ShouldSatisfyAllConditions(
            told => told.Recipients.ShouldBe([Carl.User]), told => told.Room.Participants[0].Muted.ShouldBeTrue());
    }

    [Fact]
    public async Task Signals_reach_the_end_they_name_and_nobody_else_and_nothing_forged_does()
    {
        await using var world = new CallWorld();
        var group = world.Group(Anna, Ben, Carl, Dora);
        await world.JoinAsync(Anna, group);
        await world.JoinAsync(Ben, group);
        await world.JoinAsync(Carl, group);
        await TellAsync(world, Ben, group, Anna.LegId, new CallSignal(SignalKind.Offer, Sdp));
        await TellAsync(world, Carl, group, Anna.LegId, new CallSignal(SignalKind.Offer, Sdp));
        await TellAsync(world, Carl, group, Ben.LegId, new CallSignal(SignalKind.Offer, Sdp));
        world.RoomSignals.Select(told => (told.Recipient, told.LegId, told.Signal.From, told.Signal.Number)).ShouldBe(
            [(Anna.User, Anna.LegId, Ben.LegId, 1), (Anna.User, Anna.LegId, Carl.LegId, 2), (Ben.User, Ben.LegId, Carl.LegId, 3)]);
        (await world.SendAsync(new GetRoom(Anna.Caller, group, Anna.LegId, 0))).Signals.Select(told => told.Number).ShouldBe([1, 2]);
        (await world.SendAsync(new GetRoom(Anna.Caller, group, Ben.LegId, 0))).Signals.ShouldBeEmpty("The end of somebody else.");

        (await CallWorld.RefusedAsync(() => TellAsync(world, Dora, group, Anna.LegId, new CallSignal(SignalKind.Restart)))).ShouldBe("not_found");
        (await CallWorld.RefusedAsync(() => TellAsync(world, Dora with { LegId = Ben.LegId }, group, Anna.LegId, new CallSignal(SignalKind.Restart)))).ShouldBe("not_found");
        (await CallWorld.RefusedAsync(() => TellAsync(world, Emil, Ids.New(), Anna.LegId, new CallSignal(SignalKind.Restart)))).ShouldBe("not_found");
        (await CallWorld.RefusedAsync(() => TellAsync(world, Ben, group, Anna.LegId, new CallSignal(SignalKind.Offer, "garbage")))).ShouldBe("invalid_request");
        (await CallWorld.RefusedAsync(() => world.SendAsync(new JoinRoom(Dora.Caller, group, Anna.LegId, false, false)))).ShouldBe("id_reused");
        for (var i = 0; i < 5; i++)
        {
            await TellAsync(world, Ben, group, Anna.LegId, Candidates(20));
        }
        (await CallWorld.RefusedAsync(() => TellAsync(world, Ben, group, Anna.LegId, Candidates(1)))).ShouldBe("limit_reached");
        await TellAsync(world, Ben, group, Carl.LegId, Candidates(1));
        await world.LeaveAsync(Ben, group);
        (await world.SendAsync(new GetRoom(Anna.Caller, group, Anna.LegId, 0))).Signals.ShouldHaveSingleItem().From.ShouldBe(Carl.LegId);
    }

    [Fact]
    public async Task Only_members_of_groups_come_in_so_many_and_so_often()
    {
        await using var world = new CallWorld("Calls:JoinsPerMinute=3", "Calls:MeshLimit=2", "Calls:RoomParticipants=2");
        var group = world.Group(Anna, Ben, Carl);
        (await CallWorld.RefusedAsync(() => world.JoinAsync(Dora, group))).ShouldBe("not_found");
        (await CallWorld.RefusedAsync(() => world.SendAsync(new GetRoom(Dora.Caller, group, null, 0)))).ShouldBe("not_found");
        var direct = Ids.Direct(Anna.User, Ben.User);
        world.Conversations[direct] = [Anna.User, Ben.User];
        (await CallWorld.RefusedAsync(() => world.JoinAsync(Anna, direct))).ShouldBe("forbidden");
        for (var i = 0; i < 3; i++)
        {
            await world.JoinAsync(Anna, group);
        }
        (await CallWorld.RefusedAsync(() => world.JoinAsync(Anna, group))).ShouldBe("rate_limited");
        await world.JoinAsync(Ben, group);
        (await CallWorld.RefusedAsync(() => world.JoinAsync(Carl, group))).ShouldBe("limit_reached");
        (await CallWorld.RefusedAsync(() => world.SendAsync(new GetRoomIce(Carl.Caller, group)))).ShouldBe("not_found");
        (await CallWorld.RefusedAsync(() => world.SendAsync(new SilenceInRoom(Anna.Caller, group, Ben.User, true)))).ShouldBe("forbidden");
        world.Administrators.Add(Anna.User);
        (await world.SendAsync(new SilenceInRoom(Anna.Caller, group, Ben.User, true))).Participants[1].Silenced.ShouldBeTrue();
    }

    [Fact]
    public async Task While_nobody_listens_to_the_mixer_its_session_is_taken_from_the_dead_before_it_has_anything_to_answer()
    {
        await using var world = new CallWorld("Calls:AlwaysMix=true", "Calls:JanusUrls=http://one/janus", "Calls:JanusSecret=a shared secret of tests");
        var group = world.Group(Anna, Ben);
        var epoch = (await world.JoinAsync(Anna, group)).Room.Epoch;
        await world.OrphanAsync(group);

        await TellAsync(world, Anna, group, null, new CallSignal(SignalKind.Offer, Sdp), epoch);

        world.Mixer.Done.ShouldBe(["open http://one/janus", "attach", "offer"]);
        world.Mixer.TakenOver.ShouldBe([1]);
    }

    [Fact]
    public async Task Above_the_mesh_everybody_moves_to_the_least_loaded_mixer_and_to_another_when_it_is_lost()
    {
        await using var world = new CallWorld("Calls:MeshLimit=2", "Calls:JanusUrls=http://one/janus,http://two/janus", "Calls:JanusSecret=a shared secret of tests");
        var (group, other) = (world.Group(Anna, Ben, Carl), world.Group(Dora, Emil, Fred));
        foreach (var end in new[] { Anna, Ben, Carl })
        {
            await world.JoinAsync(end, group);
        }
        var mixed = (await world.SeeAsync(Anna, group))!;
        (mixed.Mode, mixed.Epoch).ShouldBe((RoomMode.Mixed, 2));
        foreach (var end in new[] { Dora, Emil, Fred })
        {
            await world.JoinAsync(end, other);
        }
        world.Mixer.Done.ShouldBe(["open http://one/janus", "open http://two/janus"]);

        (await CallWorld.RefusedAsync(() => TellAsync(world, Anna, group, Ben.LegId, new CallSignal(SignalKind.Offer, Sdp), 2))).ShouldBe("invalid_request");
        (await CallWorld.RefusedAsync(() => TellAsync(world, Anna, group, null, new CallSignal(SignalKind.Offer, Sdp), 1))).ShouldBe("conflict");
        await ListenAsync(world);
        (await CallWorld.RefusedAsync(() => TellAsync(world, Anna, group, null, Candidates(1), 2))).ShouldBe("conflict");
        await TellAsync(world, Anna, group, null, new CallSignal(SignalKind.Offer, Sdp), 2);
        await TellAsync(world, Anna, group, null, Candidates(1), 2);
        for (var i = 0; i < 9; i++)
        {
            await TellAsync(world, Anna, group, null, Candidates(11), 2);
        }
        (await CallWorld.RefusedAsync(() => TellAsync(world, Anna, group, null, Candidates(1), 2))).ShouldBe("limit_reached");
        var answer = await HeardAsync(world, Anna, SignalKind.Answer);
        (answer.Signal.From, answer.Signal.Epoch, answer.Signal.Signal.Sdp).ShouldBe((null, 2L, Sdp));
        world.Administrators.Add(Ben.User);
        await world.SendAsync(new SilenceInRoom(Ben.Caller, group, Anna.User, true));
        await UntilAsync(() => world.Mixer.Done.Contains("silence"));
        await TellAsync(world, Anna, group, null, new CallSignal(SignalKind.Restart), 2);
        await UntilAsync(() => world.Mixer.Done.Contains("detach"));

        world.Mixer.Away.Add("http://one/janus");
        world.Mixer.Kill("http://one/janus");
        await UntilAsync(async () => (await world.SeeAsync(Anna, group))!.Epoch == 3);
        world.Mixer.Done.Count(done => done == "open http://two/janus").ShouldBe(2);
        await ListenAsync(world);
        await TellAsync(world, Ben, group, null, new CallSignal(SignalKind.Offer, Sdp), 3);
        (await HeardAsync(world, Ben, SignalKind.Answer)).Signal.Epoch.ShouldBe(3);

        foreach (var end in new[] { Anna, Ben, Carl })
        {
            await world.LeaveAsync(end, group);
        }
        await UntilAsync(() => world.Mixer.Done.Contains("close http://two/janus"));
        world.Mixer.Sessions.ShouldBe(1);
    }

    [Fact]
    public async Task Without_a_mixer_that_answers_nobody_comes_in_above_the_mesh_and_what_was_left_on_it_is_swept()
    {
        await using var world = new CallWorld("Calls:AlwaysMix=true", "Calls:JanusUrls=http://one/janus", "Calls:JanusSecret=a shared secret of tests");
        var group = world.Group(Anna, Ben);
        world.Mixer.Away.Add("http://one/janus");
        (await CallWorld.RefusedAsync(() => world.JoinAsync(Anna, group))).ShouldBe("unavailable");
        world.Mixer.Away.Clear();
        (await world.JoinAsync(Anna, group)).Room.Mode.ShouldBe(RoomMode.Mixed);
        await world.Mixer.OpenAsync("http://one/janus", Guid.Empty, TestContext.Current.CancellationToken);
        await world.SweepAsync();
        world.Mixer.Sessions.ShouldBe(2, "It may just have been made.");
        await world.SweepAsync();
        world.Mixer.Sessions.ShouldBe(1);
    }

    /// <summary>The server looks when the one who listens has to say that it does.</summary>
    private static Task ListenAsync(CallWorld world)
    {
        world.Time.Advance(TimeSpan.FromSeconds(6));
        return world.LookAtRoomsAsync();
    }

    private static CallSignal Candidates(int count) => new(SignalKind.Candidates, Candidates: [.. Enumerable.Repeat(new IceCandidate("candidate:1", "0", 0), count)]);

    private static Task<Unit> TellAsync(CallWorld world, End end, Guid group, Guid? to, CallSignal signal, long epoch = 1) =>
        world.SendAsync(new SignalRoom(end.Caller, group, end.LegId, to, epoch, signal));

    private static async Task<RoomSignalled> HeardAsync(CallWorld world, End end, SignalKind kind)
    {
        RoomSignalled? heard = null;
        await UntilAsync(() =>
        {
            lock (world.RoomSignals)
            {
                heard = world.RoomSignals.LastOrDefault(told => told.LegId == end.LegId && told.Signal.Signal.Kind == kind);
            }
            return heard is not null;
        });
        return heard!;
    }

    private static Task UntilAsync(Func<bool> isSo) => UntilAsync(() => Task.FromResult(isSo()));

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        for (var i = 0; !await isSo(); i++)
        {
            i.ShouldBeLessThan(3_000);
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}
