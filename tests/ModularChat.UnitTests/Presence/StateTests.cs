using ModularChat.Contracts;
using ModularChat.Contracts.Presence;

namespace ModularChat.UnitTests.Presence;

public sealed class StateTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1), Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Without_activity_a_user_is_away_and_activity_on_one_device_ends_it_on_all()
    {
        await using var world = await World.StartAsync();
        var (bo, me) = (world.NewUser(), await world.ConnectAsync(world.NewUser()));
        var (phone, desk) = (await world.ConnectAsync(bo), await world.ConnectAsync(bo));
        await world.WatchAsync(me, bo);
        await world.WatchAsync(desk, bo);
        (world.Taken(me), world.Taken(desk)).ShouldNotBe(([], []));

        await world.PassAsync(10 * Minute - Second, phone, desk, me);
        world.Taken(me).ShouldBeEmpty();
        await world.PassAsync(Second);
        world.TakenUsers(me).Single().State.ShouldBe(PresenceState.Away);
        world.TakenUsers(desk).Single().State.ShouldBe(PresenceState.Away);
        await world.BeatAsync(desk);
        await world.TickAsync();
        world.Taken(me).ShouldBeEmpty();

        await world.BeatAsync(phone, isActive: true);
        await world.TickAsync();
        world.TakenUsers(me).Single().State.ShouldBe(PresenceState.Online);
        world.TakenUsers(desk).Single().State.ShouldBe(PresenceState.Online);
    }

    [Fact]
    public async Task A_device_that_comes_beside_another_is_no_activity_and_one_that_comes_from_offline_is()
    {
        await using var world = await World.StartAsync();
        var (bo, me) = (world.NewUser(), world.NewUser());
        var desk = await world.ConnectAsync(bo);
        await world.PassAsync(11 * Minute, desk);
        var phone = await world.ConnectAsync(bo);
        (await world.StateAsync(me, bo)).ShouldBe(PresenceState.Away);
        await world.GoodbyeAsync(desk);
        await world.GoodbyeAsync(phone);
        await world.TickAsync();
        await world.ConnectAsync(bo);
        (await world.StateAsync(me, bo)).ShouldBe(PresenceState.Online);
    }

    [Theory]
    [InlineData(PresenceState.Away)]
    [InlineData(PresenceState.Dnd)]
    public async Task What_was_chosen_holds_whatever_the_user_does_and_over_a_restart(PresenceState chosen)
    {
        var folder = Directory.CreateTempSubdirectory("modularchat-unit-");
        var (bo, me) = (Guid.Empty, Guid.Empty);
        await using (var world = await World.StartAsync(folder, settle: true, null))
        {
            (bo, me) = (world.NewUser(), world.NewUser());
            var device = await world.ConnectAsync(bo);
            var own = await world.SetAsync(bo, chosen);
            (own.State, own.Chosen).ShouldBe((chosen, chosen));
            await world.BeatAsync(device, isActive: true);
            await world.PassAsync(Minute, device);
            var seen = await world.SeeAsync(me, bo);
            (seen.State, seen.Chosen).ShouldBe((chosen, null));
            await world.GoodbyeAsync(device);
            (await world.StateAsync(me, bo)).ShouldBe(PresenceState.Offline);
        }
        await using (var world = await World.StartAsync(folder, settle: true, null))
        {
            world.Neighbours.Users.UnionWith([bo, me]);
            await world.ConnectAsync(bo);
            (await world.StateAsync(me, bo)).ShouldBe(chosen);
            (await world.SetAsync(bo, PresenceState.Online)).State.ShouldBe(PresenceState.Online);
            (await world.StateAsync(me, bo)).ShouldBe(PresenceState.Online);
        }
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task An_invisible_user_is_offline_to_others_since_they_were_last_seen_and_not_to_their_own_devices()
    {
        await using var world = await World.StartAsync();
        var (bo, me) = (world.NewUser(), await world.ConnectAsync(world.NewUser()));
        var (phone, desk) = (await world.ConnectAsync(bo), await world.ConnectAsync(bo));
        await world.WatchAsync(me, bo);
        await world.WatchAsync(desk, bo);
        (world.Taken(me), world.Taken(desk)).ShouldNotBe(([], []));

        var hidden = world.Time.GetUtcNow();
        (await world.SetAsync(bo, PresenceState.Invisible)).State.ShouldBe(PresenceState.Invisible);
        await world.TickAsync();
        var told = world.TakenUsers(me).Single();
        (told.State, told.LastSeen, told.Chosen).ShouldBe((PresenceState.Offline, hidden, null));
        world.TakenUsers(desk).Single().State.ShouldBe(PresenceState.Invisible);

        // What they do there shows nowhere.
        await world.PassAsync(20 * Second, phone, desk, me);
        await world.BeatAsync(phone, isActive: true);
        await world.GoodbyeAsync(phone);
        await world.GoodbyeAsync(desk);
        await world.PassAsync(2 * Second, me);
        world.Taken(me).ShouldBeEmpty();
        (await world.SeeAsync(me.User, bo)).LastSeen.ShouldBe(hidden);
        phone = await world.ConnectAsync(bo);
        await world.PassAsync(2 * Second, me);
        world.Taken(me).ShouldBeEmpty();
        var seen = await world.SeeAsync(me.User, bo);
        (seen.State, seen.LastSeen).ShouldBe((PresenceState.Offline, hidden));

        await world.SetAsync(bo, PresenceState.Online);
        await world.TickAsync();
        world.TakenUsers(me).Single().State.ShouldBe(PresenceState.Online);
    }

    [Fact]
    public async Task A_status_is_told_at_once_and_until_it_expires()
    {
        await using var world = await World.StartAsync();
        var (bo, me) = (world.NewUser(), await world.ConnectAsync(world.NewUser()));
        var device = await world.ConnectAsync(bo);
        await world.WatchAsync(me, bo);
        world.Taken(me);
        var until = world.Time.GetUtcNow() + (20 * Second);

        await world.SetAsync(bo, PresenceState.Dnd, new PresenceStatus("at the dentist", until));
        await world.TickAsync();
        var told = world.TakenUsers(me).Single();
        (told.State, told.Status).ShouldBe((PresenceState.Dnd, new PresenceStatus("at the dentist", until)));
        await world.SetAsync(bo, PresenceState.Online);
        (await world.SeeAsync(me.User, bo)).Status.ShouldBe(told.Status, "What is left out stays.");
        await world.TickAsync();
        world.Taken(me).Length.ShouldBe(1);

        await world.PassAsync(17 * Second, device, me);
        world.Taken(me).ShouldBeEmpty();
        await world.PassAsync(2 * Second, device, me);
        world.TakenUsers(me).Single().Status.ShouldBeNull();
        await world.SetAsync(bo, status: new PresenceStatus("back"));
        await world.SetAsync(bo, status: new PresenceStatus(""));
        (await world.SeeAsync(me.User, bo)).Status.ShouldBeNull();
    }

    [Fact]
    public async Task What_is_no_state_or_status_is_refused()
    {
        await using var world = await World.StartAsync();
        var bo = world.NewUser();
        (await RefusedAsync(PresenceState.Offline)).Code.ShouldBe(ProblemCodes.InvalidRequest);
        (await RefusedAsync((PresenceState)77)).Code.ShouldBe(ProblemCodes.InvalidRequest);
        (await RefusedAsync(status: new PresenceStatus(new string('x', 141)))).Limit.ShouldBe(140);
        (await RefusedAsync(status: new PresenceStatus("a\nb"))).Code.ShouldBe(ProblemCodes.InvalidText);
        (await RefusedAsync(status: new PresenceStatus("\ud800"))).Code.ShouldBe(ProblemCodes.InvalidText);
        (await RefusedAsync(status: new PresenceStatus("x", world.Time.GetUtcNow()))).Field.ShouldBe("status.expiresAt");
        (await world.SetAsync(bo, status: new PresenceStatus(new string('x', 138) + "😀"))).Status!.Text.Length.ShouldBe(140);

        Task<ChatException> RefusedAsync(PresenceState? state = null, PresenceStatus? status = null) =>
            Should.ThrowAsync<ChatException>(() => world.SetAsync(bo, state, status));
    }

    [Fact]
    public async Task Choosing_has_a_rate()
    {
        await using var world = await World.StartAsync();
        var bo = world.NewUser();
        for (var i = 0; i < 20; i++)
        {
            await world.SetAsync(bo, PresenceState.Away);
        }
        var refusal = await Should.ThrowAsync<ChatException>(() => world.SetAsync(bo, PresenceState.Dnd));
        refusal.Code.ShouldBe(ProblemCodes.RateLimited);
        world.Time.Advance(refusal.RetryAfter!.Value);
        await world.SetAsync(bo, PresenceState.Dnd);
    }
}
