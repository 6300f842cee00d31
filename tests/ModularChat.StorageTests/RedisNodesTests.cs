using System.Text.Json;
using ModularChat.Contracts;
using ModularChat.Messaging.Storage;

namespace ModularChat.StorageTests;

/// <summary>Two nodes on one log in Redis: one order, one result for one request, and each is told what the other wrote.</summary>
public sealed class RedisNodesTests
{
    private static readonly Guid Ann = Ids.New(), Bo = Ids.New(), Cy = Ids.New();
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory, InlineData(false), InlineData(true)]
    public async Task Writers_on_both_get_dense_seqs_and_both_are_told_everything_in_order(bool isCluster)
    {
        await using var nodes = await Nodes.OpenAsync(isCluster);
        var groups = Enumerable.Range(0, 5).Select(_ => Ids.New()).ToArray();
        foreach (var group in groups)
        {
            await nodes.One.AppendAsync(Appends.Create(group, Ann, Bo), Token);
        }
        var writers = new StubbornWriters([nodes.One, nodes.Other], groups, Ann);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var running = writers.RunAsync(16, stop.Token, Token);
        await RedisMessageLogTests.EventuallyAsync(() =>
        {
            writers.Acked.ShouldBeGreaterThan(1500);
            return Task.CompletedTask;
        });
        await stop.CancelAsync();
        await running;

        writers.Failures.ShouldBe(0);
        await writers.ShouldHoldAsync(nodes.Other, Token);
        foreach (var (log, listener) in new[] { (nodes.One, nodes.Listener), (nodes.Other, nodes.OtherListener) })
        {
            await RedisMessageLogTests.EventuallyAsync(async () => (await log.GetPositionsAsync(Token)).ShouldBe(await nodes.PositionsAsync()));
            foreach (var shard in listener.Commits.GroupBy(c => c.Shard))
            {
                var position = 0L;
                foreach (var commit in shard)
                {
                    commit.PreviousPosition.ShouldBe(position);
                    position = commit.Position;
                }
                var feed = await log.ReadFeedAsync(shard.Key, 0, 100_000, Token);
                shard.SelectMany(c => c.Entries).Select(e => e.Entry).ShouldBe(feed.Select(e => e.Entry));
            }
        }
    }

    [Fact]
    public async Task The_same_request_on_both_at_once_is_stored_once()
    {
        await using var nodes = await Nodes.OpenAsync(isCluster: false);
        var group = Ids.New();
        await nodes.One.AppendAsync(Appends.Create(group, Ann, Bo), Token);
        for (var i = 0; i < 50; i++)
        {
            var message = Appends.Message(group, Ann, $"{i}");
            var results = await Task.WhenAll(nodes.One.AppendAsync(message, Token).AsTask(), nodes.Other.AppendAsync(message, Token).AsTask());
            results.Select(r => r.Outcome).Order().ShouldBe([AppendOutcome.Stored, AppendOutcome.Duplicate]);
            results[0].Seq.ShouldBe(results[1].Seq);
        }
    }

    [Fact]
    public async Task One_who_was_removed_on_one_node_cannot_write_on_the_other_though_it_has_not_heard_of_it()
    {
        await using var nodes = await Nodes.OpenAsync(isCluster: false);
        var group = Ids.New();
        await nodes.One.AppendAsync(Appends.Create(group, Ann, Bo), Token);
        await nodes.One.AppendAsync(Appends.Members(group, Ann, 1, new MemberChange(Bo, Contracts.Messaging.MemberRole.None, RangeChange.Close)), Token);
        (await nodes.Other.AppendAsync(Appends.Message(group, Bo, "still here"), Token)).Outcome.ShouldBe(AppendOutcome.MembersChanged);
    }

    [Fact]
    public async Task A_node_that_writes_nothing_is_told_with_what_each_entry_changes()
    {
        await using var nodes = await Nodes.OpenAsync(isCluster: false);
        var group = Ids.New();
        await nodes.One.AppendAsync(Appends.Create(group, Ann, Bo), Token);
        await nodes.One.AppendAsync(Appends.Message(group, Ann, "one"), Token);
        await nodes.One.AppendAsync(Appends.React(group, Bo, 2, "👍"), Token);
        await nodes.One.AppendAsync(Appends.Edit(group, Ann, 2, "two"), Token);
        await nodes.One.AppendAsync(Appends.Pin(group, Ann, 2, pinned: true), Token);
        await nodes.One.AppendAsync(Appends.Members(group, Ann, 1, new MemberChange(Cy, Contracts.Messaging.MemberRole.Member, RangeChange.OpenHere)), Token);
        await nodes.One.AdvanceMarksAsync([new MarkAdvance(group, Bo, null, 2)], Token);
        var positions = await nodes.One.GetPositionsAsync(Token);
        await RedisMessageLogTests.EventuallyAsync(async () => (await nodes.Other.GetPositionsAsync(Token)).ShouldBe(positions));

        var told = nodes.OtherListener.Commits;
        var changes = told.SelectMany(c => c.Entries).Select(e => e.Change).ToArray();
        changes.Select(c => c?.GetType()).ShouldBe([
            typeof(Change.Create), null, typeof(Change.React), typeof(Change.Edit), typeof(Change.Pin), typeof(Change.ChangeMembers)]);
        ((Change.React)changes[2]!).Emoji.ShouldBe("👍");
        ((Change.ChangeMembers)changes[5]!).Changes.ShouldContain(c => c.UserId == Cy);
        told.SelectMany(c => c.Members).Where(m => m.Member.UserId == Bo).ShouldContain(m => m.Member.Read == 2);
        told[^1].Heads.ShouldHaveSingleItem().ShouldBe((await nodes.One.GetHeadsAsync([group], Token))[0]);
    }

    [Fact]
    public async Task A_page_is_the_same_whether_a_node_knows_the_end_of_the_conversation_or_not()
    {
        await using var nodes = await Nodes.OpenAsync(isCluster: false, followMilliseconds: 60_000);
        var group = Ids.New();
        await nodes.One.AppendAsync(Appends.Create(group, Ann, Bo), Token);
        // More than one list of entries.
        await Task.WhenAll(Enumerable.Range(2, 1098).Select(i => nodes.One.AppendAsync(Appends.Message(group, i % 2 == 0 ? Ann : Bo, $"{i}"), Token).AsTask()));
        await ShouldReadTheSameAsync();
        await nodes.One.AppendAsync(Appends.React(group, Bo, 1010, "👍"), Token);
        await nodes.One.AppendAsync(Appends.Edit(group, Ann, 1050, "edited"), Token);
        await nodes.One.AppendAsync(Appends.Delete(group, Ann, 1060), Token);
        await ShouldReadTheSameAsync();
        await nodes.One.CutAsync(group, 1030, Appends.Start, Token);
        await ShouldReadTheSameAsync();

        async Task ShouldReadTheSameAsync()
        {
            (long From, long To, int Limit)[] pages = [(1, long.MaxValue, 50), (1, long.MaxValue, 200), (1000, 1040, 50), (1020, 1030, 5), (1, 1024, 10), (1025, long.MaxValue, 500), (2000, long.MaxValue, 10)];
            foreach (var (from, to, limit) in pages)
            {
                foreach (var newest in new[] { true, false })
                {
                    var page = Text(await nodes.One.ReadAsync(group, from, to, limit, newest, Token));
                    page.ShouldBe(Text(await nodes.Other.ReadAsync(group, from, to, limit, newest, Token)), $"from {from} to {to}, {limit}, newest: {newest}");
                }
            }
        }
    }

    private static string Text(IReadOnlyList<LogEntry> page) =>
        string.Join('\n', page.Select(e => $"{e.Position} {JsonSerializer.Serialize(e.Entry, ContractsJson.Default.Entry)}"));

    [Fact]
    public async Task A_cursor_from_a_node_that_is_ahead_is_known_at_once()
    {
        await using var nodes = await Nodes.OpenAsync(isCluster: false, followMilliseconds: 60_000);
        var group = Ids.New();
        await nodes.One.AppendAsync(Appends.Create(group, Ann, Bo), Token);
        (await nodes.Other.ContainsAsync(nodes.One.Info.RunId, await nodes.One.GetPositionsAsync(Token), Token)).ShouldBeTrue();
    }

    private sealed class Nodes(RedisLogs.Database database, ILogDatabase one, ILogDatabase other, RecordingListener listener, RecordingListener otherListener) : IAsyncDisposable
    {
        public ILogDatabase One => one;
        public ILogDatabase Other => other;
        public RecordingListener Listener => listener;
        public RecordingListener OtherListener => otherListener;

        public static async Task<Nodes> OpenAsync(bool isCluster, int followMilliseconds = 50)
        {
            var database = new RedisLogs.Database(isCluster);
            var (listener, otherListener) = (new RecordingListener(), new RecordingListener());
            var options = new ModularChat.Storage.MessageLogOptions { FollowMilliseconds = followMilliseconds };
            var one = await database.OpenAsync(new LogOpening(null, null), options, 100, listener, TimeProvider.System);
            var other = await database.OpenAsync(new LogOpening(null, null), options, 100, otherListener, TimeProvider.System);
            return new Nodes(database, one, other, listener, otherListener);
        }

        public async Task<long[]> PositionsAsync() =>
            [.. await Task.WhenAll(Enumerable.Range(0, one.Info.ShardCount).Select(async s => (await one.GetShardAsync(s, Token)).Position))];

        public async ValueTask DisposeAsync()
        {
            await one.DisposeAsync();
            await other.DisposeAsync();
            await database.DisposeAsync();
        }
    }
}
