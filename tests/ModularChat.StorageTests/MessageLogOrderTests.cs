using System.Collections.Concurrent;
using ModularChat.Contracts;
using ModularChat.Messaging.Storage;

namespace ModularChat.StorageTests;

/// <summary>What every engine promises about order, under many writers and over many entries.</summary>
public sealed class MessageLogOrderTests
{
    private static readonly Guid Ann = Ids.New(), Bo = Ids.New();
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(LogEngines.WithCluster), MemberType = typeof(LogEngines))]
    public async Task Thirty_two_writers_give_dense_seqs_and_commits_in_order_of_position(string engine)
    {
        await using var test = await LogUnderTest.OpenAsync(engine, o => o.FoldAfter = 300);
        var groups = Enumerable.Range(0, 7).Select(_ => Ids.New()).ToArray();
        foreach (var group in groups)
        {
            await test.Log.AppendAsync(Appends.Create(group, Ann, Bo), Token);
        }
        var results = new ConcurrentBag<(Guid Group, AppendResult Result, int CommitsTold)>();
        await Task.WhenAll(Enumerable.Range(0, 32).Select(writer => Task.Run(
            async () =>
            {
                for (var i = 0; i < 100; i++)
                {
                    var group = groups[(writer + i) % groups.Length];
                    var result = await test.Log.AppendAsync(Appends.Message(group, i % 2 == 0 ? Ann : Bo, $"{writer}.{i}"), Token);
                    results.Add((group, result, test.Listener.Commits.Count));
                    if (i % 10 == 0)
                    {
                        await test.Log.AdvanceMarksAsync([new MarkAdvance(group, Bo, result.Seq, null)], Token);
                    }
                }
            },
            Token)));

        foreach (var group in groups)
        {
            var mine = results.Where(r => r.Group == group).Select(r => r.Result).OrderBy(r => r.Seq).ToArray();
            mine.Select(r => r.Seq).ShouldBe(Enumerable.Range(2, mine.Length).Select(i => (long)i));
            mine.Select(r => r.Position).ShouldBeInOrder();
            mine.Select(r => r.Position).Distinct().Count().ShouldBe(mine.Length);
        }
        var commits = test.Listener.Commits;
        foreach (var shard in commits.GroupBy(c => c.Shard))
        {
            var position = 0L;
            foreach (var commit in shard)
            {
                commit.PreviousPosition.ShouldBe(position);
                commit.Position.ShouldBeGreaterThan(position);
                commit.Entries.Select(e => e.Position).ShouldBeInOrder();
                commit.Entries.ShouldAllBe(e => e.Position > commit.PreviousPosition && e.Position <= commit.Position);
                position = commit.Position;
            }
            (await test.Log.GetPositionsAsync(Token))[shard.Key].ShouldBe(position);
            (await test.Log.ReadFeedAsync(shard.Key, 0, 100_000, Token)).Select(e => e.Entry).ShouldBe(shard.SelectMany(c => c.Entries).Select(e => e.Entry));
        }
        // Whoever has a result finds that the listener was told before.
        var told = commits.SelectMany((c, i) => c.Entries.Select(e => (c.Shard, e.Position, Commit: i))).ToDictionary(e => (e.Shard, e.Position), e => e.Commit);
        results.All(r => told[(Ids.Shard(r.Group, 16), r.Result.Position)] < r.CommitsTold).ShouldBeTrue();
    }

    [Theory, MemberData(nameof(LogEngines.WithCluster), MemberType = typeof(LogEngines))]
    public async Task Whoever_reads_while_others_write_sees_everything_up_to_the_committed_positions(string engine)
    {
        await using var test = await GroupLog.OpenAsync(engine, o => o.FoldAfter = 50, Ann, Bo);
        var shard = Ids.Shard(test.Group, test.Log.Info.ShardCount);
        var writing = Task.WhenAll(Enumerable.Range(0, 8).Select(w => Task.Run(
            async () =>
            {
                for (var i = 0; i < 150; i++)
                {
                    await test.AppendAsync(Appends.Message(test.Group, w % 2 == 0 ? Ann : Bo, $"{w}.{i}"));
                }
            },
            Token)));
        while (!writing.IsCompleted)
        {
            var position = (await test.Log.GetPositionsAsync(Token))[shard];
            var head = await test.HeadAsync();
            head.Position.ShouldBeGreaterThanOrEqualTo(position);
            var page = await test.Log.ReadAsync(test.Group, 1, long.MaxValue, 50, newest: true, Token);
            page[^1].Entry.Seq.ShouldBeGreaterThanOrEqualTo(head.Seq);
            page.Select(e => e.Entry.Seq).ShouldBe(Enumerable.Range(0, page.Count).Select(i => page[0].Entry.Seq + i));
            page.Count.ShouldBe((int)Math.Min(50, page[^1].Entry.Seq));
            var membership = (await test.Log.GetMembershipAsync(test.Group, Token)).ShouldNotBeNull();
            membership.Members.ShouldAllBe(m => m.Read <= membership.Head.Seq && m.MarksPosition <= membership.Head.MarksPosition);
            membership.Members.Max(m => m.Read).ShouldBe(membership.Head.Seq == 1 ? 0 : membership.Head.Seq);
            var number = await test.Log.GetNumberAsync(test.Group, head.Seq / 2, Token);
            number.ShouldBe(Math.Max(0, (head.Seq / 2) - 1));
        }
        await writing;
        (await test.HeadAsync()).Seq.ShouldBe(1201);
    }

    [Theory, MemberData(nameof(LogEngines.All), MemberType = typeof(LogEngines))]
    public async Task A_caller_who_blocks_its_thread_after_its_answer_holds_up_neither_the_next_writes_nor_those_answered_with_it(string engine)
    {
        await using var test = await GroupLog.OpenAsync(engine, _ => { }, Ann, Bo);
        using var isOver = new ManualResetEventSlim();
        Task[] Callers(bool block) => [.. Enumerable.Range(0, block ? 3 : 30).Select(n => Task.Run(
            async () =>
            {
                await test.AppendAsync(Appends.Message(test.Group, Ann, $"{n}"));
                if (block)
                {
                    isOver.Wait(Token);
                }
                await test.AppendAsync(Appends.Message(test.Group, Bo, $"{n} again"));
            },
            Token))];
        var blocking = Callers(block: true);

        await Task.WhenAll(Callers(block: false)).WaitAsync(TimeSpan.FromMinutes(1), Token);

        isOver.Set();
        await Task.WhenAll(blocking);
        (await test.HeadAsync()).Seq.ShouldBe(1 + (2 * 33));
    }

    [Theory, MemberData(nameof(LogEngines.All), MemberType = typeof(LogEngines))]
    public async Task A_million_entries_are_read_by_page_and_by_feed_as_they_were_written(string engine)
    {
        const int Groups = 500, PerGroup = 2000;
        await using var test = await LogUnderTest.OpenAsync(engine, o => o.MaxBatch = 10_000);
        test.Listener.Keeps = false;
        var groups = Enumerable.Range(0, Groups).Select(_ => Ids.New()).ToArray();
        await Task.WhenAll(groups.Select(g => test.Log.AppendAsync(Appends.Create(g, Ann, Bo), Token).AsTask()));
        for (var i = 0; i < PerGroup / 10; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, Groups * 10).Select(n => test.Log.AppendAsync(Appends.Message(groups[n % Groups], Ann, "m"), Token).AsTask()));
        }
        await test.CrashAsync();

        (await test.Log.GetHeadsAsync(groups, Token)).ShouldAllBe(h => h.Seq == PerGroup + 1 && h.Number == PerGroup);
        var feed = 0L;
        for (var shard = 0; shard < test.Log.Info.ShardCount; shard++)
        {
            var after = 0L;
            while (await test.Log.ReadFeedAsync(shard, after, 10_000, Token) is { Count: > 0 } page)
            {
                page.Select(e => e.Position).ShouldBe(Enumerable.Range(1, page.Count).Select(i => after + i));
                (after, feed) = (page[^1].Position, feed + page.Count);
            }
        }
        feed.ShouldBe(Groups * (PerGroup + 1));
        foreach (var group in groups.Where((_, i) => i % 50 == 0))
        {
            (await test.Log.ReadAsync(group, 1, long.MaxValue, 200, newest: true, Token)).Select(e => e.Entry.Seq).ShouldBe(Enumerable.Range(PerGroup - 198, 200).Select(i => (long)i));
            (await test.Log.ReadAsync(group, 700, 800, 1000, newest: false, Token)).Count.ShouldBe(101);
            (await test.Log.GetNumberAsync(group, 1000, Token)).ShouldBe(999);
        }
    }
}
