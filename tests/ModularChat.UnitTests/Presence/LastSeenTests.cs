using ModularChat.Contracts;
using ModularChat.Contracts.Presence;
using ModularChat.Presence.Storage;

namespace ModularChat.UnitTests.Presence;

/// <summary>What is written, and when.</summary>
public sealed class LastSeenTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1), Minute = TimeSpan.FromMinutes(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Only_going_offline_writes_and_an_idle_user_costs_nothing()
    {
        var store = new CountingStore();
        await using var world = await World.StartAsync(null, settle: true, store);
        var devices = new List<Device>();
        for (var i = 0; i < 50; i++)
        {
            devices.Add(await world.ConnectAsync(world.NewUser()));
        }
        await world.PassAsync(15 * Minute, [.. devices]);
        await world.DropAsync(devices[0]);
        devices[0] = await world.ConnectAsync(devices[0].User, devices[0]);
        await world.PassAsync(20 * Second, [.. devices]);
        store.Writes.ShouldBe(0);

        await world.PassAsync(31 * Second);
        store.Writes.ShouldBe(1, "All who go in one second are one write.");
        store.Rows.Count.ShouldBe(50);
    }

    [Fact]
    public async Task When_the_store_fails_last_seen_is_right_in_memory_and_written_later()
    {
        var store = new CountingStore();
        await using var world = await World.StartAsync(null, settle: true, store);
        var (bo, me) = (await world.ConnectAsync(world.NewUser()), world.NewUser());
        store.Fails = true;
        await world.LogOutAsync(bo);
        await world.TickAsync();
        var seen = (await world.SeeAsync(me, bo.User)).LastSeen;
        seen.ShouldBe(world.Time.GetUtcNow() - Second);
        (await Should.ThrowAsync<ChatException>(() => world.SetAsync(bo.User, PresenceState.Dnd))).Code.ShouldBe(ProblemCodes.StorageUnavailable);
        await world.PassAsync(5 * Second);
        store.Rows.ShouldBeEmpty();

        store.Fails = false;
        await world.TickAsync();
        store.Rows[bo.User].LastSeen.ShouldBe(seen);
        await world.PassAsync(5 * Second);
        store.Writes.ShouldBe(1);
        (await world.SetAsync(bo.User, PresenceState.Dnd)).Chosen.ShouldBe(PresenceState.Dnd);
        store.Rows[bo.User].ShouldBe(new Person(PresenceState.Dnd, null, seen));
    }

    [Fact]
    public async Task A_server_that_stops_notes_who_was_there()
    {
        var folder = Directory.CreateTempSubdirectory("modularchat-unit-");
        var bo = Guid.Empty;
        DateTimeOffset stopped;
        await using (var world = await World.StartAsync(folder, settle: true, null))
        {
            bo = world.NewUser();
            await world.ConnectAsync(bo);
            await world.PassAsync(3 * Second);
            await world.FanOut.LeaveAsync(Token);
            stopped = world.Time.GetUtcNow();
        }
        await using (var world = await World.StartAsync(folder, settle: true, null))
        {
            world.Neighbours.Users.Add(bo);
            (await world.SeeAsync(world.NewUser(), bo)).LastSeen.ShouldBe(stopped - (3 * Second));
        }
        folder.Delete(recursive: true);
    }

    private sealed class CountingStore : IPeopleStore
    {
        public Dictionary<Guid, Person> Rows { get; } = [];

        public int Writes { get; private set; }

        public bool Fails { get; set; }

        public bool IsShared => false;

        public ValueTask<Person[]> ReadAsync(IReadOnlyList<Guid> userIds, CancellationToken token) =>
            ValueTask.FromResult<Person[]>([.. userIds.Select(id => Rows.GetValueOrDefault(id) ?? Person.Unknown)]);

        public ValueTask WriteAsync(IReadOnlyCollection<KeyValuePair<Guid, Person>> people, CancellationToken token)
        {
            if (Fails)
            {
                throw new PeopleUnavailableException(new IOException("disk full"));
            }
            Writes++;
            foreach (var (userId, person) in people)
            {
                Rows[userId] = person;
            }
            return ValueTask.CompletedTask;
        }

        public ValueTask WriteSeenAsync(IReadOnlyCollection<KeyValuePair<Guid, DateTimeOffset>> seen, CancellationToken token) =>
            WriteAsync([.. seen.Select(one => KeyValuePair.Create(one.Key, (Rows.GetValueOrDefault(one.Key) ?? Person.Unknown) with { LastSeen = one.Value }))], token);

        public ValueTask EraseAsync(Guid userId, CancellationToken token)
        {
            Rows.Remove(userId);
            return ValueTask.CompletedTask;
        }

        public ValueTask SaveAsync(string file, CancellationToken token) => throw new NotSupportedException();

        public ValueTask LoadAsync(string file, CancellationToken token) => throw new NotSupportedException();
    }
}
