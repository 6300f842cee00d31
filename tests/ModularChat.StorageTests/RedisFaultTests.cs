using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using ModularChat.Contracts;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Redis;
using ModularChat.Shared.Servers;
using ModularChat.Storage;
using ModularChat.Storage.Redis;

namespace ModularChat.StorageTests;

/// <summary>Real servers killed and frozen under load: what was acknowledged is there, once and in order, and what was lost is told.</summary>
public sealed class RedisFaultTests(ITestOutputHelper output)
{
    private static readonly Guid Ann = Ids.New(), Bo = Ids.New();
    private static CancellationToken Token => TestContext.Current.CancellationToken;
    private static int Rounds => int.Parse(Environment.GetEnvironmentVariable("MODULARCHAT_FAULT_ROUNDS") ?? "2", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Redis_killed_under_load_and_started_again_has_lost_nothing_acked()
    {
        Assert.SkipWhen(RedisServer.Missing.Length > 0, RedisServer.Missing);
        await using var server = await RedisServer.StartAsync(Token);
        var (first, second) = (new Follower(), new Follower());
        await using var one = await RedisMessageLogTests.OpenAsync(server.Address, first);
        await using var other = await RedisMessageLogTests.OpenAsync(server.Address, second);
        await RunAsync([one, other], [first, second], async () =>
        {
            await server.Kill9Async();
            await server.StartAsync(Token);
        });
    }

    [Fact]
    public async Task A_master_killed_while_its_replica_was_frozen_loses_only_what_was_never_acked()
    {
        Assert.SkipWhen(RedisServer.Missing.Length > 0, RedisServer.Missing);
        await using var cluster = await RedisClusterServers.StartAsync(Token);
        var (first, second) = (new Follower(), new Follower());
        await using var one = await RedisMessageLogTests.OpenAsync(cluster.Addresses, first);
        await using var other = await RedisMessageLogTests.OpenAsync(cluster.Addresses, second);
        await RunAsync([one, other], [first, second], () => LoseMasterAsync(cluster, one));
    }

    /// <summary>The same as above, but nobody waits for a replica: what shows there that nothing is lost, shows here that something is.</summary>
    [Fact]
    public async Task A_master_killed_while_its_replica_was_frozen_loses_what_was_acked_without_waiting_for_the_replica()
    {
        Assert.SkipWhen(RedisServer.Missing.Length > 0, RedisServer.Missing);
        await using var cluster = await RedisClusterServers.StartAsync(Token);
        await using var log = await RedisMessageLogTests.OpenAsync(cluster.Addresses, new Follower(), o => o.Redis.WaitReplicas = 0);
        var writers = await WriteAsync([log], 1, () => LoseMasterAsync(cluster, log));
        await Assert.ThrowsAsync<ShouldAssertException>(async () => await writers.ShouldHoldAsync(log, Token));
    }

    [Fact]
    public async Task While_no_replica_confirms_nothing_is_acked_not_even_a_retry()
    {
        Assert.SkipWhen(RedisServer.Missing.Length > 0, RedisServer.Missing);
        await using var cluster = await RedisClusterServers.StartAsync(Token);
        await using var log = await RedisMessageLogTests.OpenAsync(cluster.Addresses, new RecordingListener(), o => o.Redis.WaitMilliseconds = 1_000);
        var group = Ids.New();
        await log.AppendAsync(Appends.Create(group, Ann, Bo), Token);
        var (_, replica) = await cluster.FindAsync($"{{log:{Ids.Shard(group, 16).ToString(CultureInfo.InvariantCulture)}}}", Token);
        await replica.FreezeAsync(frozen: true);
        var message = Appends.Message(group, Ann, "once");
        for (var i = 0; i < 3; i++)
        {
            await Should.ThrowAsync<LogUnavailableException>(async () => await log.AppendAsync(message, Token));
        }
        await replica.FreezeAsync(frozen: false);
        await RedisMessageLogTests.EventuallyAsync(async () => (await log.AppendAsync(message, Token)).ShouldSatisfyAllConditions(
            r => r.Outcome.ShouldBe(AppendOutcome.Duplicate), r => r.Seq.ShouldBe(2)));
    }

    /// <summary>
    /// A master that was started again takes itself for one until the others tell it that its replica has taken over. Whoever meets it meanwhile finds
    /// an unknown history and no shard: it must neither end the true history nor look there for ever.
    /// </summary>
    [Fact]
    public async Task A_server_that_only_takes_itself_for_the_master_begins_no_run()
    {
        Assert.SkipWhen(RedisServer.Missing.Length > 0, RedisServer.Missing);
        await using var servers = await RedisClusterServers.StartAsync(Token);
        await using var log = await RedisMessageLogTests.OpenAsync(servers.Addresses, new Follower());
        var (_, replica) = await servers.FindAsync("{log:0}", Token);
        var settings = RedisSettings.Parse(servers.Addresses);
        await using var cluster = new RedisCluster(new RedisServers(settings, new RedisConnector(settings, TimeProvider.System), TimeProvider.System), new RedisKeys(settings.Prefix), new RedisLogOptions());
        await cluster.Servers.LookAsync(Token);
        var before = (await cluster.ReadMetaAsync(Token))!;
        using var runs = new RedisRuns(cluster, before, new long[before.ShardCount], 1_000, new Follower(), TimeProvider.System, NullLogger.Instance);
        await using var link = new RedisLink(
            await cluster.Servers.ConnectAsync(new System.Net.DnsEndPoint("127.0.0.1", replica.Port), Token), "a-history-that-nobody-knows", replicas: 1, waitMilliseconds: 1000);

        await Should.ThrowAsync<LogUnavailableException>(() => runs.AlignAsync(link, 0, Token).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Token));

        var after = (await cluster.ReadMetaAsync(Token))!;
        (after.Runs.Count, after.Past.Count).ShouldBe((before.Runs.Count, before.Past.Count));
    }

    private async Task RunAsync(IMessageLog[] nodes, Follower[] followers, Func<Task> fault)
    {
        var writers = await WriteAsync(nodes, Rounds, fault);
        output.WriteLine($"{writers.Acked} acked, {writers.Failures} times told to try again");
        await writers.ShouldHoldAsync(nodes[0], Token);
        foreach (var (node, follower) in nodes.Zip(followers))
        {
            await RedisMessageLogTests.EventuallyAsync(async () => (await node.GetPositionsAsync(Token)).ShouldBe(await nodes[0].GetPositionsAsync(Token)));
            follower.Gaps.ShouldBe(0);
            (await node.ContainsAsync(node.Info.RunId, await node.GetPositionsAsync(Token), Token)).ShouldBeTrue();
        }
    }

    /// <summary>Writes through faults, until writing goes on after the last of them and every writer has its ack.</summary>
    private static async Task<StubbornWriters> WriteAsync(IMessageLog[] nodes, int rounds, Func<Task> fault)
    {
        var groups = Enumerable.Range(0, 20).Select(_ => Ids.New()).ToArray();
        foreach (var group in groups)
        {
            await nodes[0].AppendAsync(Appends.Create(group, Ann, Bo), Token);
        }
        var random = new Random(Environment.TickCount);
        var writers = new StubbornWriters(nodes, groups, Ann);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var running = writers.RunAsync(16, stop.Token, Token);
        for (var round = 0; round < rounds; round++)
        {
            await GoOnAsync(writers);
            await Task.Delay(random.Next(200, 800), Token);
            await fault();
        }
        await GoOnAsync(writers);
        await stop.CancelAsync();
        // A writer that is refused for ever would have the test wait for ever.
        await running.WaitAsync(TimeSpan.FromMinutes(2), TimeProvider.System, Token);
        return writers;
    }

    /// <summary>
    /// Its replica hears no more of a master, which goes on writing and is then killed; the replica takes over. The connection between them is cut
    /// too: what lies in the socket of a replica that is only frozen, it would read when it goes on, and nothing could be lost.
    /// </summary>
    private static async Task LoseMasterAsync(RedisClusterServers cluster, ILogDatabase log)
    {
        var (master, replica) = await cluster.FindAsync("{log:0}", Token);
        await replica.FreezeAsync(frozen: true);
        await master.RunAsync(Token, "CLIENT", "KILL", "TYPE", "replica");
        // Writes go on at the master, and nobody confirms them.
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, Token);
        await master.Kill9Async();
        await replica.FreezeAsync(frozen: false);
        await RedisMessageLogTests.EventuallyAsync(async () => (await log.GetShardAsync(0, Token)).State.ShouldBe(ShardState.Held));
        await master.StartAsync(Token);
    }

    private static async Task GoOnAsync(StubbornWriters writers)
    {
        var acked = writers.Acked;
        await RedisMessageLogTests.EventuallyAsync(() =>
        {
            writers.Acked.ShouldBeGreaterThan(acked + 200);
            return Task.CompletedTask;
        });
    }

    /// <summary>Sees whether commits follow on one another, or on what a reopening told.</summary>
    private sealed class Follower : ICommitListener
    {
        private readonly Lock _lock = new();
        private readonly Dictionary<int, long> _positions = [];

        public int Gaps { get; private set; }

        public void Committed(Commit commit)
        {
            using var _ = _lock.EnterScope();
            Gaps += _positions.GetValueOrDefault(commit.Shard) == commit.PreviousPosition ? 0 : 1;
            _positions[commit.Shard] = commit.Position;
        }

        public void Reopened(long[] positions)
        {
            using var _ = _lock.EnterScope();
            for (var shard = 0; shard < positions.Length; shard++)
            {
                _positions[shard] = positions[shard];
            }
        }
    }
}
