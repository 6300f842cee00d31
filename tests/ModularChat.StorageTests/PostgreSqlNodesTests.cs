using System.Collections.Concurrent;
using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.PostgreSql;
using ModularChat.Shared.Servers;
using ModularChat.Storage;

namespace ModularChat.StorageTests;

/// <summary>Several nodes on one PostgreSQL: one order for all of them, and each hears everything once.</summary>
public sealed class PostgreSqlNodesTests
{
    private static readonly Guid Ann = Ids.New(), Bo = Ids.New(), Cy = Ids.New();
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_nodes_that_write_into_one_conversation_give_one_order_and_each_hears_every_commit_once()
    {
        await using var test = await NodesAsync(o => o.FollowMilliseconds = 50);
        var group = Ids.New();
        await test.One.AppendAsync(Appends.Create(group, Ann, Bo), Token);
        var results = new ConcurrentBag<AppendResult>();
        await Task.WhenAll(Enumerable.Range(0, 16).Select(writer => Task.Run(
            async () =>
            {
                var node = writer % 2 == 0 ? test.One : test.Two;
                for (var i = 0; i < 60; i++)
                {
                    var message = Appends.Message(group, i % 2 == 0 ? Ann : Bo, $"{writer}.{i}");
                    results.Add(await node.AppendAsync(message, Token));
                    if (i % 10 == 0)
                    {
                        await node.AdvanceMarksAsync([new MarkAdvance(group, Bo, null, null, new Preferences(null, writer % 3 == 0, i % 20 == 0))], Token);
                        await node.AppendAsync(Appends.React(group, Ann, results.First().Seq, $"{writer}"), Token);
                        // A retry that reaches the other node is the same request there.
                        (await (writer % 2 == 0 ? test.Two : test.One).AppendAsync(message, Token)).Outcome.ShouldBe(AppendOutcome.Duplicate);
                    }
                }
            },
            Token)));

        var entries = await test.One.ReadAsync(group, 1, long.MaxValue, 10_000, newest: false, Token);
        entries.Select(e => e.Entry.Seq).ShouldBe(Enumerable.Range(1, entries.Count).Select(i => (long)i));
        entries.Select(e => e.Position).ShouldBeInOrder(SortDirection.Ascending);
        entries.Select(e => e.Position).Distinct().Count().ShouldBe(entries.Count);
        results.Select(r => r.Seq).Distinct().Count().ShouldBe(16 * 60);
        var shard = entries[0].Shard;
        await test.CatchUpAsync(shard);
        foreach (var listener in test.Listeners)
        {
            listener.Reopenings.ShouldBe(0);
            ShouldBeWhole(listener, shard, entries);
        }
        foreach (var node in new[] { test.One, test.Two })
        {
            var membership = (await node.GetMembershipAsync(group, Token)).ShouldNotBeNull();
            foreach (var listener in test.Listeners)
            {
                listener.Commits.SelectMany(c => c.Heads).Last().ShouldBe(membership.Head);
                foreach (var member in membership.Members)
                {
                    listener.Commits.SelectMany(c => c.Members).Last(m => m.Member.UserId == member.UserId).Member.ShouldBeEquivalentTo(member);
                }
            }
        }
    }

    [Fact]
    public async Task The_same_request_on_two_nodes_at_once_is_stored_once()
    {
        await using var test = await NodesAsync();
        var group = Ids.New();
        var create = Appends.Create(group, Ann, Bo);
        var made = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => test.Node(i).AppendAsync(create, Token).AsTask()));
        made.Count(r => r.Outcome == AppendOutcome.Stored).ShouldBe(1);
        var message = Appends.Message(group, Ann, "once");
        var sent = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(() => test.Node(i).AppendAsync(message, Token).AsTask(), Token)));
        sent.Count(r => r.Outcome == AppendOutcome.Stored).ShouldBe(1);
        sent.Count(r => r.Outcome == AppendOutcome.Duplicate).ShouldBe(99);
        sent.Select(r => r.Seq).Distinct().ShouldBe([2L]);
    }

    [Fact]
    public async Task A_node_that_writes_nothing_hears_what_others_did_and_what_it_changed()
    {
        await using var test = await NodesAsync(o => o.FollowMilliseconds = 20);
        var group = Ids.New();
        await test.One.AppendAsync(Appends.Create(group, HistoryVisibility.Joined, [(Ann, MemberRole.Owner), (Bo, MemberRole.Invited)]), Token);
        await test.One.AppendAsync(Appends.Message(group, Ann, "first"), Token);
        await test.One.AppendAsync(Appends.Edit(group, Ann, 2, "second"), Token);
        await test.One.AppendAsync(Appends.React(group, Ann, 2, "👍"), Token);
        await test.One.AppendAsync(Appends.Pin(group, Ann, 2, pinned: true), Token);
        await test.One.AppendAsync(Appends.Members(group, Ann, 1, new MemberChange(Cy, MemberRole.Member, RangeChange.OpenHere)), Token);
        await test.One.AppendAsync(Appends.Settings(group, Ann, 6, "new title"), Token);
        await test.One.AppendAsync(Appends.Delete(group, Ann, 2, membersSeq: 7), Token);
        var last = await test.One.AppendAsync(Appends.Message(group, Cy, "last", membersSeq: 7), Token);
        await test.One.AdvanceMarksAsync([new MarkAdvance(group, Ann, null, 9)], Token);

        var shard = Ids.Shard(group, 16);
        while (test.Listeners[1].Commits.Where(c => c.Shard == shard).Select(c => c.Position).LastOrDefault() <= last.Position)
        {
            await Task.Delay(20, Token);
        }
        var changes = test.Listeners[1].Commits.SelectMany(c => c.Entries).Select(e => e.Change).ToArray();
        changes.Select(c => c?.GetType()).ShouldBe(
            [typeof(Change.Create), null, typeof(Change.Edit), typeof(Change.React), typeof(Change.Pin), typeof(Change.ChangeMembers), typeof(Change.Settings), typeof(Change.Delete), null]);
        // In how many commits it comes is a matter of time; who is in a later state of the rows may be told early.
        ((Change.Create)changes[0]!).Members.Select(m => m.UserId).Intersect([Ann, Bo]).Count().ShouldBe(2);
        ((Change.ChangeMembers)changes[5]!).Changes.Select(c => c.UserId).ShouldContain(Cy);
        changes[3].ShouldBe(new Change.React("👍", Remove: false));
        test.Listeners[1].Commits[^1].Heads.ShouldHaveSingleItem().ShouldBe((await test.Two.GetHeadsAsync([group], Token)).ShouldHaveSingleItem());
        (await test.Two.ContainsAsync(test.One.Info.RunId, await test.One.GetPositionsAsync(Token), Token)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_node_far_behind_begins_anew_instead_of_reading_it_all()
    {
        await using var test = await NodesAsync(o => o.FollowMilliseconds = 60_000);
        var group = Ids.New();
        await test.One.AppendAsync(Appends.Create(group, Ann, Bo), Token);
        await Task.WhenAll(Enumerable.Range(0, 6000).Select(i => test.One.AppendAsync(Appends.Message(group, Ann, $"{i}"), Token).AsTask()));
        await test.Two.LookAsync(Ids.Shard(group, 16), Token);
        test.Listeners[1].Commits.ShouldBeEmpty();
        test.Listeners[1].Reopenings.ShouldBe(1);
        test.Listeners[1].LastPositions.ShouldBe(await test.One.GetPositionsAsync(Token));
        // From there on it hears every commit again.
        var next = await test.Two.AppendAsync(Appends.Message(group, Bo, "on"), Token);
        test.Listeners[1].Commits.ShouldHaveSingleItem().PreviousPosition.ShouldBe(next.Position - 1);
    }

    [Fact]
    public async Task A_frozen_shard_keeps_writes_in_their_order_on_all_nodes_until_it_is_held_or_gone()
    {
        await using var test = await NodesAsync();
        var group = Ids.New();
        await test.One.AppendAsync(Appends.Create(group, Ann, Bo), Token);
        var shard = Ids.Shard(group, 16);
        await test.One.SetShardAsync(new ShardRow(shard, ShardState.Frozen, 1), Token);
        var waiting = Enumerable.Range(0, 10).Select(i => test.Two.AppendAsync(Appends.Message(group, Ann, $"{i}"), Token).AsTask()).ToArray();
        await Task.Delay(300, Token);
        (await test.One.GetHeadsAsync([group], Token))[0].Seq.ShouldBe(1);
        waiting.ShouldAllBe(w => !w.IsCompleted);
        await test.One.SetShardAsync(new ShardRow(shard, ShardState.Held, 0), Token);
        (await Task.WhenAll(waiting)).Select(r => r.Seq).ShouldBe(Enumerable.Range(2, 10).Select(i => (long)i));

        await test.Two.SetShardAsync(new ShardRow(shard, ShardState.Gone, 0), Token);
        await Should.ThrowAsync<ShardMovedException>(async () => await test.One.AppendAsync(Appends.Message(group, Ann, "x"), Token));
        await test.Two.DropShardAsync(shard, Token);
        (await test.One.GetHeadsAsync([group], Token)).ShouldBeEmpty();
        (await test.Two.GetSeedAsync(Token)).Shards.ShouldNotContain(shard);
    }

    private static void ShouldBeWhole(RecordingListener listener, int shard, IReadOnlyList<LogEntry> entries)
    {
        var position = 0L;
        foreach (var commit in listener.Commits.Where(c => c.Shard == shard))
        {
            commit.PreviousPosition.ShouldBe(position);
            commit.Position.ShouldBeGreaterThan(position);
            position = commit.Position;
        }
        var told = listener.Commits.Where(c => c.Shard == shard).SelectMany(c => c.Entries).ToArray();
        told.Select(e => e.Position).ShouldBe(entries.Select(e => e.Position));
        told.Select(e => e.Entry.ClientMessageId).ShouldBe(entries.Select(e => e.Entry.ClientMessageId));
    }

    private static async Task<Nodes> NodesAsync(Action<MessageLogOptions>? configure = null)
    {
        Assert.SkipWhen(PostgresServer.Missing.Length > 0, PostgresServer.Missing);
        var options = new MessageLogOptions();
        configure?.Invoke(options);
        var nodes = new Nodes(new PostgresLogs.Database());
        await nodes.OpenAsync(options);
        return nodes;
    }

    private sealed class Nodes(PostgresLogs.Database database) : IAsyncDisposable
    {
        public PostgreSqlMessageLog One { get; private set; } = null!;
        public PostgreSqlMessageLog Two { get; private set; } = null!;
        public RecordingListener[] Listeners { get; } = [new(), new()];

        public PostgreSqlMessageLog Node(int i) => i % 2 == 0 ? One : Two;

        public async Task OpenAsync(MessageLogOptions options)
        {
            // Both at once, on a database that is empty.
            await database.ConnectionAsync();
            var opened = await Task.WhenAll(Listeners.Select(async listener =>
                (PostgreSqlMessageLog)await database.OpenAsync(new LogOpening(null, Ids.New()), options, 100, listener, TimeProvider.System)));
            (One, Two) = (opened[0], opened[1]);
        }

        public async Task CatchUpAsync(int shard)
        {
            await One.LookAsync(shard, Token);
            await Two.LookAsync(shard, Token);
        }

        public async ValueTask DisposeAsync()
        {
            await One.DisposeAsync();
            await Two.DisposeAsync();
            await database.DisposeAsync();
        }
    }
}
