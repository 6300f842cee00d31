using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Contracts.Presence;

namespace ModularChat.UnitTests.Presence;

public sealed class WatchTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_watches_is_told_everybody_first_and_then_what_changes()
    {
        await using var world = await World.StartAsync();
        var me = await world.ConnectAsync(world.NewUser());
        var (bo, carl) = (world.NewUser(), world.NewUser());
        await world.ConnectAsync(bo);
        await world.WatchAsync(me, carl, bo, carl);
        world.TakenUsers(me).Select(user => (user.UserId, user.State)).ShouldBe([(carl, PresenceState.Offline), (bo, PresenceState.Online)]);
        await world.ConnectAsync(carl);
        await world.TickAsync();
        world.TakenUsers(me).Select(user => (user.UserId, user.State)).ShouldBe([(carl, PresenceState.Online)]);
        await world.WatchAsync(me);
        world.Taken(me).Single().Users.ShouldBeEmpty();
        await world.SetAsync(bo, PresenceState.Dnd);
        await world.TickAsync();
        world.Taken(me).ShouldBeEmpty("It watches nobody any more.");
    }

    [Fact]
    public async Task What_changes_back_within_a_second_is_never_told_and_many_changes_are_one()
    {
        await using var world = await World.StartAsync();
        var me = await world.ConnectAsync(world.NewUser());
        var bo = await world.ConnectAsync(world.NewUser());
        await world.WatchAsync(me, bo.User);
        await world.TickAsync();
        world.Taken(me);
        await world.LogOutAsync(bo);
        bo = await world.ConnectAsync(bo.User);
        await world.SetAsync(bo.User, PresenceState.Dnd);
        await world.SetAsync(bo.User, PresenceState.Online);
        await world.TickAsync();
        world.Taken(me).ShouldBeEmpty();
        await world.SetAsync(bo.User, PresenceState.Away);
        await world.SetAsync(bo.User, PresenceState.Dnd);
        world.Taken(me).ShouldBeEmpty();
        await world.TickAsync();
        world.TakenUsers(me).Single().State.ShouldBe(PresenceState.Dnd);
    }

    [Fact]
    public async Task Contacts_are_oneself_direct_partners_and_friends_and_follow_their_changes()
    {
        await using var world = await World.StartAsync();
        var (me, friend, partner, later) = (await world.ConnectAsync(world.NewUser()), world.NewUser(), world.NewUser(), world.NewUser());
        world.Neighbours.Friends.Add((me.User, friend));
        world.Neighbours.Directs.Add((partner, me.User));
        await world.WatchAsync(me, contacts: true, [], []);
        world.TakenUsers(me).Select(user => user.UserId).ShouldBe([me.User, partner, friend]);

        world.Neighbours.Friends.Add((later, me.User));
        await world.ChangedAsync(me.User, "friends");
        await world.TickAsync();
        world.TakenUsers(me).Select(user => user.UserId).ShouldContain(later);
        await world.ConnectAsync(later);
        await world.TickAsync();
        world.TakenUsers(me).Select(user => (user.UserId, user.State)).ShouldBe([(later, PresenceState.Online)]);

        var stranger = world.NewUser();
        world.Neighbours.Directs.Add((stranger, me.User));
        var created = new Entry { ConversationId = Ids.New(), Seq = 1, Kind = EntryKind.Created, SenderId = stranger, At = DateTimeOffset.UnixEpoch, Number = 0 };
        await world.Mediator.Publish(new MessageStored(0, 0, 1, [new StoredEntry(1, created, [stranger, me.User])], []), Token);
        await world.TickAsync();
        world.TakenUsers(me).Select(user => user.UserId).ShouldBe([stranger]);

        world.Neighbours.Friends.Remove((me.User, friend));
        await world.ChangedAsync(me.User, "friends");
        await world.TickAsync();
        world.Taken(me);
        await world.ConnectAsync(friend);
        await world.TickAsync();
        world.Taken(me).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_small_group_gives_its_members_and_a_large_one_a_count()
    {
        await using var world = await World.StartAsync("Presence:PresenceGroupLimit=3");
        var me = await world.ConnectAsync(world.NewUser());
        var (bo, carl, dora) = (world.NewUser(), world.NewUser(), world.NewUser());
        var (small, large) = (Ids.New(), Ids.New());
        world.Neighbours.Groups[small] = [me.User, bo, carl];
        world.Neighbours.Groups[large] = [me.User, bo, carl, dora];
        foreach (var user in new[] { bo, carl, dora })
        {
            await world.ConnectAsync(user);
        }
        await world.SetAsync(carl, PresenceState.Invisible);
        await world.BlockAsync(dora, me.User);

        await world.WatchAsync(me, contacts: false, [], [small, large]);
        var told = world.Taken(me).Single();
        told.Users.Select(user => (user.UserId, user.State)).ShouldBe([(me.User, PresenceState.Online), (bo, PresenceState.Online), (carl, PresenceState.Offline)]);
        var count = told.Groups!.Single();
        (count.ConversationId, count.Online, count.Members).ShouldBe((large, 2, 4));
        await world.TickAsync();
        world.Taken(me);
        await world.SetAsync(dora, PresenceState.Away);
        await world.TickAsync();
        world.Taken(me).ShouldBeEmpty("A count is told when it is asked for.");
    }

    [Fact]
    public async Task No_more_users_than_the_limit_are_watched_and_those_on_the_screen_come_first()
    {
        await using var world = await World.StartAsync("Presence:MaxPresencePush=3");
        var me = await world.ConnectAsync(world.NewUser());
        var (screen, partner, friend) = (world.NewUser(), world.NewUser(), world.NewUser());
        world.Neighbours.Friends.Add((me.User, friend));
        world.Neighbours.Directs.Add((partner, me.User));
        await world.WatchAsync(me, contacts: true, [screen], []);
        var told = world.Taken(me).Single();
        told.IsTruncated.ShouldBeTrue();
        told.Users.Select(user => user.UserId).ShouldBe([screen, me.User, partner]);
        await world.WatchAsync(me, contacts: true, [], []);
        world.Taken(me).Single().IsTruncated.ShouldBeFalse();

        var refusal = await Should.ThrowAsync<ChatException>(() => world.WatchAsync(me, Ids.New(), Ids.New(), Ids.New(), Ids.New()));
        (refusal.Code, refusal.Limit).ShouldBe((ProblemCodes.TooLong, 3));
    }

    [Fact]
    public async Task Watching_is_refused_for_groups_one_is_not_in_for_others_connections_and_above_its_rate()
    {
        await using var world = await World.StartAsync();
        var (me, bo) = (await world.ConnectAsync(world.NewUser()), await world.ConnectAsync(world.NewUser()));
        var group = Ids.New();
        world.Neighbours.Groups[group] = [bo.User];
        await world.WatchAsync(me, bo.User);
        world.Taken(me);
        (await RefusedAsync(() => world.WatchAsync(me, false, [], [group]))).Code.ShouldBe(ProblemCodes.NotFound);
        (await RefusedAsync(() => world.WatchAsync(me, false, [], [.. Enumerable.Range(0, 21).Select(_ => Ids.New())]))).Code.ShouldBe(ProblemCodes.TooLong);
        var others = await RefusedAsync(() => world.Mediator.Send(new WatchPresence(me.Caller, bo.Connection, false, [], []), Token));
        var nobodys = await RefusedAsync(() => world.Mediator.Send(new WatchPresence(me.Caller, Ids.New(), false, [], []), Token));
        (others.Code, others.Message).ShouldBe((nobodys.Code, nobodys.Message));
        (await RefusedAsync(() => world.Mediator.Send(new SignalActivity(me.Caller, bo.Connection, true), Token))).Code.ShouldBe(ProblemCodes.NotFound);
        await world.SetAsync(bo.User, PresenceState.Dnd);
        await world.TickAsync();
        world.TakenUsers(me).Single().State.ShouldBe(PresenceState.Dnd, "What is refused changes nothing.");

        for (var i = 0; i < 3; i++)
        {
            await world.WatchAsync(me, bo.User);
        }
        var refusal = await RefusedAsync(() => world.WatchAsync(me, bo.User));
        refusal.Code.ShouldBe(ProblemCodes.RateLimited);
        world.Time.Advance(refusal.RetryAfter!.Value);
        await world.WatchAsync(me, bo.User);
    }

    [Fact]
    public async Task A_connection_that_is_gone_watches_nobody()
    {
        await using var world = await World.StartAsync();
        var (me, bo) = (await world.ConnectAsync(world.NewUser()), world.NewUser());
        await world.WatchAsync(me, bo);
        world.FanOut.Count.ShouldBe(1);
        await world.DropAsync(me);
        await world.TickAsync();
        world.FanOut.Count.ShouldBe(0);
        (await RefusedAsync(() => world.WatchAsync(me, bo))).Code.ShouldBe(ProblemCodes.NotFound);
    }

    [Theory]
    [InlineData(PresenceVisibility.Everybody, true, true)]
    [InlineData(PresenceVisibility.Friends, true, false)]
    [InlineData(PresenceVisibility.Nobody, false, false)]
    public async Task Who_may_see_is_told_and_who_may_not_hears_the_same_as_of_nobody(PresenceVisibility visibility, bool friendSees, bool strangerSees)
    {
        await using var world = await World.StartAsync();
        var (friend, stranger, own) = (await world.ConnectAsync(world.NewUser()), await world.ConnectAsync(world.NewUser()), await world.ConnectAsync(world.NewUser()));
        var bo = own.User;
        world.Neighbours.Friends.Add((friend.User, bo));
        world.Neighbours.Visibility[bo] = visibility;
        var nobody = Ids.New();
        await world.SetAsync(bo, status: new PresenceStatus("here"));
        foreach (var device in new[] { friend, stranger, own })
        {
            await world.WatchAsync(device, bo, nobody);
        }
        Check(friend, friendSees, PresenceState.Online);
        Check(stranger, strangerSees, PresenceState.Online);
        Check(own, sees: true, PresenceState.Online);

        await world.SetAsync(bo, PresenceState.Dnd);
        await world.TickAsync();
        (world.Taken(friend).Length, world.Taken(stranger).Length, world.Taken(own).Length).ShouldBe((friendSees ? 1 : 0, strangerSees ? 1 : 0, 1));
        (await world.SeeAsync(friend.User, bo)).State.ShouldBe(friendSees ? PresenceState.Dnd : PresenceState.Offline);
        (await world.SeeAsync(bo, bo)).State.ShouldBe(PresenceState.Dnd);

        void Check(Device device, bool sees, PresenceState state)
        {
            var told = world.TakenUsers(device);
            told.Select(user => user.UserId).ShouldBe([bo, nobody]);
            if (sees)
            {
                (told[0].State, told[0].Status!.Text).ShouldBe((state, "here"));
            }
            else
            {
                told[0].ShouldBe(told[1] with { UserId = bo });
            }
        }
    }

    [Fact]
    public async Task Blocked_people_see_nothing_of_each_other_from_the_block_on()
    {
        await using var world = await World.StartAsync();
        var (me, bo) = (await world.ConnectAsync(world.NewUser()), await world.ConnectAsync(world.NewUser()));
        await world.WatchAsync(me, bo.User);
        await world.WatchAsync(bo, me.User);
        (world.TakenUsers(me).Single().State, world.TakenUsers(bo).Single().State).ShouldBe((PresenceState.Online, PresenceState.Online));

        await world.BlockAsync(bo.User, me.User);
        await world.TickAsync();
        foreach (var (device, other) in new[] { (me, bo), (bo, me) })
        {
            var told = world.TakenUsers(device).Single();
            told.ShouldBe(new PresenceInfo(other.User, PresenceState.Offline, told.AsOf));
            (await world.SeeAsync(device.User, other.User)).ShouldBe(new PresenceInfo(other.User, PresenceState.Offline, told.AsOf));
        }
        await world.SetAsync(bo.User, PresenceState.Away, new PresenceStatus("x"));
        await world.GoodbyeAsync(bo);
        await world.ChangedAsync(bo.User, "settings");
        await world.PassAsync(5 * Second);
        world.Taken(me).ShouldBeEmpty("and nothing ever after");
    }

    [Fact]
    public async Task A_change_of_who_may_see_is_seen_without_its_event_within_half_a_minute()
    {
        await using var world = await World.StartAsync();
        var (me, bo) = (world.NewUser(), await world.ConnectAsync(world.NewUser()));
        (await world.StateAsync(me, bo.User)).ShouldBe(PresenceState.Online);
        world.Neighbours.Visibility[bo.User] = PresenceVisibility.Nobody;
        await world.PassAsync(29 * Second, bo);
        (await world.StateAsync(me, bo.User)).ShouldBe(PresenceState.Online);
        await world.PassAsync(Second, bo);
        (await world.StateAsync(me, bo.User)).ShouldBe(PresenceState.Offline);
    }

    [Fact]
    public async Task After_a_start_nobody_is_called_offline_before_they_could_come_back()
    {
        await using var world = await World.StartAsync(null, settle: false, null);
        var me = await world.ConnectAsync(world.NewUser());
        var (quick, slow, gone, hidden, nobody) = (world.NewUser(), world.NewUser(), world.NewUser(), world.NewUser(), Ids.New());
        world.Neighbours.Visibility[hidden] = PresenceVisibility.Nobody;
        await world.ConnectAsync(hidden);
        await world.ConnectAsync(quick);
        await world.WatchAsync(me, quick, slow, gone, hidden, nobody);
        world.TakenUsers(me).Select(user => (user.UserId, user.State)).ShouldBe([(quick, PresenceState.Online)]);
        var asked = await world.SeeAsync(me.User, gone);
        (asked.State, asked.LastSeen).ShouldBe((PresenceState.Offline, null));
        await world.PassAsync(20 * Second, me);
        world.Taken(me).ShouldBeEmpty();
        var back = await world.ConnectAsync(slow);
        await world.TickAsync();
        world.TakenUsers(me).Select(user => (user.UserId, user.State)).ShouldBe([(slow, PresenceState.Online)]);
        await world.PassAsync(10 * Second, me, back);
        world.TakenUsers(me).Where(user => user.State == PresenceState.Offline).Select(user => user.UserId).Order()
            .ShouldBe(new[] { gone, hidden, nobody, quick }.Order());
    }

    private static Task<ChatException> RefusedAsync(Func<Task> call) => Should.ThrowAsync<ChatException>(call);
}
