using System.Collections.Frozen;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Notifications;
using ModularChat.Notifications;
using ModularChat.Notifications.Deciding;
using ModularChat.Notifications.Following;
using ModularChat.Notifications.Sending;
using ModularChat.Notifications.Storage;
using ModularChat.StorageTests.Servers;

namespace ModularChat.StorageTests.Push;

public sealed class QueueTests(PostgresFixture postgres)
{
    private static readonly FrozenDictionary<string, int> NoRoomTaken = FrozenDictionary<string, int>.Empty;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task What_waits_for_one_device_about_one_conversation_becomes_one_push(string engine)
    {
        await using var tables = await PushTables.OpenAsync(engine, postgres);
        var device = await DeviceAsync(tables);
        var (one, other) = (Ids.New(), Ids.New());
        await AddAsync(tables, Push(tables, device, one, 1), Push(tables, device, one, 2), Push(tables, device, other, 1));
        await AddAsync(tables, Push(tables, device, one, 3));

        var claimed = await Queue(tables).ClaimAsync(NoRoomTaken, 10, TimeSpan.FromMinutes(1), Token);

        claimed.Select(push => (push.Row.ConversationId, push.Row.Seq)).ShouldBe([(one, 3), (other, 1)], ignoreOrder: true);
        claimed.ShouldAllBe(push => push.Device!.Id == device.Id);
        (await tables.Store.ReadAsync(db => db.Trace.Where(row => row.Step == PushStep.Collapsed).OrderBy(row => row.Seq).Select(row => row.Detail).ToListAsync(Token), Token)).ShouldBe(["2", "3"]);

        // What is on its way is not changed: the next one goes behind it.
        await AddAsync(tables, Push(tables, device, one, 4));
        (await Queue(tables).ClaimAsync(NoRoomTaken, 10, TimeSpan.FromMinutes(1), Token)).ShouldHaveSingleItem().Row.Seq.ShouldBe(4);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task A_claim_is_one_senders_until_it_runs_out(string engine)
    {
        await using var tables = await PushTables.OpenAsync(engine, postgres);
        var device = await DeviceAsync(tables);
        await AddAsync(tables, Push(tables, device, Ids.New(), 1));
        var queue = Queue(tables);
        var first = (await queue.ClaimAsync(NoRoomTaken, 10, TimeSpan.FromSeconds(40), Token)).ShouldHaveSingleItem();
        (await queue.ClaimAsync(NoRoomTaken, 10, TimeSpan.FromSeconds(40), Token)).ShouldBeEmpty();

        tables.Time.Advance(TimeSpan.FromSeconds(39));
        await queue.ReleaseAsync(isAll: false, Token);
        (await queue.ClaimAsync(NoRoomTaken, 10, TimeSpan.FromSeconds(40), Token)).ShouldBeEmpty();
        tables.Time.Advance(TimeSpan.FromSeconds(1));
        await queue.ReleaseAsync(isAll: false, Token);
        var second = (await queue.ClaimAsync(NoRoomTaken, 10, TimeSpan.FromSeconds(40), Token)).ShouldHaveSingleItem();
        second.Row.Attempts.ShouldBe(2);

        // The one who comes back too late changes nothing.
        await queue.SettleAsync([new Outcome(first, PushStep.Dead, "late")], Token);
        (await StateAsync(tables)).ShouldBe(QueueState.Sending);
        await queue.SettleAsync([new Outcome(second, PushStep.Sent, "201")], Token);
        (await tables.Store.ReadAsync(db => db.Queue.CountAsync(Token), Token)).ShouldBe(0);
    }

    [Fact]
    public async Task Two_nodes_never_claim_the_same()
    {
        await using var one = await PushTables.OpenAsync("postgresql", postgres);
        await using var other = await PushTables.OpenAsync("postgresql", postgres, one.Database);
        var device = await DeviceAsync(one);
        await AddAsync(one, [.. Enumerable.Range(0, 200).Select(i => Push(one, device, Ids.New(), i + 1))]);

        async Task<List<Guid>> TakeAsync(PushTables tables)
        {
            var claimed = new List<Guid>();
            for (var i = 0; i < 20; i++)
            {
                claimed.AddRange((await Queue(tables).ClaimAsync(NoRoomTaken, 10, TimeSpan.FromMinutes(1), Token)).Select(push => push.Row.Id));
            }
            return claimed;
        }
        var taken = await Task.WhenAll(TakeAsync(one), TakeAsync(other));

        taken[0].Intersect(taken[1]).ShouldBeEmpty();
        taken.SelectMany(ids => ids).Distinct().Count().ShouldBe(taken.Sum(ids => ids.Count));
        taken.Sum(ids => ids.Count).ShouldBeGreaterThan(100);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task A_service_without_room_holds_up_nobody_else(string engine)
    {
        await using var tables = await PushTables.OpenAsync(engine, postgres);
        var (slow, quick) = (await DeviceAsync(tables, "slow"), await DeviceAsync(tables, "quick"));
        await AddAsync(tables, [.. Enumerable.Range(0, 500).Select(_ => Push(tables, slow, Ids.New(), 1))]);
        await AddAsync(tables, Push(tables, quick, Ids.New(), 1));

        var claimed = await Queue(tables).ClaimAsync(new Dictionary<string, int> { ["slow"] = 0 }, 16, TimeSpan.FromMinutes(1), Token);

        claimed.ShouldHaveSingleItem().Row.Provider.ShouldBe("quick");
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task A_call_does_not_stand_in_the_line_of_its_service(string engine)
    {
        await using var tables = await PushTables.OpenAsync(engine, postgres);
        var (busy, other) = (await DeviceAsync(tables, "busy"), await DeviceAsync(tables, "other"));
        var messages = Enumerable.Range(1, 30).Select(i => Push(tables, busy, Ids.New(), i)).ToArray();
        await AddAsync(tables, messages);
        tables.Time.Advance(TimeSpan.FromSeconds(1));
        var (late, call, later) = (Push(tables, other, Ids.New(), 31), Push(tables, busy, Ids.New(), 0), Push(tables, busy, Ids.New(), 0));
        (call.Subject, later.Subject, later.DueAt) = (PushSubject.Call, PushSubject.CallEnded, later.DueAt.AddSeconds(2));
        await AddAsync(tables, late, call, later);
        (await Queue(tables).NextAsync(Token)).ShouldBe(messages[0].DueAt);

        var claimed = await Queue(tables).ClaimAsync(NoRoomTaken, 10, TimeSpan.FromMinutes(1), Token);

        claimed.Count.ShouldBe(11);
        claimed[0].Row.Id.ShouldBe(call.Id);
        claimed.Count(push => push.Row.Provider == "busy").ShouldBe(10);
        claimed.ShouldContain(push => push.Row.Id == late.Id);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Every_line_is_served_where_there_are_many(string engine)
    {
        await using var tables = await PushTables.OpenAsync(engine, postgres);
        for (var i = 0; i < 60; i++)
        {
            var device = await DeviceAsync(tables, $"service-{i}");
            await AddAsync(tables, Push(tables, device, Ids.New(), 1), Push(tables, device, Ids.New(), 1));
        }
        var served = new List<string>();
        for (var round = 0; round < 3; round++)
        {
            served.AddRange((await Queue(tables).ClaimAsync(served.ToDictionary(name => name, _ => 0), 1, TimeSpan.FromMinutes(1), Token)).Select(push => push.Row.Provider));
        }

        served.Distinct().Count().ShouldBe(60);
        served.Count.ShouldBe(60);
        (await Queue(tables).NextAsync(Token)).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task A_device_that_is_gone_takes_with_it_what_waits_for_it(string engine)
    {
        await using var tables = await PushTables.OpenAsync(engine, postgres);
        var device = await DeviceAsync(tables);
        await AddAsync(tables, Push(tables, device, Ids.New(), 1), Push(tables, device, Ids.New(), 1));
        var claimed = await Queue(tables).ClaimAsync(NoRoomTaken, 1, TimeSpan.FromMinutes(1), Token);

        await Queue(tables).SettleAsync([new Outcome(claimed[0], PushStep.Gone, "410")], Token);

        (await tables.Store.ReadAsync(db => db.Queue.CountAsync(Token), Token)).ShouldBe(0);
        (await tables.Store.ReadAsync(db => db.Subscriptions.CountAsync(Token), Token)).ShouldBe(0);
    }

    [Fact]
    public async Task A_shard_is_decided_on_by_one_node_and_another_goes_on_when_it_dies()
    {
        await using var one = await PushTables.OpenAsync("postgresql", postgres);
        await using var other = await PushTables.OpenAsync("postgresql", postgres, one.Database, one.Time);
        var (first, second) = (Leases(one), Leases(other));
        var had = await first.RenewAsync(new Dictionary<int, OwnedShard>(), 4, Token);
        had.Count.ShouldBe(4);
        (await AdvanceAsync(one, first, had[2], 7)).ShouldBeTrue();

        one.Time.Advance(TimeSpan.FromSeconds(16));
        var taken = await second.RenewAsync(new Dictionary<int, OwnedShard>(), 4, Token);

        taken.Count.ShouldBe(4);
        taken[2].Position.ShouldBe(7);
        (await AdvanceAsync(one, first, had[2], 9)).ShouldBeFalse("the first does not know yet, and must write nothing");
        (await AdvanceAsync(other, second, taken[2], 8)).ShouldBeTrue();
        (await first.RenewAsync(had, 4, Token)).ShouldBeEmpty();
        await second.ReleaseAsync(Token);
        (await first.RenewAsync(had, 4, Token)).Count.ShouldBe(4, "an orderly end frees at once");
    }

    [Fact]
    public async Task Nodes_share_the_shards_fairly_when_one_comes_and_when_one_dies()
    {
        await using var one = await PushTables.OpenAsync("postgresql", postgres);
        await using var other = await PushTables.OpenAsync("postgresql", postgres, one.Database, one.Time);
        await using var third = await PushTables.OpenAsync("postgresql", postgres, one.Database, one.Time);
        var nodes = new[] { Leases(one), Leases(other), Leases(third) };
        var had = nodes.Select(_ => new Dictionary<int, OwnedShard>()).ToArray();
        had[0] = await nodes[0].RenewAsync(had[0], 8, Token);
        had[0].Count.ShouldBe(8, "there is nobody else");
        (await AdvanceAsync(one, nodes[0], had[0][7], 5)).ShouldBeTrue();
        var before = had[0];

        // The second says that it is there; the first lets go; the second takes.
        await RoundAsync(0, 1);
        await RoundAsync(0, 1);
        had.Select(owned => owned.Count).ShouldBe([4, 4, 0]);
        had[1][7].Position.ShouldBe(5);
        (await AdvanceAsync(one, nodes[0], before[7], 6)).ShouldBeFalse("it has let it go");

        await RoundAsync(0, 1, 2);
        await RoundAsync(0, 1, 2);
        had.Select(owned => owned.Count).Order().ShouldBe([2, 3, 3]);
        had.SelectMany(owned => owned.Keys).Order().ShouldBe(Enumerable.Range(0, 8));

        // The first dies: the others wait for its leases, and have it all between them.
        one.Time.Advance(TimeSpan.FromSeconds(10));
        await RoundAsync(1, 2);
        one.Time.Advance(TimeSpan.FromSeconds(10));
        await RoundAsync(1, 2);
        await RoundAsync(1, 2);
        had[1].Keys.Concat(had[2].Keys).Order().ShouldBe(Enumerable.Range(0, 8));
        (had[1].Count, had[2].Count).ShouldBe((4, 4));

        async Task RoundAsync(params int[] alive)
        {
            foreach (var node in alive)
            {
                had[node] = await nodes[node].RenewAsync(had[node], 8, Token);
            }
        }
    }

    private static Task<bool> AdvanceAsync(PushTables tables, ShardLeases leases, OwnedShard shard, long position) =>
        tables.Store.WriteAsync(db => ShardLeases.AdvanceAsync(db, leases.Owner, shard, Guid.Empty, position, Token), Token);

    private static ShardLeases Leases(PushTables tables) => tables.Services.GetRequiredService<ShardLeases>();

    private static PushQueue Queue(PushTables tables) => tables.Services.GetRequiredService<PushQueue>();

    private static Task<QueueState> StateAsync(PushTables tables) => tables.Store.ReadAsync(db => db.Queue.Select(row => row.State).SingleAsync(Token), Token);

    private static Task<bool> AddAsync(PushTables tables, params QueueRow[] pushes) =>
        tables.Store.WriteAsync(
            async db =>
            {
                await PushQueue.AddAsync(tables.Store.Database, db, new Decided([.. pushes], []), tables.Services.GetRequiredService<IOptions<NotificationsOptions>>().Value, Token);
                return true;
            },
            Token);

    private static async Task<SubscriptionRow> DeviceAsync(PushTables tables, string provider = "push.example.org")
    {
        var row = new SubscriptionRow
        {
            Id = Ids.New(),
            UserId = Ids.New(),
            Provider = provider,
            Endpoint = $"https://{provider}/{Ids.New()}",
            EndpointHash = Ids.New().ToByteArray(),
            Name = "",
            CreatedAt = tables.Time.GetUtcNow(),
        };
        await tables.Store.WriteAsync(
            db =>
            {
                db.Subscriptions.Add(row);
                return Task.FromResult(true);
            },
            Token);
        return row;
    }

    private static QueueRow Push(PushTables tables, SubscriptionRow device, Guid conversation, long seq) => new()
    {
        Id = Ids.New(),
        SubscriptionId = device.Id,
        UserId = device.UserId,
        ConversationId = conversation,
        Seq = seq,
        Provider = device.Provider,
        CreatedAt = tables.Time.GetUtcNow(),
        DueAt = tables.Time.GetUtcNow(),
        ExpiresAt = tables.Time.GetUtcNow().AddDays(1),
    };
}
