using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;

namespace ModularChat.UnitTests.Messaging;

public sealed class PublishingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Messages_between_two_changes_of_members_share_one_array_of_recipients()
    {
        await using var chat = await Chat.StartAsync();
        var (ann, bob) = (chat.People.Add("ann"), chat.People.Add("bob"));
        var group = await chat.GroupAsync(ann, HistoryVisibility.All, bob);
        var one = await chat.Published.EntryAsync(group, (await chat.SendAsync(ann, group)).Seq);
        var two = await chat.Published.EntryAsync(group, (await chat.SendAsync(bob, group)).Seq);
        one.Recipients.ShouldBe([ann, bob], ignoreOrder: true);
        two.Recipients.ShouldBeSameAs(one.Recipients);
    }

    [Fact]
    public async Task One_who_leaves_gets_the_entry_that_says_so_and_nothing_after()
    {
        await using var chat = await Chat.StartAsync();
        var (ann, bob) = (chat.People.Add("ann"), chat.People.Add("bob"));
        var group = await chat.GroupAsync(ann, HistoryVisibility.All, bob);
        var left = await chat.Mediator.Send(new RemoveMember(Chat.As(bob), group, Ids.New(), bob), Token);
        (await chat.Published.EntryAsync(group, left.Seq)).Recipients.ShouldBe([ann, bob], ignoreOrder: true);
        (await chat.Published.EntryAsync(group, (await chat.SendAsync(ann, group)).Seq)).Recipients.ShouldBe([ann]);
    }

    [Fact]
    public async Task Invited_people_get_no_entries()
    {
        await using var chat = await Chat.StartAsync();
        var (ann, shy) = (chat.People.Add("ann"), chat.People.Add("shy"));
        chat.People.FriendsOnly.Add(shy);
        var group = await chat.GroupAsync(ann, HistoryVisibility.All, shy);
        (await chat.Published.EntryAsync(group, 1)).Recipients.ShouldBe([ann]);
        (await chat.Published.EntryAsync(group, (await chat.SendAsync(ann, group)).Seq)).Recipients.ShouldBe([ann]);
    }

    [Fact]
    public async Task An_entry_about_a_message_is_hidden_from_those_who_may_not_see_the_message()
    {
        await using var chat = await Chat.StartAsync();
        var (ann, bob, late) = (chat.People.Add("ann"), chat.People.Add("bob"), chat.People.Add("late"));
        var group = await chat.GroupAsync(ann, HistoryVisibility.Joined, bob);
        var old = await chat.SendAsync(ann, group);
        var edit = await chat.Mediator.Send(new EditMessage(Chat.As(ann), group, old.Seq, Ids.New(), "new"), Token);
        (await chat.Published.EntryAsync(group, edit.Seq)).TargetHiddenFrom.ShouldBeNull();
        await chat.Mediator.Send(new AddMembers(Chat.As(ann), group, Ids.New(), [late]), Token);
        edit = await chat.Mediator.Send(new EditMessage(Chat.As(ann), group, old.Seq, Ids.New(), "newer"), Token);
        (await chat.Published.EntryAsync(group, edit.Seq)).TargetHiddenFrom.ShouldBe([late]);
    }

    [Fact]
    public async Task Commits_are_published_in_order_without_a_hole()
    {
        await using var chat = await Chat.StartAsync();
        var people = Enumerable.Range(0, 4).Select(i => chat.People.Add($"user{i}")).ToArray();
        var groups = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => chat.GroupAsync(people[0], HistoryVisibility.All, people[1..])));
        var sent = await Task.WhenAll(Enumerable.Range(0, 400).Select(i => chat.SendAsync(people[i % 4], groups[i % 8])));
        foreach (var stored in sent)
        {
            await chat.Published.EntryAsync(stored.ConversationId, stored.Seq);
        }
        foreach (var shard in chat.Published.Events.GroupBy(e => e.Shard))
        {
            var at = 0L;
            foreach (var happened in shard)
            {
                happened.PreviousPosition.ShouldBe(at);
                at = happened.Position;
            }
        }
        foreach (var group in groups)
        {
            var seqs = chat.Published.Events.SelectMany(e => e.Entries).Where(e => e.Entry.ConversationId == group).Select(e => e.Entry.Seq).ToList();
            seqs.ShouldBe(Enumerable.Range(1, seqs.Count).Select(n => (long)n));
        }
    }

    [Fact]
    public async Task Preferences_are_told_to_the_own_devices_and_marks_that_a_message_moved_to_nobody()
    {
        await using var chat = await Chat.StartAsync();
        var (ann, bob) = (chat.People.Add("ann"), chat.People.Add("bob"));
        var group = await chat.GroupAsync(ann, HistoryVisibility.All, bob);
        var state = await chat.Mediator.Send(new SetPreferences(Chat.As(bob), group, chat.Time.GetUtcNow().AddHours(1), true, null), Token);
        (state.Pinned, state.MutedUntil).ShouldBe((true, chat.Time.GetUtcNow().AddHours(1)));
        var last = await chat.SendAsync(ann, group);
        await chat.Published.EntryAsync(group, last.Seq);
        var moved = chat.Published.Events.SelectMany(e => e.Marks).ShouldHaveSingleItem();
        moved.Own.ShouldHaveSingleItem().ShouldSatisfyAllConditions(own => own.UserId.ShouldBe(bob), own => own.State.Pinned.ShouldBeTrue());

        chat.Time.Advance(TimeSpan.FromHours(2));
        (await chat.SeeAsync(bob, group)).Me.MutedUntil.ShouldBeNull();
    }

    [Fact]
    public async Task When_events_wait_too_long_some_are_let_go_and_everybody_syncs()
    {
        await using var chat = await Chat.StartAsync("Messaging:PublishQueue=16");
        var user = chat.People.Add("user");
        var slow = new TaskCompletionSource();
        chat.Published.Slow = slow.Task;
        for (var i = 0; i < 40; i++)
        {
            await chat.SendAsync(user, Ids.Self(user));
        }
        slow.SetResult();
        await chat.Published.SyncAsync();
        chat.Published.Events.Count.ShouldBeLessThan(40);
    }

    [Fact]
    public async Task When_the_log_was_opened_again_memory_is_emptied_and_everybody_syncs()
    {
        await using var chat = await Chat.StartAsync();
        var user = chat.People.Add("user");
        var self = Ids.Self(user);
        await chat.SendAsync(user, self);
        chat.Cache.Find(self).ShouldNotBeNull();
        var positions = await chat.Log.GetPositionsAsync(Token);
        positions[0] += 7;
        chat.Publisher.Reopened(positions);
        chat.Cache.Find(self).ShouldBeNull();
        chat.Positions.Snapshot().ShouldBe(positions);
        await chat.Published.SyncAsync();
    }

    [Fact]
    public async Task An_ack_comes_after_the_caches_and_the_position()
    {
        await using var chat = await Chat.StartAsync();
        var user = chat.People.Add("user");
        var self = Ids.Self(user);
        for (var i = 0; i < 50; i++)
        {
            var stored = await chat.SendAsync(user, self);
            var head = chat.Cache.Find(self)!.Head;
            head.Seq.ShouldBe(stored.Seq);
            chat.Positions[head.Shard].ShouldBe(head.Position);
        }
    }

    [Fact]
    public async Task A_store_that_is_away_is_a_problem_to_come_back_with()
    {
        await using var chat = await Chat.StartAsync();
        var user = chat.People.Add("user");
        await chat.SendAsync(user, Ids.Self(user));
        await chat.Log.DisposeAsync();
        var problem = await Should.ThrowAsync<ChatException>(() => chat.SendAsync(user, Ids.Self(user)));
        problem.Code.ShouldBe(ProblemCodes.StorageUnavailable);
        problem.RetryAfter.ShouldBe(TimeSpan.FromSeconds(1));
    }
}
