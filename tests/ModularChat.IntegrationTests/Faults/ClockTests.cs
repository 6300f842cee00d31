using ModularChat.Contracts;
using ModularChat.IntegrationTests.Servers;
using ModularChat.Storage.RocksDb;

namespace ModularChat.IntegrationTests.Faults;

/// <summary>A server whose time of day was set back, and later forward: order is by seq and position, so no message and no cursor minds.</summary>
public sealed class ClockTests
{
    [Theory]
    [InlineData("sqlite")]
    [InlineData("rocksdb")]
    public async Task A_clock_set_back_two_days_and_forward_again_loses_doubles_and_resets_nothing(string engine)
    {
        Assert.SkipWhen(engine == "rocksdb" && RocksLibrary.WhyMissing is not null, RocksLibrary.WhyMissing ?? "");
        var folder = Directory.CreateTempSubdirectory("modularchat-clock-").FullName;
        var clock = new WrongClock();
        var setting = "Storage:Messages:Engine=" + engine;
        var server = await ChatServer.StartAsync(clock, folder, settings: setting);
        try
        {
            var users = await server.RegisterAsync("writer", "reader");
            var group = await users[0].CreateGroupAsync("Clock", users[1]);
            var repeated = Ids.New();
            (await users[0].SendAsync(group.Id, "before", repeated)).Seq.ShouldBe(2);
            var cursor = (await users[1].SyncAllAsync()).Cursor;
            var seq = 2L;
            foreach (var (days, restarts) in new[] { (-2, false), (-3, true), (2, false), (0, true) })
            {
                clock.Error = TimeSpan.FromDays(days);
                if (restarts)
                {
                    await server.DisposeAsync();
                    server = await ChatServer.StartAsync(clock, folder, settings: setting);
                    users = [.. users.Select(u => u with { Http = server.NewClient(u.Token) })];
                }
                for (var i = 0; i < 5; i++)
                {
                    (await users[0].SendAsync(group.Id, $"{days} {i}")).Seq.ShouldBe(++seq);
                }
                var again = await users[0].SendAsync(group.Id, "before", repeated);
                (again.Seq, again.Duplicate).ShouldBe((2, true));
                var page = await users[1].SyncAsync(cursor);
                page.Reset.ShouldBeFalse();
                page.Conversations.Single(c => c.State.Id == group.Id).Entries.Select(e => e.Seq).ShouldBe([seq - 4, seq - 3, seq - 2, seq - 1, seq]);
                cursor = page.Cursor;
            }
            var entries = await Ledger.ReadAllAsync(users[1], group.Id);
            entries.Select(e => e.Seq).ShouldBe(Enumerable.Range(1, (int)seq).Select(i => (long)i));
            // The clock really was another: else this shows nothing.
            (entries[2].At - entries[1].At).ShouldBeLessThan(TimeSpan.FromDays(-1));
            (entries[12].At - entries[2].At).ShouldBeGreaterThan(TimeSpan.FromDays(3));
        }
        finally
        {
            await server.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The real clock with a wrong time of day; spans and timers are right, as on a machine whose clock is set.</summary>
    private sealed class WrongClock : TimeProvider
    {
        private long _error;

        public TimeSpan Error
        {
            set => Volatile.Write(ref _error, value.Ticks);
        }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Volatile.Read(ref _error));
    }
}
