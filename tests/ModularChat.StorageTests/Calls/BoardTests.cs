using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using ModularChat.Calls;
using ModularChat.Calls.Calling;
using ModularChat.Calls.Rooms;
using ModularChat.Calls.Storage;
using ModularChat.Contracts;
using ModularChat.Contracts.Calls;
using ModularChat.Shared;
using ModularChat.Shared.Servers;
using ModularChat.Storage;
using StackExchange.Redis;

namespace ModularChat.StorageTests.Calls;

/// <summary>Where calls and rooms are: the same promises in memory and in a real Redis.</summary>
public sealed class BoardTests
{
    private static readonly DateTimeOffset Begin = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly CallSignal Offer = new(SignalKind.Offer, "v=0\r\ns=-\r\n"), Restart = new(SignalKind.Restart);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("process")]
    [InlineData("redis")]
    public async Task A_record_is_replaced_by_who_saw_it_last_and_found_when_it_is_due(string engine)
    {
        await using var redis = await StartAsync(engine);
        await using var node = new Node(redis);
        // In memory there is one only.
        await using var other = redis is null ? null : new Node(redis);
        var (one, two) = (node.Calls, (other ?? node).Calls);
        var call = NewCall();
        (await one.TryAddAsync(call, [], Token)).ShouldBeTrue();
        (await two.TryAddAsync(call, [call.Id], Token)).ShouldBeFalse("The id is taken.");
        var crossing = NewCall() with { CallerId = call.CalleeId, CalleeId = call.CallerId };
        (await two.TryAddAsync(crossing, [], Token)).ShouldBeFalse("The two have a call that was not seen.");
        (await two.OfAsync(call.CalleeId, Ids.New(), Token)).ShouldHaveSingleItem().ShouldBe(call);

        var (here, there) = ((await one.FindAsync(call.Id, Token))!, (await two.FindAsync(call.Id, Token))!);
        var active = here with { State = CallState.Active, Version = 2, CalleeLeg = new Leg(Ids.New(), null, 5_000), AnsweredAt = Begin, Answered = 1_000 };
        (await one.TryReplaceAsync(here, active, Token)).ShouldBeTrue();
        (await two.TryReplaceAsync(there, there with { State = CallState.Ended, Version = 2 }, Token)).ShouldBeFalse("It was answered meanwhile.");
        (await one.DueAsync(4_999, 0, 10, Token)).ShouldBeEmpty();
        (await two.DueAsync(5_000, 0, 10, Token)).ShouldHaveSingleItem().ShouldBe(active);

        (await one.AddSignalAsync(call.Id, call.CallerLeg.Id, Candidates(3), 5, Token)).ShouldBe(1);
        (await two.AddSignalAsync(call.Id, call.CallerLeg.Id, Candidates(3), 5, Token)).ShouldBeNull();
        (await two.AddSignalAsync(call.Id, active.CalleeLeg!.Id, Candidates(3), 5, Token)).ShouldBe(2);
        (await two.AddSignalAsync(call.Id, call.CallerLeg.Id, Offer, 5, Token)).ShouldBe(3);
        for (var i = 0; i < 9; i++)
        {
            await one.AddSignalAsync(call.Id, call.CallerLeg.Id, Restart, 5, Token);
        }
        (await one.SignalsAsync(call.Id, active.CalleeLeg.Id, 0, Token)).Select(told => told.Number).ShouldBe([3, 10, 11, 12]);
        (await one.SignalsAsync(call.Id, call.CallerLeg.Id, 1, Token)).ShouldHaveSingleItem().Signal.Candidates!.Length.ShouldBe(3);

        var over = active with { State = CallState.Ended, Version = 3, Ended = 20_000, EndedAt = Begin, Outcome = CallOutcome.Ended };
        (await one.TryReplaceAsync(active, over, Token)).ShouldBeTrue();
        (await two.OfAsync(call.CallerId, call.CalleeId, Token)).ShouldBeEmpty();
        (await one.DueAsync(25_000, 20_000, 10, Token)).ShouldHaveSingleItem().ShouldBe(over, "Its end is not written down.");
        (await one.TryReplaceAsync(over, over with { IsRecorded = true }, Token)).ShouldBeTrue();
        (await two.DueAsync(25_000, 20_000, 10, Token)).ShouldBeEmpty();
        (await two.FindAsync(call.Id, Token))!.IsRecorded.ShouldBeTrue("A late retry gets the same answer.");
        (await two.TryAddAsync(crossing, [], Token)).ShouldBeTrue();
    }

    [Theory]
    [InlineData("process")]
    [InlineData("redis")]
    public async Task A_room_is_replaced_by_who_saw_it_last_and_its_signals_are_of_an_epoch(string engine)
    {
        await using var redis = await StartAsync(engine);
        await using var node = new Node(redis);
        var board = node.Rooms;
        var anna = new Participant(Ids.New(), Ids.New(), Ids.New(), Begin, 9_000);
        var ben = new Participant(Ids.New(), Ids.New(), null, Begin, 7_000) { IsMuted = true };
        var begun = RoomRules.Begin(Ids.New(), Ids.New(), anna, null, new Moment(0, Begin), 5);
        (await board.TryReplaceAsync(null, begun, Token)).ShouldBeTrue();
        (await board.TryReplaceAsync(null, begun, Token)).ShouldBeFalse();
        (await board.LiveAsync(Token)).ShouldBe([begun.ConversationId]);
        var read = (await board.FindAsync(begun.ConversationId, Token))!;
        var two = RoomRules.Join(read, ben);
        (await board.TryReplaceAsync(read, two, Token)).ShouldBeTrue();
        (await board.TryReplaceAsync(read, read with { Version = 9 }, Token)).ShouldBeFalse();
        (await board.AddSignalAsync(two, anna.LegId, ben.LegId, Offer, 5, Token)).ShouldBe(1);
        (await board.AddSignalAsync(two, null, ben.LegId, Restart, 5, Token)).ShouldBe(2);
        (await board.SignalsAsync(two, ben.LegId, 0, Token)).Select(told => (told.Number, told.Epoch, told.From)).ShouldBe([(1, 1, anna.LegId), (2, 1, null)]);
        (await board.SignalsAsync(two, anna.LegId, 0, Token)).ShouldBeEmpty();
        (await board.DueAsync(6_999, 0, 10, Token)).ShouldBeEmpty();
        (await board.DueAsync(7_000, 0, 10, Token)).ShouldHaveSingleItem().Participants.ShouldBe([anna, ben]);

        var mixed = RoomRules.Connect(RoomRules.Mix(two, new MixerPlace("http://one/janus", 1, 2, 3, Ids.New(), 50_000)), ben.LegId, new Line(4, 5));
        (await board.TryReplaceAsync(two, mixed, Token)).ShouldBeTrue();
        (await board.SignalsAsync(mixed, ben.LegId, 0, Token)).ShouldBeEmpty("They were of connections that are gone.");
        (await board.AddSignalAsync(mixed, null, ben.LegId, Offer, 5, Token)).ShouldBe(3);
        var kept = (await board.FindAsync(mixed.ConversationId, Token))!;
        (kept.Mixer, kept.Epoch).ShouldBe((mixed.Mixer, 2));
        kept.Participants.ShouldBe(mixed.Participants);

        var over = RoomRules.Look(kept, new Moment(60_000, Begin.AddMinutes(1)));
        (await board.TryReplaceAsync(kept, over, Token)).ShouldBeTrue();
        (await board.LiveAsync(Token)).ShouldBeEmpty();
        (await board.DueAsync(65_000, 60_000, 10, Token)).ShouldHaveSingleItem().IsRecorded.ShouldBeFalse();
        (await board.TryReplaceAsync(over, RoomRules.Begin(begun.ConversationId, Ids.New(), ben, null, new Moment(70_000, Begin), 90), Token)).ShouldBeTrue();
    }

    [Fact]
    public async Task While_no_node_looks_the_shared_clock_stands_still()
    {
        await using var redis = (await StartAsync("redis"))!;
        long before;
        await using (var node = new Node(redis))
        {
            await node.Calls.DueAsync(0, 0, 1, Token);
            before = node.Calls.Clock;
        }
        // As if the last look were a quarter of an hour ago.
        using (var connection = await ConnectionMultiplexer.ConnectAsync(redis.Address))
        {
            await connection.GetDatabase().HashDecrementAsync("{modularchat:calls}:clock", "last", 900_000);
        }
        await using var again = new Node(redis);
        await again.Calls.DueAsync(0, 0, 1, Token);
        (again.Calls.Clock - before).ShouldBeLessThan(-500_000, "The pretended time has passed for nobody.");
    }

    [Fact]
    public async Task A_node_alone_finds_calls_and_rooms_again_and_drops_what_it_cannot_read()
    {
        using var folder = new TemporaryFolder();
        var call = NewCall();
        var room = RoomRules.Begin(Ids.New(), Ids.New(), new Participant(Ids.New(), Ids.New(), null, Begin, 1), null, new Moment(0, Begin), 5);
        await using (var node = new Node(null, folder.Path))
        {
            await node.Calls.TryAddAsync(call, [], Token);
            await node.Calls.AddSignalAsync(call.Id, call.CallerLeg.Id, Restart, 5, Token);
            await node.Rooms.TryReplaceAsync(null, room, Token);
        }
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "calls", $"call-{Ids.New():N}.json"), "{ half", Token);
        await using var again = new Node(null, folder.Path);
        var found = (await again.Calls.OfAsync(call.CallerId, call.CallerId, Token)).ShouldHaveSingleItem();
        (found.Id, found.State).ShouldBe((call.Id, CallState.Ringing));
        found.CallerLeg.Until.ShouldBe(again.Calls.Clock + 15_000, "Nobody could give a sign of life.");
        (await again.Calls.AddSignalAsync(call.Id, call.CallerLeg.Id, Restart, 5, Token))!.Value.ShouldBeGreaterThan(1, "Above what was told before.");
        (await again.Rooms.FindAsync(room.ConversationId, Token))!.Id.ShouldBe(room.Id);
        Directory.GetFiles(Path.Combine(folder.Path, "calls")).Length.ShouldBe(2);
    }

    private static async Task<RedisServer?> StartAsync(string engine)
    {
        Assert.SkipWhen(engine == "redis" && RedisServer.Missing.Length > 0, RedisServer.Missing);
        return engine == "redis" ? await RedisServer.StartAsync(Token, "--appendonly", "no") : null;
    }

    private static CallSignal Candidates(int count) => new(SignalKind.Candidates, Candidates: [.. Enumerable.Repeat(new IceCandidate("candidate:1", "0", 0), count)]);

    private static Call NewCall() => new()
    {
        Id = Ids.New(),
        ConversationId = Ids.New(),
        CallerId = Ids.New(),
        CalleeId = Ids.New(),
        State = CallState.Ringing,
        Version = 1,
        StartedAt = Begin,
        CallerLeg = new Leg(Ids.New(), Ids.New(), 6_000),
        RingUntil = 30_000,
    };

    /// <summary>The boards of one node.</summary>
    private sealed class Node : IAsyncDisposable
    {
        private readonly ServiceProvider _services;

        public Node(RedisServer? redis, string? folder = null)
        {
            var settings = new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["Calls:Board"] = redis is null ? "process" : "redis",
                ["Calls:ConnectionString"] = redis?.Address ?? "",
                ["Storage:Directory"] = folder,
            };
            var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Where(setting => setting.Value is not null)).Build();
            var services = new ServiceCollection();
            services.AddLogging();
            services.AddSingleton<TimeProvider>(new ManualTime());
            if (folder is not null)
            {
                services.AddStorage(configuration);
            }
            services.AddCalls(configuration);
            _services = services.BuildServiceProvider();
        }

        public ICallBoard Calls => _services.GetRequiredService<ICallBoard>();

        public IRoomBoard Rooms => _services.GetRequiredService<IRoomBoard>();

        public ValueTask DisposeAsync() => _services.DisposeAsync();
    }
}
