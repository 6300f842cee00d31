using Microsoft.Extensions.Logging.Abstractions;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Moving;
using ModularChat.Messaging.Storage.Placing;
using ModularChat.Storage;

namespace ModularChat.StorageTests.Moving;

/// <summary>One log in several databases.</summary>
public sealed class PlacingTests
{
    private static readonly string[] One = ["one.db"], Two = ["one.db", "two.db"], Three = ["one.db", "two.db", "three.db"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void A_database_that_comes_takes_only_its_own_share_and_a_new_password_moves_nothing()
    {
        var (before, after) = (Choose(Two, 256), Choose(Three, 256));

        for (var shard = 0; shard < 256; shard++)
        {
            (after[shard] == before[shard] || after[shard] == 2).ShouldBeTrue();
        }
        after.Count(c => c == 2).ShouldBeInRange(50, 120);
        Rendezvous.Identity("Host=a;Password=x;Database=c").ShouldBe(Rendezvous.Identity("Host=a;Password=y;Database=c"));
    }

    [Fact]
    public async Task A_new_log_is_spread_and_found_again()
    {
        await using var room = new EngineRoom();
        var content = new RandomContent(11);
        string[] hashes;
        await using (var log = await room.OpenAsync("sqlite", Two))
        {
            await content.WriteAsync(log, 1500, Token);
            hashes = [.. (await ShardTests.VerifyAsync(log)).Select(r => r.Hash)];
            ((PlacedLog)log).Owners.Distinct().Count().ShouldBe(2);
            foreach (var user in content.Users)
            {
                (await log.ListConversationsAsync(user, Token)).Count.ShouldBeGreaterThan(5);
            }
        }

        await using var again = await room.OpenAsync("sqlite", Two);

        var reports = await ShardTests.VerifyAsync(again);
        reports.Select(r => r.Hash).ShouldBe(hashes);
        reports.SelectMany(r => r.Findings).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_database_that_still_holds_shards_cannot_be_left_out_nor_one_of_another_log_be_named()
    {
        await using var room = new EngineRoom();
        await (await room.OpenAsync("sqlite", Two)).DisposeAsync();
        await (await room.OpenAsync("sqlite", "other.db")).DisposeAsync();

        (await Should.ThrowAsync<StartupException>(async () => await room.OpenAsync("sqlite", One))).Message.ShouldContain("chat store rebalance");
        (await Should.ThrowAsync<StartupException>(async () => await room.OpenAsync("sqlite", "one.db", "other.db"))).Message.ShouldContain("different logs");
    }

    [Fact]
    public async Task Shards_move_to_a_new_database_under_load_and_cursors_stay_good()
    {
        await using var room = new EngineRoom(("Storage:Messages:Shards", "6"));
        var content = new RandomContent(12, groups: 20);
        Guid run;
        long[] cursor;
        await using (var log = await room.OpenAsync("sqlite", One))
        {
            await content.WriteAsync(log, 2500, Token);
            (run, cursor) = (log.Info.RunId, await log.GetPositionsAsync(Token));
        }
        await using var placed = (PlacedLog)await room.OpenAsync("sqlite", Two);
        placed.Owners.ShouldAllBe(o => o == 0);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var senders = Enumerable.Range(0, 4).Select(i => SendAsync(placed, content.Groups[i], stop.Token)).ToArray();

        var moved = await new Rebalance(placed, Two, TimeProvider.System, NullLogger.Instance).RunAsync(_ => { }, Token);

        await stop.CancelAsync();
        var sent = await Task.WhenAll(senders);
        moved.ShouldBeGreaterThan(0);
        placed.Owners.Distinct().Count().ShouldBe(2);
        (await ShardTests.VerifyAsync(placed)).SelectMany(r => r.Findings).ShouldBeEmpty();
        (await placed.ContainsAsync(run, cursor, Token)).ShouldBeTrue();
        (await placed.ContainsAsync(run, [.. (await placed.GetPositionsAsync(Token)).Select(p => p + 1)], Token)).ShouldBeFalse();
        for (var i = 0; i < 4; i++)
        {
            // One after another and all of them: what a sender's device hands in is stored in that order.
            var texts = (await placed.ReadAsync(content.Groups[i], 1, long.MaxValue, 100_000, newest: false, Token))
                .Where(e => e.Entry.Kind == EntryKind.Message && Appends.Text(e.Entry)?.StartsWith("n ", StringComparison.Ordinal) == true).Select(e => Appends.Text(e.Entry)!);
            texts.ShouldBe(Enumerable.Range(0, sent[i]).Select(n => $"n {n}"));
        }
    }

    [Fact]
    public async Task A_move_that_was_broken_off_is_ended_at_the_next_start()
    {
        await using var room = new EngineRoom(("Storage:Messages:Shards", "4"));
        await using (var log = await room.OpenAsync("sqlite", One))
        {
            await new RandomContent(13).WriteAsync(log, 800, Token);
        }
        string[] hashes;
        await using (var placed = (PlacedLog)await room.OpenAsync("sqlite", Two))
        {
            hashes = [.. (await ShardTests.VerifyAsync(placed)).Select(r => r.Hash)];
            var (from, to) = (placed.Databases[0], placed.Databases[1]);
            // Killed while copying; killed before the target held it; killed after.
            await new ShardTransfer(from, to, 0).PrepareAsync(Token);
            await new ShardTransfer(from, to, 1).PrepareAsync(Token);
            await from.SetShardAsync(new ShardRow(1, ShardState.Frozen, 0), Token);
            var last = new ShardTransfer(from, to, 2);
            await last.PrepareAsync(Token);
            await from.SetShardAsync(new ShardRow(2, ShardState.Frozen, 0), Token);
            await to.SetShardAsync(new ShardRow(2, ShardState.Held, await last.FinishAsync(Token)), Token);
        }

        await using var healed = (PlacedLog)await room.OpenAsync("sqlite", Two);

        healed.Owners[0].ShouldBe(0);
        healed.Owners[1].ShouldBe(0);
        healed.Owners[3].ShouldBe(0);
        var reports = await ShardTests.VerifyAsync(healed);
        reports.Select(r => r.Hash).ShouldBe(hashes);
        reports.SelectMany(r => r.Findings).ShouldBeEmpty();
        (await healed.Databases[1].ReadConversationsAsync(0, Guid.Empty, 1, Token)).ShouldBeEmpty();
        (await healed.Databases[1 - healed.Owners[2]].ReadConversationsAsync(2, Guid.Empty, 1, Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_mark_that_finds_its_shard_gone_waits_until_the_move_says_where_it_is()
    {
        await using var room = new EngineRoom(("Storage:Messages:Shards", "1"));
        var content = new RandomContent(14);
        await using (var log = await room.OpenAsync("sqlite", One))
        {
            await content.WriteAsync(log, 300, Token);
        }
        await using var placed = (PlacedLog)await room.OpenAsync("sqlite", Two);
        var head = (await placed.GetHeadsAsync([content.Groups[0]], Token)).Single();
        var member = (await placed.GetMembershipAsync(head.ConversationId, Token))!.Members[0].UserId;
        var (from, to) = (placed.Databases[0], placed.Databases[1]);
        var transfer = new ShardTransfer(from, to, 0);
        await transfer.PrepareAsync(Token);
        placed.Close(0);
        await from.SetShardAsync(new ShardRow(0, ShardState.Frozen, 0), Token);
        await to.SetShardAsync(new ShardRow(0, ShardState.Held, await transfer.FinishAsync(Token)), Token);
        await from.SetShardAsync(new ShardRow(0, ShardState.Gone, 0), Token);

        var advance = placed.AdvanceMarksAsync([new MarkAdvance(head.ConversationId, member, head.Seq, head.Seq, null)], Token).AsTask();

        await Task.WhenAny(advance, Task.Delay(TimeSpan.FromSeconds(1), Token));
        advance.IsCompleted.ShouldBeFalse();
        placed.Open(0, to);
        await advance;
        (await placed.GetMemberAsync([head.ConversationId], member, Token)).Single().Member.Read.ShouldBe(head.Seq);
    }

    /// <summary>Many under way, each handed in after the one before; returns how many were stored.</summary>
    private static async Task<int> SendAsync(PlacedLog log, Guid group, CancellationToken stop)
    {
        var head = (await log.GetHeadsAsync([group], Token)).Single();
        var sender = (await log.GetMembershipAsync(group, Token))!.Members[0].UserId;
        var waiting = new Queue<Task<AppendResult>>();
        var sent = 0;
        while (!stop.IsCancellationRequested)
        {
            waiting.Enqueue(log.AppendAsync(Appends.Message(group, sender, $"n {sent++}", head.MembersSeq), Token).AsTask());
            if (waiting.Count >= 8)
            {
                (await waiting.Dequeue()).Outcome.ShouldBe(AppendOutcome.Stored);
            }
        }
        foreach (var last in await Task.WhenAll(waiting))
        {
            last.Outcome.ShouldBe(AppendOutcome.Stored);
        }
        return sent;
    }

    private static int[] Choose(string[] databases, int shards) => [.. Enumerable.Range(0, shards).Select(s => Rendezvous.Choose(s, databases))];
}
