using Microsoft.Extensions.Logging.Abstractions;
using ModularChat.Contracts;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Hearing;
using ModularChat.Shared;

namespace ModularChat.UnitTests.Hearing;

public sealed class ShardEarTests
{
    private readonly ManualTime _time = new();
    private readonly OneShard _shard = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Commits_that_overtake_each_other_are_told_in_order_without_the_store()
    {
        await using var ear = Ear();
        var (one, two, three) = (_shard.Write(), _shard.Write(3), _shard.Write());
        ear.Hear(three);
        ear.Hear(two);
        await RestAsync();
        _shard.Told.ShouldBe(0);

        ear.Hear(one);
        await UntilAsync(() => _shard.Told == three.Position);

        _shard.Looks.ShouldBe(0);
        ShouldBeTheLog();
    }

    [Fact]
    public async Task What_is_missing_is_read_from_the_store_after_a_moment()
    {
        await using var ear = Ear();
        _shard.Write();
        ear.Hear(_shard.Write());
        await UntilWaitingAsync();
        _shard.Looks.ShouldBe(0);

        _time.Advance(TimeSpan.FromMilliseconds(35));
        await UntilAsync(() => _shard.Told == 2);

        ShouldBeTheLog();
    }

    [Fact]
    public async Task What_comes_without_its_content_is_read_at_once()
    {
        await using var ear = Ear();
        ear.Hear(_shard.Write() with { Commit = null });

        await UntilAsync(() => _shard.Told == 1);

        _shard.Looks.ShouldBe(1);
    }

    [Fact]
    public async Task A_beacon_shows_that_the_last_commit_was_lost()
    {
        await using var ear = Ear();
        var lost = _shard.Write(2);
        ear.Hear(HeardCommit.Head(_shard.Run, 0, lost.Position));
        await UntilWaitingAsync();
        _time.Advance(TimeSpan.FromMilliseconds(35));

        await UntilAsync(() => _shard.Told == lost.Position);

        ShouldBeTheLog();
    }

    [Fact]
    public async Task A_beacon_that_overtakes_the_commit_costs_nothing()
    {
        await using var ear = Ear();
        var commit = _shard.Write(2);
        ear.Hear(HeardCommit.Head(_shard.Run, 0, commit.Position));
        ear.Hear(commit);
        await UntilAsync(() => _shard.Told == commit.Position);
        _time.Advance(TimeSpan.FromSeconds(1));
        await RestAsync();

        _shard.Looks.ShouldBe(0);
    }

    [Fact]
    public async Task A_commit_of_another_history_is_not_told()
    {
        await using var ear = Ear();
        var foreign = new HeardCommit(Ids.New(), 0, 0, 1, new Commit(0, 0, 1, [new CommittedEntry(1, OneShard.Entry(99), null)], [], []));
        ear.Hear(foreign);
        await UntilWaitingAsync();
        _time.Advance(TimeSpan.FromMilliseconds(35));
        await UntilAsync(() => _shard.Looks == 1);
        _shard.Told.ShouldBe(0);

        ear.Hear(_shard.Write());
        await UntilAsync(() => _shard.Told == 1);

        ShouldBeTheLog();
    }

    [Fact]
    public async Task A_writer_waits_for_what_is_on_its_way_and_for_nothing_when_nobody_is_heard()
    {
        await using var ear = Ear();
        await ear.WaitAsync(1).WaitAsync(TimeSpan.FromSeconds(20), Token);

        var (one, two) = (_shard.Write(), _shard.Write());
        ear.Hear(two);
        var waiting = ear.WaitAsync(two.Position);
        await RestAsync();
        waiting.IsCompleted.ShouldBeFalse();
        ear.Hear(one);

        await waiting.WaitAsync(TimeSpan.FromSeconds(20), Token);
        _shard.Told.ShouldBe(two.Position);
        _shard.Looks.ShouldBe(0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task Whatever_is_lost_doubled_late_foreign_or_empty_what_is_told_is_the_log(int seed)
    {
        var random = new Random(seed);
        await using var ear = Ear();
        var air = new List<HeardCommit>();
        for (var i = 0; i < 400; i++)
        {
            var heard = _shard.Write(random.Next(1, 4));
            switch (random.Next(10))
            {
                case 0:
                    break;
                case 1:
                    air.AddRange([heard, heard]);
                    break;
                case 2:
                    air.Add(heard with { Commit = null });
                    break;
                case 3:
                    // The same place in another history, with something else in it.
                    air.Add(heard with { RunId = Ids.New(), Commit = heard.Commit! with { Entries = [new CommittedEntry(heard.Position, OneShard.Entry(1_000_000 + i), null)] } });
                    air.Add(heard);
                    break;
                case 4:
                    air.Insert(Math.Max(0, air.Count - random.Next(5)), heard);
                    break;
                default:
                    air.Add(heard);
                    break;
            }
            while (air.Count > random.Next(6))
            {
                ear.Hear(air[0]);
                air.RemoveAt(0);
            }
            if (random.Next(20) == 0)
            {
                _time.Advance(TimeSpan.FromMilliseconds(random.Next(50)));
                await RestAsync();
            }
        }
        await UntilAsync(() =>
        {
            ear.Hear(HeardCommit.Head(_shard.Run, 0, _shard.Store[^1].Position));
            _time.Advance(TimeSpan.FromMilliseconds(35));
            return _shard.Told == _shard.Store[^1].Position;
        });

        ShouldBeTheLog();
    }

    /// <summary>Each commit begins where the one before ended, and together they have every entry once, in order.</summary>
    private void ShouldBeTheLog()
    {
        var position = 0L;
        foreach (var commit in _shard.Commits)
        {
            commit.PreviousPosition.ShouldBe(position);
            position = commit.Position;
        }
        _shard.Commits.SelectMany(c => c.Entries).Select(e => e.Entry.Seq).ShouldBe(_shard.Store.SelectMany(c => c.Entries).Select(e => e.Entry.Seq));
    }

    private ShardEar Ear() => new(_shard, _time, NullLogger.Instance);

    private Task UntilWaitingAsync() => UntilAsync(() => _time.Waiting > 0);

    private static Task RestAsync() => Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);

    private static async Task UntilAsync(Func<bool> isSo)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!isSo())
        {
            TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(20));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Token);
        }
    }
}
