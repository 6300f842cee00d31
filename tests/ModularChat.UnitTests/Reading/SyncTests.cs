using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.UnitTests.Messaging;

namespace ModularChat.UnitTests.Reading;

public sealed class SyncTests : IAsyncLifetime
{
    private Chat chat = null!;
    private Guid ann, bo, cy;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        chat = await Chat.StartAsync();
        (ann, bo, cy) = (chat.People.Add("ann"), chat.People.Add("bo"), chat.People.Add("cy"));
    }

    public ValueTask DisposeAsync() => chat.DisposeAsync();

    [Fact]
    public async Task A_first_sync_gives_every_conversation_and_the_next_one_nothing()
    {
        var group = await chat.GroupAsync(ann, HistoryVisibility.All, bo);
        var direct = await chat.DirectAsync(ann, bo);

        var first = await SyncAsync(bo, null);
        var second = await SyncAsync(bo, first.Cursor);

        first.Reset.ShouldBeFalse();
        first.More.ShouldBeFalse();
        first.Versions.ShouldNotBeNull();
        first.Conversations.Select(c => c.State.Id).ShouldBe([group, direct, Ids.Self(bo)], ignoreOrder: true);
        second.Conversations.ShouldBeEmpty();
    }

    [Fact]
    public async Task More_than_two_hundred_new_entries_come_as_the_newest_and_a_gap()
    {
        var group = await chat.GroupAsync(ann, HistoryVisibility.All, bo);
        await chat.SendAsync(ann, group);
        var cursor = (await SyncAsync(bo, null)).Cursor;
        for (var i = 0; i < 250; i++)
        {
            await chat.SendAsync(ann, group);
        }

        var page = Of(await SyncAsync(bo, cursor), group)!;

        page.Entries.Select(e => e.Seq).ShouldBe(Enumerable.Range(53, 200).Select(i => (long)i));
        page.Gap.ShouldBe(new SeqRange(3, 52));
    }

    [Fact]
    public async Task One_who_is_let_see_everything_gets_what_was_before_and_one_who_is_not_only_from_then()
    {
        var all = await chat.GroupAsync(ann, HistoryVisibility.All);
        var joined = await chat.GroupAsync(ann, HistoryVisibility.Joined);
        await chat.SendAsync(ann, all);
        await chat.SendAsync(ann, joined);
        var cursor = (await SyncAsync(bo, null)).Cursor;
        await AddAsync(all, bo);
        await AddAsync(joined, bo);

        var page = await SyncAsync(bo, cursor);

        Of(page, all)!.Entries.Select(e => e.Seq).ShouldBe([1, 2, 3]);
        Of(page, joined)!.Entries.Select(e => e.Seq).ShouldBe([3]);
        Of(await SyncAsync(bo, page.Cursor), all)?.Entries.ShouldBeEmpty();
    }

    [Fact]
    public async Task One_who_came_in_to_everything_and_went_again_gets_what_was_before_too()
    {
        var group = await chat.GroupAsync(ann, HistoryVisibility.All, bo);
        await chat.Mediator.Send(new RemoveMember(Chat.As(ann), group, Ids.New(), bo), Token);
        await chat.SendAsync(ann, group);
        var cursor = (await SyncAsync(bo, null)).Cursor;
        await AddAsync(group, bo);
        await chat.Mediator.Send(new RemoveMember(Chat.As(ann), group, Ids.New(), bo), Token);

        Of(await SyncAsync(bo, cursor), group)!.Entries.Select(e => e.Seq).ShouldBe([1, 2, 3, 4, 5]);
    }

    [Fact]
    public async Task A_change_of_role_does_not_give_everything_again()
    {
        var group = await chat.GroupAsync(ann, HistoryVisibility.All, bo);
        await chat.SendAsync(ann, group);
        var cursor = (await SyncAsync(bo, null)).Cursor;
        await chat.Mediator.Send(new SetRole(Chat.As(ann), group, Ids.New(), bo, MemberRole.Administrator), Token);

        Of(await SyncAsync(bo, cursor), group)!.Entries.Select(e => e.Seq).ShouldBe([3]);
    }

    [Fact]
    public async Task An_ended_membership_comes_up_to_its_end_and_never_again()
    {
        var group = await chat.GroupAsync(ann, HistoryVisibility.All, bo, cy);
        var cursor = (await SyncAsync(bo, null)).Cursor;
        await chat.SendAsync(ann, group);
        await chat.Mediator.Send(new RemoveMember(Chat.As(ann), group, Ids.New(), bo), Token);
        await chat.SendAsync(ann, group);

        var page = await SyncAsync(bo, cursor);
        await chat.SendAsync(ann, group);

        Of(page, group)!.Entries.Select(e => e.Seq).ShouldBe([2, 3]);
        Of(page, group)!.State.Me.Role.ShouldBe(MemberRole.None);
        Of(await SyncAsync(bo, page.Cursor), group).ShouldBeNull();
        Of(await SyncAsync(bo, null), group)!.Entries.Select(e => e.Seq).ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task An_invited_person_gets_state_and_no_entries_and_is_told_when_that_is_over()
    {
        chat.People.FriendsOnly.Add(bo);
        var cursor = (await SyncAsync(bo, null)).Cursor;
        var group = await chat.GroupAsync(ann, HistoryVisibility.All, bo, cy);
        await chat.SendAsync(ann, group);

        var invited = await SyncAsync(bo, cursor);
        await chat.Mediator.Send(new RemoveMember(Chat.As(bo), group, Ids.New(), bo), Token);
        var declined = await SyncAsync(bo, invited.Cursor);

        Of(invited, group)!.State.Me.Role.ShouldBe(MemberRole.Invited);
        Of(invited, group)!.Entries.ShouldBeEmpty();
        Of(declined, group)!.State.Me.Role.ShouldBe(MemberRole.None);
        Of(declined, group)!.Entries.ShouldBeEmpty();
        Of(await SyncAsync(bo, null), group).ShouldBeNull();
    }

    [Fact]
    public async Task Only_ones_own_entries_carry_the_id_and_a_hidden_target_brings_no_body()
    {
        var group = await chat.GroupAsync(ann, HistoryVisibility.Joined, cy);
        var id = Ids.New();
        await chat.SendAsync(ann, group, "old", id);
        await AddAsync(group, bo);
        await chat.Mediator.Send(new EditMessage(Chat.As(ann), group, 2, Ids.New(), "new"), Token);

        var forBo = Of(await SyncAsync(bo, null), group)!.Entries;
        var forAnn = Of(await SyncAsync(ann, null), group)!.Entries;
        var forCy = Of(await SyncAsync(cy, null), group)!.Entries;

        forBo.Select(e => e.Seq).ShouldBe([3, 4]);
        forBo[1].Body.ShouldBeNull();
        forCy[3].Body.ShouldNotBeNull();
        forAnn[1].ClientMessageId.ShouldBe(id);
        forCy[1].ClientMessageId.ShouldBeNull();
    }

    [Fact]
    public async Task Pages_hold_about_the_limit_and_each_conversation_once()
    {
        var groups = new List<Guid>();
        for (var i = 0; i < 30; i++)
        {
            groups.Add(await chat.GroupAsync(ann, HistoryVisibility.All, bo));
            await chat.SendAsync(ann, groups[i]);
        }

        var pages = new List<SyncPage>();
        do
        {
            pages.Add(await SyncAsync(bo, pages.LastOrDefault()?.Cursor, limit: 5));
            // What comes during a sync is for the next one.
            await chat.SendAsync(ann, groups[0]);
        }
        while (pages[^1].More);
        var next = await SyncAsync(bo, pages[^1].Cursor);

        pages.SelectMany(p => p.Conversations).Select(c => c.State.Id).ShouldBe([.. groups, Ids.Self(bo)], ignoreOrder: true);
        pages.ShouldAllBe(p => p.Conversations.Length <= 5);
        pages.SkipLast(1).ShouldAllBe(p => p.Versions == null);
        Of(pages, groups[0]).Entries.Select(e => e.Seq).ShouldBe(Enumerable.Range(1, Of(pages, groups[0]).Entries.Length).Select(i => (long)i));
        Of(next, groups[0])!.Entries.Select(e => e.Seq).ShouldBe(Enumerable.Range(Of(pages, groups[0]).Entries.Length + 1, pages.Count + 2 - Of(pages, groups[0]).Entries.Length).Select(i => (long)i));
    }

    [Fact]
    public async Task Long_texts_make_smaller_pages_and_are_all_there()
    {
        var device = new Device(chat, bo);
        var groups = new List<Guid>();
        for (var i = 0; i < 4; i++)
        {
            groups.Add(await chat.GroupAsync(ann, HistoryVisibility.All, bo));
        }
        await device.SyncAsync(500);
        foreach (var group in groups)
        {
            for (var i = 0; i < 30; i++)
            {
                await chat.SendAsync(ann, group, new string('x', 90_000));
            }
        }
        var pages = device.Pages;

        await device.SyncAsync(1_000);
        var history = await chat.Mediator.Send(new GetHistory(Chat.As(bo), groups[0], null, null, 200), Token);

        // 11 texts are a mebibyte; a page ends after the conversation that passes it.
        (device.Pages - pages).ShouldBe(2);
        foreach (var group in groups)
        {
            device.Folds[group].Gaps.ShouldHaveSingleItem().ShouldBe(new ModularChat.Client.SeqRange(2, 20));
            device.Folds[group].Have.ShouldBe(31);
        }
        history.Entries.Select(e => e.Seq).ShouldBe(Enumerable.Range(21, 11).Select(seq => (long)seq));
        history.More.ShouldBeTrue();
    }

    [Fact]
    public async Task Presenting_a_cursor_moves_the_delivered_mark_to_what_it_covers()
    {
        var direct = await chat.DirectAsync(ann, bo);
        await chat.SendAsync(ann, direct);
        var cursor = (await SyncAsync(bo, null)).Cursor;
        await chat.SendAsync(ann, direct);
        (await chat.SeeAsync(ann, direct)).Members!.Single(m => m.UserId == bo).Delivered.ShouldBe(0);

        var next = (await SyncAsync(bo, cursor)).Cursor;
        await EventuallyAsync(async () => (await chat.SeeAsync(ann, direct)).Members!.Single(m => m.UserId == bo).Delivered == 2);
        chat.Time.Advance(TimeSpan.FromSeconds(1));
        await chat.Mediator.Send(new Acknowledge(Chat.As(bo), next), Token);

        await EventuallyAsync(async () => (await chat.SeeAsync(ann, direct)).Members!.Single(m => m.UserId == bo).Delivered == 3);
    }

    [Theory, InlineData(0), InlineData(-1), InlineData(1_001), InlineData(1_000_000_000)]
    public async Task A_limit_out_of_range_is_refused_with_the_limit(int limit)
    {
        var refused = await Should.ThrowAsync<ChatException>(SyncAsync(ann, null, limit));

        refused.Code.ShouldBe(ProblemCodes.InvalidRequest);
        refused.Limit.ShouldBe(1_000);
    }

    [Fact]
    public async Task A_made_cursor_is_one_to_sync_from()
    {
        var group = await chat.GroupAsync(ann, HistoryVisibility.All, bo);
        var cursor = await chat.Mediator.Send(new MakeCursor(await chat.Mediator.Send(new GetPositions(), Token)), Token);
        await chat.SendAsync(ann, group);

        Of(await SyncAsync(bo, cursor), group)!.Entries.Select(e => e.Seq).ShouldBe([2]);
    }

    [Fact]
    public async Task In_a_large_group_ones_own_marks_come_and_those_of_others_do_not()
    {
        await using var large = await Chat.StartAsync("Messaging:ReceiptLimit=2");
        var (one, two, three) = (large.People.Add("one"), large.People.Add("two"), large.People.Add("three"));
        var group = await large.GroupAsync(one, HistoryVisibility.All, two, three);
        await large.SendAsync(one, group);
        var cursor = (await large.Mediator.Send(new Sync(Chat.As(two), null, 500), Token)).Cursor;
        await large.Mediator.Send(new AdvanceMarks(Chat.As(three), group, null, 2), Token);

        var afterOthers = await large.Mediator.Send(new Sync(Chat.As(two), cursor, 500), Token);
        var own = await large.Mediator.Send(new AdvanceMarks(Chat.As(two), group, null, 2), Token);
        var afterOwn = await large.Mediator.Send(new Sync(Chat.As(two), afterOthers.Cursor, 500), Token);

        afterOthers.Conversations.ShouldBeEmpty();
        own.Unread.ShouldBe(0);
        var state = Of(afterOwn, group).ShouldNotBeNull().State;
        state.Me.Read.ShouldBe(2);
        state.Members.ShouldBeNull();
    }

    internal static async Task EventuallyAsync(Func<Task<bool>> holds)
    {
        while (!await holds())
        {
            await Task.Delay(5, Token);
        }
    }

    private Task<SyncPage> SyncAsync(Guid user, string? cursor, int limit = 500) => chat.Mediator.Send(new Sync(Chat.As(user), cursor, limit), Token);

    private Task<ConversationInfo> AddAsync(Guid group, Guid user) => chat.Mediator.Send(new AddMembers(Chat.As(ann), group, Ids.New(), [user]), Token);

    private static ConversationSync? Of(SyncPage page, Guid conversation) => page.Conversations.SingleOrDefault(c => c.State.Id == conversation);

    private static ConversationSync Of(IEnumerable<SyncPage> pages, Guid conversation) => pages.SelectMany(p => p.Conversations).Single(c => c.State.Id == conversation);
}
