using ModularChat.Contracts;
using ModularChat.Presence.Storage;
using ModularChat.Shared.Servers;

namespace ModularChat.StorageTests.Presence;

/// <summary>Who is there, seen from several nodes; Redis is real, and a node is killed by letting it tick no more.</summary>
public sealed class SharedLeasesTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10), Short = TimeSpan.FromSeconds(2);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory, InlineData(false), InlineData(true)]
    public async Task Who_comes_and_goes_at_one_node_does_so_at_the_others(bool isCluster)
    {
        Assert.SkipWhen(RedisServer.Missing.Length > 0, RedisServer.Missing);
        await using var cluster = isCluster ? await RedisClusterServers.StartAsync(Token) : null;
        await using var single = isCluster ? null : await RedisServer.StartAsync(Token);
        var address = cluster?.Addresses ?? single!.Address;
        await using PresenceNode one = new(address), other = new(address);
        var bo = Ids.New();
        await one.TickAsync();
        await other.TickAsync();
        await one.TickAsync();
        (await other.SeeAsync(bo)).IsThere.ShouldBeFalse();

        var phone = await one.ConnectAsync(bo, Long);
        await one.TickAsync();
        one.Announced.ShouldContain(bo);
        (await other.SeeAsync(bo)).ShouldBe(new Attendance(true, false, TimeSpan.Zero));
        (await other.Leases.OfAsync(bo, Token)).ShouldBe([phone]);

        var laptop = await other.ConnectAsync(bo, Long);
        await other.TickAsync();
        (await one.Leases.OfAsync(bo, Token)).ShouldBe([phone, laptop], ignoreOrder: true);

        await one.Leases.EndAsync(phone.ConnectionId, TimeSpan.Zero, Token);
        (await one.TickAsync()).Gone.ShouldBeEmpty("The laptop is there.");
        (await one.SeeAsync(bo)).IsThere.ShouldBeTrue();
        (await other.Leases.OfAsync(bo, Token)).ShouldBe([laptop]);

        await other.Leases.EndAsync(laptop.ConnectionId, TimeSpan.Zero, Token);
        (await other.TickAsync()).Gone.Select(g => g.UserId).ShouldBe([bo]);
        (await one.SeeAsync(bo)).IsThere.ShouldBeFalse();
        (await other.SeeAsync(bo)).IsThere.ShouldBeFalse();
    }

    [Fact]
    public async Task A_user_is_away_when_idle_at_every_node()
    {
        Assert.SkipWhen(RedisServer.Missing.Length > 0, RedisServer.Missing);
        await using var redis = await RedisServer.StartAsync(Token);
        await using PresenceNode one = new(redis.Address), other = new(redis.Address);
        var bo = Ids.New();
        await one.ConnectAsync(bo, TimeSpan.FromHours(1));
        await other.ConnectAsync(bo, TimeSpan.FromHours(1));
        await TickAsync(one, other, one);
        one.Time.Advance(TimeSpan.FromMinutes(11));
        await TickAsync(one);
        (await other.SeeAsync(bo)).IsIdle.ShouldBeFalse();
        (await one.SeeAsync(bo)).IsIdle.ShouldBeFalse();
        other.Time.Advance(TimeSpan.FromMinutes(11));
        await TickAsync(other);
        (await other.SeeAsync(bo)).IsIdle.ShouldBeTrue();
        (await one.SeeAsync(bo)).IsIdle.ShouldBeTrue();

        await other.Leases.TouchAsync(bo, Token);
        await TickAsync(other);
        (await one.SeeAsync(bo)).IsIdle.ShouldBeFalse();
    }

    [Fact]
    public async Task Who_does_something_on_a_connection_of_one_node_is_active_for_the_others_for_a_minute()
    {
        Assert.SkipWhen(RedisServer.Missing.Length > 0, RedisServer.Missing);
        await using var redis = await RedisServer.StartAsync(Token);
        await using PresenceNode one = new(redis.Address), other = new(redis.Address);
        var bo = Ids.New();
        var phone = await one.ConnectAsync(bo, Long);
        await TickAsync(one, other, one);
        (await IsActiveAsync()).ShouldBeFalse();

        await one.Leases.RenewAsync(phone.ConnectionId, TimeSpan.Zero, Long, isActive: true, Token);
        await TickAsync(one);
        (await IsActiveAsync()).ShouldBeTrue();
        one.Time.Advance(TimeSpan.FromMinutes(2));
        await TickAsync(one);
        (await IsActiveAsync()).ShouldBeFalse();

        async Task<bool> IsActiveAsync() => (await other.Leases.ActiveDevicesAsync([bo], TimeSpan.FromMinutes(1), Token))[0].Length > 0;
    }

    [Fact]
    public async Task The_users_of_a_killed_node_go_once_unless_they_came_back_elsewhere()
    {
        Assert.SkipWhen(RedisServer.Missing.Length > 0, RedisServer.Missing);
        await using var redis = await RedisServer.StartAsync(Token);
        await using PresenceNode killed = new(redis.Address), one = new(redis.Address), other = new(redis.Address);
        Guid[] gone = [.. Enumerable.Range(0, 50).Select(_ => Ids.New())];
        var back = Ids.New();
        foreach (var user in gone.Append(back))
        {
            await killed.ConnectAsync(user, Short);
        }
        await TickAsync(killed, one, other, killed);
        await one.ConnectAsync(back, Long);
        (await one.SeeAsync(gone[0])).IsThere.ShouldBeTrue();

        // From here on it does not tick.
        List<Guid> told = [];
        var isSuspect = (One: false, Other: false);
        for (var i = 0; i < 100 && (told.Count < gone.Length || !isSuspect.One || !isSuspect.Other); i++)
        {
            await Task.Delay(200, Token);
            var moves = await one.TickAsync();
            told.AddRange(moves.Gone.Select(g => g.UserId));
            isSuspect.One |= moves.IsAllSuspect;
            moves = await other.TickAsync();
            told.AddRange(moves.Gone.Select(g => g.UserId));
            isSuspect.Other |= moves.IsAllSuspect;
            output.WriteLine($"{(i + 1) * 0.2:0.0} s: {told.Count} of {gone.Length} told to be gone");
        }
        told.ShouldBe(gone, ignoreOrder: true);
        isSuspect.ShouldBe((true, true));
        (await other.SeeAsync(gone[0])).IsThere.ShouldBeFalse();
        (await other.SeeAsync(back)).IsThere.ShouldBeTrue();
        (await redis.RunAsync(Token, "KEYS", "*user:*")).Trim().ShouldBe($"modularchat:presence:user:{back:N}");
    }

    [Fact]
    public async Task A_node_that_was_taken_for_dead_goes_on_and_its_users_are_there_again()
    {
        Assert.SkipWhen(RedisServer.Missing.Length > 0, RedisServer.Missing);
        await using var redis = await RedisServer.StartAsync(Token);
        await using PresenceNode frozen = new(redis.Address), one = new(redis.Address);
        var bo = Ids.New();
        await frozen.ConnectAsync(bo, Short);
        await TickAsync(frozen, one);
        (await one.SeeAsync(bo)).IsThere.ShouldBeTrue();
        for (var i = 0; i < 100 && (await one.SeeAsync(bo)).IsThere; i++)
        {
            await Task.Delay(200, Token);
            await one.TickAsync();
        }
        (await one.SeeAsync(bo)).IsThere.ShouldBeFalse();

        await TickAsync(frozen, one);
        (await one.SeeAsync(bo)).IsThere.ShouldBeTrue();
    }

    [Fact]
    public async Task While_Redis_is_away_everybody_stays_as_last_seen_and_an_empty_one_is_filled_again()
    {
        Assert.SkipWhen(RedisServer.Missing.Length > 0, RedisServer.Missing);
        await using var redis = await RedisServer.StartAsync(Token, "--save", "", "--appendonly", "no");
        await using PresenceNode one = new(redis.Address), other = new(redis.Address);
        Guid bo = Ids.New(), carl = Ids.New();
        await one.ConnectAsync(bo, Long);
        await TickAsync(one, other, one);
        (await other.SeeAsync(bo)).IsThere.ShouldBeTrue();

        await redis.Kill9Async();
        await TickAsync(other, one);
        (await other.SeeAsync(bo)).IsThere.ShouldBeTrue();
        var gone = await one.ConnectAsync(carl, Long);
        await one.Leases.EndAsync(gone.ConnectionId, TimeSpan.Zero, Token);
        (await one.TickAsync()).Gone.Select(g => g.UserId).ShouldBe([carl]);

        await redis.StartAsync(Token);
        await UntilAsync(async () => (await redis.RunAsync(Token, "KEYS", "*")).Contains($"{bo:N}", StringComparison.Ordinal));
        (await other.SeeAsync(bo)).IsThere.ShouldBeTrue();
        await one.Leases.EndAsync((await one.Own.OfAsync(bo, Token)).Single().ConnectionId, TimeSpan.Zero, Token);
        // Either may still be finding its way back to Redis.
        await UntilAsync(async () => !(await other.SeeAsync(bo)).IsThere);

        async Task UntilAsync(Func<Task<bool>> isSo)
        {
            for (var i = 0; i < 100 && !await isSo(); i++)
            {
                await Task.Delay(200, Token);
                await TickAsync(one, other);
            }
            (await isSo()).ShouldBeTrue();
        }
    }

    private static async Task TickAsync(params PresenceNode[] nodes)
    {
        foreach (var node in nodes)
        {
            await node.TickAsync();
        }
    }
}
