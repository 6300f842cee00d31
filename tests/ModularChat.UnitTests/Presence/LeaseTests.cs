using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Contracts.Presence;

namespace ModularChat.UnitTests.Presence;

public sealed class LeaseTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_a_sign_of_life_a_user_is_offline_after_the_life_of_the_lease_and_not_before()
    {
        await using var world = await World.StartAsync();
        var (bo, me) = (world.NewUser(), world.NewUser());
        await world.ConnectAsync(bo);
        await world.PassAsync(29 * Second);
        (await world.StateAsync(me, bo)).ShouldBe(PresenceState.Online);
        world.Time.Advance(Second);
        // Before the loop has looked.
        var gone = await world.SeeAsync(me, bo);
        gone.State.ShouldBe(PresenceState.Offline);
        gone.LastSeen.ShouldBe(world.Time.GetUtcNow() - (30 * Second));
        await world.TickAsync();
        (await world.SeeAsync(me, bo)).ShouldBe(gone with { AsOf = world.Time.GetUtcNow() });
        world.Leases.Count.ShouldBe(0);
    }

    [Fact]
    public async Task A_heartbeat_counts_from_when_it_came_and_not_from_when_it_was_told()
    {
        await using var world = await World.StartAsync();
        var (bo, me) = (world.NewUser(), world.NewUser());
        var device = await world.ConnectAsync(bo);
        await world.PassAsync(20 * Second);
        (await world.BeatAsync(device, ageMilliseconds: 5_000)).ShouldBeTrue();
        await world.PassAsync(24 * Second);
        (await world.StateAsync(me, bo)).ShouldBe(PresenceState.Online);
        await world.PassAsync(Second);
        (await world.StateAsync(me, bo)).ShouldBe(PresenceState.Offline);
        (await world.SeeAsync(me, bo)).LastSeen.ShouldBe(world.Time.GetUtcNow() - (30 * Second));
    }

    [Fact]
    public async Task A_heartbeat_after_the_end_is_told_to_be_unknown()
    {
        await using var world = await World.StartAsync();
        var device = await world.ConnectAsync(world.NewUser());
        await world.PassAsync(31 * Second);
        (await world.BeatAsync(device)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_drop_that_comes_back_within_the_time_never_shows()
    {
        await using var world = await World.StartAsync();
        var (bo, me) = (world.NewUser(), await world.ConnectAsync(world.NewUser()));
        var device = await world.ConnectAsync(bo);
        await world.WatchAsync(me, bo);
        world.TakenUsers(me).Single().State.ShouldBe(PresenceState.Online);
        await world.DropAsync(device);
        await world.PassAsync(29 * Second, me);
        (await world.StateAsync(me.User, bo)).ShouldBe(PresenceState.Online);
        device = await world.ConnectAsync(bo, device);
        await world.PassAsync(60 * Second, me, device);
        world.Taken(me).ShouldBeEmpty();

        await world.DropAsync(device);
        await world.PassAsync(29 * Second, me);
        world.Taken(me).ShouldBeEmpty();
        await world.PassAsync(2 * Second, me);
        world.TakenUsers(me).Single().State.ShouldBe(PresenceState.Offline);
    }

    [Fact]
    public async Task Logging_out_and_saying_goodbye_count_at_once()
    {
        await using var world = await World.StartAsync();
        var (bo, me) = (world.NewUser(), await world.ConnectAsync(world.NewUser()));
        var device = await world.ConnectAsync(bo);
        await world.WatchAsync(me, bo);
        world.Taken(me);

        await world.LogOutAsync(device);
        (await world.StateAsync(me.User, bo)).ShouldBe(PresenceState.Offline);
        await world.TickAsync();
        world.TakenUsers(me).Single().State.ShouldBe(PresenceState.Offline);
        // The connection closes after it: that makes nobody come back.
        await world.DropAsync(device);
        (await world.StateAsync(me.User, bo)).ShouldBe(PresenceState.Offline);

        device = await world.ConnectAsync(bo);
        (await world.StateAsync(me.User, bo)).ShouldBe(PresenceState.Online);
        await world.TickAsync();
        world.TakenUsers(me).Single().State.ShouldBe(PresenceState.Online);
        await world.GoodbyeAsync(device);
        (await world.StateAsync(me.User, bo)).ShouldBe(PresenceState.Offline);
        await world.TickAsync();
        world.TakenUsers(me).Single().State.ShouldBe(PresenceState.Offline);
    }

    [Fact]
    public async Task Logging_out_ends_what_lingers_of_the_session_and_nothing_of_others()
    {
        await using var world = await World.StartAsync();
        var (bo, me) = (world.NewUser(), world.NewUser());
        var (phone, desk) = (await world.ConnectAsync(bo), await world.ConnectAsync(bo));
        await world.DropAsync(phone);
        await world.LogOutAsync(phone);
        (await world.StateAsync(me, bo)).ShouldBe(PresenceState.Online);
        await world.DropAsync(desk);
        await world.LogOutAsync(desk);
        (await world.StateAsync(me, bo)).ShouldBe(PresenceState.Offline);
    }

    [Fact]
    public async Task A_user_is_there_while_any_device_is()
    {
        await using var world = await World.StartAsync();
        var (bo, me) = (world.NewUser(), world.NewUser());
        var (phone, desk) = (await world.ConnectAsync(bo), await world.ConnectAsync(bo));
        await world.GoodbyeAsync(phone);
        (await world.StateAsync(me, bo)).ShouldBe(PresenceState.Online);
        await world.PassAsync(60 * Second, desk);
        (await world.StateAsync(me, bo)).ShouldBe(PresenceState.Online);
        await world.GoodbyeAsync(desk);
        (await world.StateAsync(me, bo)).ShouldBe(PresenceState.Offline);
    }

    [Theory]
    [InlineData(-3)]
    [InlineData(3)]
    public async Task A_clock_that_is_set_back_or_forward_makes_nobody_come_or_go(int days)
    {
        await using var world = await World.StartAsync();
        var (bo, me) = (world.NewUser(), await world.ConnectAsync(world.NewUser()));
        var device = await world.ConnectAsync(bo);
        await world.WatchAsync(me, bo);
        var before = world.TakenUsers(me).Single().AsOf;

        world.Time.SetClock(TimeSpan.FromDays(days));
        await world.PassAsync(29 * Second, me);
        world.Taken(me).ShouldBeEmpty();
        (await world.StateAsync(me.User, bo)).ShouldBe(PresenceState.Online);
        await world.BeatAsync(device);
        await world.PassAsync(29 * Second, me);
        world.Taken(me).ShouldBeEmpty();
        await world.PassAsync(2 * Second, me);
        var gone = world.TakenUsers(me).Single();
        gone.State.ShouldBe(PresenceState.Offline);
        gone.AsOf.ShouldBeGreaterThanOrEqualTo(before, "Clients put answers in order by it.");
    }

    [Fact]
    public async Task A_thousand_users_who_flap_leave_nothing_behind()
    {
        await using var world = await World.StartAsync();
        Guid[] users = [.. Enumerable.Range(0, 1000).Select(_ => world.NewUser())];
        var devices = new Device?[users.Length];
        var watcher = await world.ConnectAsync(world.NewUser());
        await world.WatchAsync(watcher, users[..200]);
        world.Taken(watcher);
        var most = 0;
        for (var round = 0; round < 20; round++)
        {
            for (var i = 0; i < users.Length; i++)
            {
                devices[i] = await world.ConnectAsync(users[i], devices[i]);
                await world.WatchAsync(devices[i]!, users[(i + 1) % users.Length]);
                await world.DropAsync(devices[i]!);
            }
            await world.PassAsync(Second, watcher);
            most = Math.Max(most, world.Leases.Count);
        }
        most.ShouldBeLessThanOrEqualTo(users.Length + 1);
        world.TakenUsers(watcher).Length.ShouldBe(200, "They came once.");
        world.FanOut.Count.ShouldBe(1);
        await world.PassAsync(31 * Second, watcher);
        world.Leases.Count.ShouldBe(1);
        world.TakenUsers(watcher).Length.ShouldBe(200, "They went once.");
    }

    [Fact]
    public async Task Where_somebody_is_connected_is_told_without_what_lingers()
    {
        await using var world = await World.StartAsync();
        var bo = world.NewUser();
        var (phone, desk) = (await world.ConnectAsync(bo), await world.ConnectAsync(bo));
        await world.DropAsync(phone);
        var located = await world.Mediator.Send(new LocateConnections([bo, Ids.New()]), Token);
        located.ShouldBe([new ConnectionInfo(desk.Connection, bo, desk.Caller.DeviceId, "websocket", Guid.Empty)]);
    }

    [Fact]
    public async Task What_is_sent_is_activity_of_who_is_there_and_brings_nobody()
    {
        await using var world = await World.StartAsync("Presence:AwayAfterMinutes=1");
        var (bo, me) = (world.NewUser(), world.NewUser());
        await SendAsync(bo);
        (await world.StateAsync(me, bo)).ShouldBe(PresenceState.Offline);
        var device = await world.ConnectAsync(bo);
        await world.PassAsync(60 * Second, device);
        (await world.StateAsync(me, bo)).ShouldBe(PresenceState.Away);
        await SendAsync(bo);
        (await world.StateAsync(me, bo)).ShouldBe(PresenceState.Online);

        Task SendAsync(Guid sender)
        {
            var entry = new Entry { ConversationId = Ids.New(), Seq = 1, Kind = EntryKind.Message, SenderId = sender, At = DateTimeOffset.UnixEpoch, Number = 1 };
            return world.Mediator.Publish(new MessageStored(0, 0, 1, [new StoredEntry(1, entry, [sender])], []), Token);
        }
    }
}
