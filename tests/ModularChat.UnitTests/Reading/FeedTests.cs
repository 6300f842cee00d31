using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.UnitTests.Messaging;

namespace ModularChat.UnitTests.Reading;

public sealed class FeedTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_consumer_without_a_checkpoint_begins_where_the_log_stands_and_reads_on_from_there()
    {
        await using var chat = await Chat.StartAsync("Storage:Messages:Shards=1");
        var (alice, bob, carl) = (chat.People.Add("alice"), chat.People.Add("bob"), chat.People.Add("carl"));
        var group = await chat.GroupAsync(alice, HistoryVisibility.All, bob, carl);
        await chat.SendAsync(alice, group, "before");
        var begin = await chat.Mediator.Send(new ReadFeed(0, null, 0, 100), Token);
        begin.Entries.ShouldBeEmpty();
        begin.IsReset.ShouldBeFalse();

        var first = await chat.SendAsync(alice, group, "one");
        await chat.Mediator.Send(new RemoveMember(Chat.As(alice), group, Ids.New(), carl), Token);
        var second = await chat.SendAsync(alice, group, "two");
        var page = await chat.Mediator.Send(new ReadFeed(0, begin.RunId, begin.Position, 100), Token);

        page.More.ShouldBeFalse();
        var messages = page.Entries.Where(e => e.Entry.Kind == EntryKind.Message).ToArray();
        messages.Select(e => e.Entry.Seq).ShouldBe([first.Seq, second.Seq]);
        messages[0].Recipients.ShouldBe([alice, bob, carl], ignoreOrder: true);
        messages[1].Recipients.ShouldBe([alice, bob], ignoreOrder: true);
        (await chat.Mediator.Send(new ReadFeed(0, page.RunId, page.Position, 100), Token)).Entries.ShouldBeEmpty();
    }

    [Fact]
    public async Task Pages_follow_one_another_without_a_hole()
    {
        await using var chat = await Chat.StartAsync("Storage:Messages:Shards=1");
        var (alice, bob) = (chat.People.Add("alice"), chat.People.Add("bob"));
        var group = await chat.GroupAsync(alice, HistoryVisibility.All, bob);
        var at = await chat.Mediator.Send(new ReadFeed(0, null, 0, 100), Token);
        for (var i = 0; i < 7; i++)
        {
            await chat.SendAsync(alice, group);
        }
        var seen = new List<long>();
        do
        {
            at = await chat.Mediator.Send(new ReadFeed(0, at.RunId, at.Position, 3), Token);
            seen.AddRange(at.Entries.Select(e => e.Entry.Seq));
        }
        while (at.More);

        seen.ShouldBe(Enumerable.Range(2, 7).Select(i => (long)i));
    }

    [Fact]
    public async Task A_checkpoint_of_another_history_is_told_so()
    {
        await using var chat = await Chat.StartAsync("Storage:Messages:Shards=1");
        var at = await chat.Mediator.Send(new ReadFeed(0, null, 0, 100), Token);

        (await chat.Mediator.Send(new ReadFeed(0, Ids.New(), 0, 100), Token)).IsReset.ShouldBeTrue();
        (await chat.Mediator.Send(new ReadFeed(0, at.RunId, at.Position + 1_000, 100), Token)).IsReset.ShouldBeTrue();
    }

    [Fact]
    public async Task Readers_marks_mutes_and_unread_counts_are_told()
    {
        await using var chat = await Chat.StartAsync();
        var (alice, bob, carl) = (chat.People.Add("alice"), chat.People.Add("bob"), chat.People.Add("carl"));
        var group = await chat.GroupAsync(alice, HistoryVisibility.All, bob);
        var sent = await chat.SendAsync(alice, group);
        await chat.SendAsync(alice, group);
        await chat.Mediator.Send(new SetPreferences(Chat.As(bob), group, chat.Time.GetUtcNow().AddHours(1), null, null), Token);

        var before = (await chat.Mediator.Send(new GetReaders(group, sent.Seq, [bob, carl]), Token)).ShouldHaveSingleItem();
        before.ShouldBe(new EntryReader(bob, true, false, false, chat.Time.GetUtcNow().AddHours(1)));
        (await chat.Mediator.Send(new CountUnread([bob, alice]), Token)).Select(u => u.Count).ShouldBe([2, 0]);

        await chat.Mediator.Send(new AdvanceMarks(Chat.As(bob), group, null, sent.Seq), Token);
        (await chat.Mediator.Send(new GetReaders(group, sent.Seq, [bob]), Token))[0].IsRead.ShouldBeTrue();
        (await chat.Mediator.Send(new CountUnread([bob]), Token))[0].Count.ShouldBe(1);

        (await chat.Mediator.Send(new FindMessage(group, sent.Seq), Token)).ShouldNotBeNull().Entry.ClientMessageId.ShouldBeNull();
        await chat.Mediator.Send(new DeleteMessage(Chat.As(alice), group, sent.Seq, Ids.New()), Token);
        (await chat.Mediator.Send(new FindMessage(group, sent.Seq), Token)).ShouldBeNull();
        (await chat.Mediator.Send(new FindMessage(group, 1), Token)).ShouldBeNull("the entry that made the group is no message");
    }
}
