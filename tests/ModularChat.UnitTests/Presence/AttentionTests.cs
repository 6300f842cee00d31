using ModularChat.Contracts;
using ModularChat.Contracts.Presence;

namespace ModularChat.UnitTests.Presence;

public sealed class AttentionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Only_a_live_connection_on_which_something_was_done_lately_makes_active()
    {
        await using var world = await World.StartAsync();
        var user = Ids.New();
        var (tab, phone) = (Ids.New(), Ids.New());
        await KeepAsync(world, user, tab);
        await KeepAsync(world, user, phone);
        (await ActiveAsync(world, user)).ShouldBeFalse("nobody has done anything yet");

        await BeatAsync(world, phone, isActive: true);
        await BeatAsync(world, tab, isActive: false);
        (await ActiveAsync(world, user)).ShouldBeTrue();

        await world.Mediator.Send(new DropConnection(phone, 30), Token);
        (await ActiveAsync(world, user)).ShouldBeFalse("the telephone is gone, and the tab is idle");

        await BeatAsync(world, tab, isActive: true);
        (await ActiveAsync(world, user)).ShouldBeTrue();
        world.Time.Advance(TimeSpan.FromSeconds(20));
        await BeatAsync(world, tab, isActive: false);
        world.Time.Advance(TimeSpan.FromSeconds(20));
        await BeatAsync(world, tab, isActive: false);
        (await ActiveAsync(world, user)).ShouldBeTrue("40 seconds are within the 60 that were asked for");
        world.Time.Advance(TimeSpan.FromSeconds(21));
        await BeatAsync(world, tab, isActive: false);
        (await ActiveAsync(world, user)).ShouldBeFalse("the tab idles");
    }

    [Fact]
    public async Task Do_not_disturb_holds_for_one_who_is_not_there()
    {
        await using var world = await World.StartAsync();
        var user = Ids.New();
        await world.Mediator.Send(new SetPresence(new Caller(user), PresenceState.Dnd, null), Token);

        (await world.Mediator.Send(new GetAttention([user, Ids.New()], 60), Token)).Select(a => a.IsDoNotDisturb).ShouldBe([true, false]);
    }

    private static async Task<bool> ActiveAsync(World world, Guid user) => (await world.Mediator.Send(new GetAttention([user], 60), Token))[0].IsActive;

    private static async Task KeepAsync(World world, Guid user, Guid connection) =>
        await world.Mediator.Send(new KeepConnection(connection, new Caller(user), "websocket", Guid.Empty, World.Life), Token);

    private static async Task BeatAsync(World world, Guid connection, bool isActive) =>
        await world.Mediator.Send(new KeepConnections([new ConnectionBeat(connection, 0, isActive)], World.Life), Token);
}
