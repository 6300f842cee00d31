using System.Collections.Concurrent;
using ModularChat.Contracts;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Hearing;
using ModularChat.Storage;

namespace ModularChat.StorageTests;

/// <summary>Two nodes on one log that tell each other of their commits through an air that loses, doubles and delays; neither looks into the store by itself.</summary>
public sealed class HearingTests
{
    private static readonly Guid Ann = Ids.New(), Bo = Ids.New();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static IEnumerable<TheoryDataRow<string>> Shared() => LogEngines.All().Where(e => e.Data is "postgresql" or "redis");

    [Theory]
    [MemberData(nameof(Shared))]
    public async Task Each_node_is_told_the_whole_log_in_order_whatever_the_air_does(string engine)
    {
        var air = new Air(Random.Shared.Next());
        TestContext.Current.SendDiagnosticMessage("seed {0}", air.Seed);
        await using var nodes = await Nodes.OpenAsync(engine, air);
        var groups = Enumerable.Range(0, 6).Select(_ => Ids.New()).ToArray();
        foreach (var group in groups)
        {
            await nodes.Logs[0].AppendAsync(Appends.Create(group, Ann, Bo), Token);
        }
        await Task.WhenAll(Enumerable.Range(0, 12).Select(writer => Task.Run(
            async () =>
            {
                var log = nodes.Logs[writer % 2];
                for (var i = 0; i < 40; i++)
                {
                    var group = groups[(writer + i) % groups.Length];
                    var sent = await log.AppendAsync(Appends.Message(group, Ann, $"{writer}.{i}"), Token);
                    if (i % 7 == 0)
                    {
                        await log.AppendAsync(Appends.Edit(group, Ann, sent.Seq, $"{writer}.{i} again"), Token);
                        await log.AdvanceMarksAsync([new MarkAdvance(group, Bo, null, sent.Seq)], Token);
                    }
                }
            },
            Token)));

        await ShouldBeToldAllAsync(nodes, groups);
    }

    [Theory]
    [MemberData(nameof(Shared))]
    public async Task What_one_writes_the_other_takes_in_without_reading_the_store(string engine)
    {
        var air = new Air(seed: 0) { IsClear = true };
        await using var nodes = await Nodes.OpenAsync(engine, air);
        var group = Ids.New();
        await nodes.Logs[0].AppendAsync(Appends.Create(group, Ann, Bo), Token);
        for (var i = 0; i < 20; i++)
        {
            await nodes.Logs[0].AppendAsync(Appends.Message(group, Ann, $"{i}"), Token);
        }
        await UntilAsync(() => nodes.Listeners[1].Inner.Commits.Sum(c => c.Entries.Count) == 21);

        // Each as it was written, and not several that were read as one.
        nodes.Listeners[1].Inner.Commits.Select(c => (c.PreviousPosition, c.Position)).ShouldBe(nodes.Listeners[0].Inner.Commits.Select(c => (c.PreviousPosition, c.Position)));
    }

    [Theory]
    [MemberData(nameof(Shared))]
    public async Task What_a_node_writes_beside_others_of_whom_it_has_not_heard_is_said_whole_and_as_it_is(string engine)
    {
        var air = new Air(seed: 0) { IsClear = true };
        await using var nodes = await Nodes.OpenAsync(engine, air);
        var (one, other) = (nodes.Logs[0], nodes.Logs[1]);
        var (here, beside) = (Ids.New(), Ids.New());
        while (Ids.Shard(beside, one.Info.ShardCount) != Ids.Shard(here, one.Info.ShardCount))
        {
            beside = Ids.New();
        }
        foreach (var group in new[] { here, beside })
        {
            await one.AppendAsync(Appends.Create(group, Ann, Bo), Token);
            await one.AppendAsync(Appends.Message(group, Ann, "known to both"), Token);
        }
        await UntilAsync(() => nodes.Listeners[1].Inner.Commits.Sum(c => c.Entries.Count) == 4);
        air.IsSilent = true;

        // Elsewhere in the shard: the content goes along all the same.
        await one.AppendAsync(Appends.Message(beside, Bo, "unheard"), Token);
        await other.AppendAsync(Appends.Message(here, Ann, "beside it"), Token);
        (await LastShouldBeAsItIsAsync()).ShouldBeTrue();

        // What has no seq, of the very rows that the message changes: it is right, or left to be read.
        await one.AdvanceMarksAsync([new MarkAdvance(here, Ann, null, null, new Preferences(null, Pinned: true, Archived: false))], Token);
        await other.AppendAsync(Appends.Message(here, Ann, "after what was not heard"), Token);
        await LastShouldBeAsItIsAsync();

        async Task<bool> LastShouldBeAsItIsAsync()
        {
            if (nodes.Listeners[1].Written.Last() is not { } commit)
            {
                return false;
            }
            var membership = (await one.GetMembershipAsync(here, Token)).ShouldNotBeNull();
            commit.Entries.Count.ShouldBe(1);
            commit.Heads.ShouldBe([membership.Head]);
            commit.Members.Single().Member.ShouldBeEquivalentTo(membership.Members.Single(m => m.UserId == Ann));
            return true;
        }
    }

    private static async Task ShouldBeToldAllAsync(Nodes nodes, Guid[] groups)
    {
        foreach (var shard in groups.Select(g => Ids.Shard(g, nodes.Logs[0].Info.ShardCount)).Distinct())
        {
            var feed = await nodes.Logs[0].ReadFeedAsync(shard, 0, 100_000, Token);
            var head = (await nodes.Logs[0].GetShardAsync(shard, Token)).Position;
            for (var i = 0; i < nodes.Logs.Length; i++)
            {
                var (log, listener) = (nodes.Logs[i], nodes.Listeners[i].Inner);
                await UntilAsync(() =>
                {
                    log.Hear(HeardCommit.Head(log.Info.RunId, shard, head));
                    return listener.Commits.LastOrDefault(c => c.Shard == shard)?.Position == head;
                });
                var position = 0L;
                foreach (var commit in listener.Commits.Where(c => c.Shard == shard))
                {
                    commit.PreviousPosition.ShouldBe(position);
                    position = commit.Position;
                }
                var told = listener.Commits.Where(c => c.Shard == shard).ToList();
                told.SelectMany(c => c.Entries).Select(e => (e.Position, e.Entry.ClientMessageId)).ShouldBe(feed.Select(e => (e.Position, e.Entry.ClientMessageId)));
                foreach (var group in groups.Where(g => Ids.Shard(g, log.Info.ShardCount) == shard))
                {
                    var membership = (await log.GetMembershipAsync(group, Token)).ShouldNotBeNull();
                    told.SelectMany(c => c.Heads).Last(h => h.ConversationId == group).ShouldBe(membership.Head);
                    foreach (var member in membership.Members)
                    {
                        told.SelectMany(c => c.Members).Last(m => m.ConversationId == group && m.Member.UserId == member.UserId).Member.ShouldBeEquivalentTo(member);
                    }
                }
                listener.Reopenings.ShouldBe(0);
            }
        }
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!isSo())
        {
            TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(30));
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Token);
        }
    }

    /// <summary>What lies between the nodes.</summary>
    private sealed class Air(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly Lock _lock = new();
        private readonly List<(IMessageLog To, HeardCommit Heard)> _late = [];

        public int Seed => seed;

        public bool IsClear { get; init; }

        public bool IsSilent { get; set; }

        public void Send(IMessageLog to, HeardCommit heard)
        {
            lock (_lock)
            {
                if (IsSilent)
                {
                    return;
                }
                switch (IsClear ? -1 : _random.Next(8))
                {
                    case 0:
                        return;
                    case 1:
                        to.Hear(heard);
                        break;
                    case 2:
                        _late.Add((to, heard));
                        return;
                    case 3:
                        heard = heard with { Commit = null };
                        break;
                    case 4:
                        // From a node that has not noticed that another history began.
                        to.Hear(heard with { RunId = Ids.New(), Commit = heard.Commit is { } there ? there with { Entries = [] } : null });
                        break;
                }
                to.Hear(heard);
                while (_late.Count > 3)
                {
                    _late[0].To.Hear(_late[0].Heard);
                    _late.RemoveAt(0);
                }
            }
        }
    }

    /// <summary>Records, and tells the other node in the form in which it travels.</summary>
    private sealed class Announcing(Air air) : ICommitListener
    {
        public RecordingListener Inner { get; } = new();

        public IMessageLog? Other { get; set; }

        /// <summary>What it has announced; null where it has to be read.</summary>
        public ConcurrentQueue<Commit?> Written { get; } = new();

        public void Committed(Commit commit) => Inner.Committed(commit);

        public void Reopened(long[] positions) => Inner.Reopened(positions);

        public void Wrote(Guid runId, int shard, long previous, long position, Commit? commit)
        {
            Written.Enqueue(commit);
            if (Other is { } other)
            {
                var read = commit is null ? null : CommitCodec.Read(CommitCodec.Write(commit), shard, other.Info.ShardCount, previous, position).ShouldNotBeNull();
                air.Send(other, new HeardCommit(runId, shard, previous, position, read));
            }
        }
    }

    private sealed class Nodes : IAsyncDisposable
    {
        private readonly ConcurrentStack<IAsyncDisposable> _open = new();

        public ILogDatabase[] Logs { get; } = new ILogDatabase[2];

        public Announcing[] Listeners { get; } = new Announcing[2];

        public static async Task<Nodes> OpenAsync(string engine, Air air)
        {
            var nodes = new Nodes();
            var options = new MessageLogOptions { FollowMilliseconds = 60_000 };
            Func<ICommitListener, Task<ILogDatabase>> open;
            if (engine == "redis")
            {
                var database = new RedisLogs.Database();
                nodes._open.Push(database);
                open = listener => database.OpenAsync(new LogOpening(null, Ids.New()), options, 100, listener, TimeProvider.System);
            }
            else
            {
                var database = new PostgresLogs.Database();
                nodes._open.Push(database);
                open = listener => database.OpenAsync(new LogOpening(null, Ids.New()), options, 100, listener, TimeProvider.System);
            }
            for (var i = 0; i < nodes.Logs.Length; i++)
            {
                nodes.Listeners[i] = new Announcing(air);
                nodes.Logs[i] = await open(nodes.Listeners[i]);
                nodes._open.Push(nodes.Logs[i]);
            }
            (nodes.Listeners[0].Other, nodes.Listeners[1].Other) = (nodes.Logs[1], nodes.Logs[0]);
            return nodes;
        }

        public async ValueTask DisposeAsync()
        {
            while (_open.TryPop(out var open))
            {
                await open.DisposeAsync();
            }
        }
    }
}
