using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging;
using ModularChat.UnitTests.Messaging;

namespace ModularChat.UnitTests.Reading;

/// <summary>What readers see when history has an end.</summary>
public sealed class RetentionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Old_entries_end_history_and_nobody_is_refused_or_loses_the_membership()
    {
        await using var chat = await Chat.StartAsync("Messaging:Retention:Days=7");
        var (ann, bo) = (chat.People.Add("ann"), chat.People.Add("bo"));
        var group = await chat.GroupAsync(ann, HistoryVisibility.All, bo);
        var first = (await chat.Mediator.Send(new Sync(Chat.As(bo), null, 500), Token)).Cursor;
        await SendAsync(chat, ann, group, 5);
        var middle = (await chat.Mediator.Send(new Sync(Chat.As(bo), null, 500), Token)).Cursor;
        chat.Time.SetClock(TimeSpan.FromDays(8));
        await SendAsync(chat, ann, group, 3);

        (await RunAsync(chat, dryRun: true)).ShouldBe(new RetentionResult(1, 6, 0, false));
        (await HistoryAsync(chat, bo, group)).ShouldBe("1 2 3 4 5 6 7 8 9");
        (await RunAsync(chat)).Entries.ShouldBe(6);

        (await HistoryAsync(chat, bo, group)).ShouldBe("7 8 9");
        var page = await chat.Mediator.Send(new GetHistory(Chat.As(bo), group, Before: 8, After: null, 10), Token);
        page.More.ShouldBeFalse();
        page.Ranges.ShouldBe([new SeqRange(7)]);
        foreach (var cursor in new[] { null, first, middle })
        {
            var sync = await chat.Mediator.Send(new Sync(Chat.As(bo), cursor, 500), Token);
            sync.Reset.ShouldBeFalse();
            var conversation = sync.Conversations.Single(c => c.State.Id == group);
            conversation.Entries.Select(e => e.Seq).ShouldBe([7, 8, 9]);
            conversation.Gap.ShouldBeNull();
            conversation.State.Me.Ranges.ShouldBe([new SeqRange(7)]);
            conversation.State.MemberCount.ShouldBe(2);
        }
        (await Chat.CodeOfAsync(() => chat.SendAsync(bo, group, replyTo: 3))).ShouldBe(ProblemCodes.MessageNotFound.Code);
        (await Chat.CodeOfAsync(() => chat.Mediator.Send(new EditMessage(Chat.As(ann), group, 3, Ids.New(), "x"), Token))).ShouldBe(ProblemCodes.MessageNotFound.Code);
        (await chat.SendAsync(bo, group, replyTo: 8)).Seq.ShouldBe(10);
        (await RunAsync(chat)).Entries.ShouldBe(0);
    }

    [Fact]
    public async Task A_retry_finds_its_first_result_although_the_message_was_taken_away_and_the_row_leaves_when_no_retry_can_come()
    {
        await using var chat = await Chat.StartAsync("Messaging:Retention:Count=2", "Messaging:DuplicateDays=3");
        var (ann, bo) = (chat.People.Add("ann"), chat.People.Add("bo"));
        var group = await chat.GroupAsync(ann, HistoryVisibility.All, bo);
        var id = Ids.New();
        var stored = await chat.SendAsync(ann, group, "kept for a moment", id);
        await SendAsync(chat, ann, group, 4);
        (await RunAsync(chat)).ShouldBe(new RetentionResult(1, 4, 0, false));

        (await chat.SendAsync(ann, group, "kept for a moment", id)).ShouldBe(stored with { Duplicate = true });
        chat.Time.SetClock(TimeSpan.FromDays(4));
        (await RunAsync(chat)).Left.ShouldBe(4);
        (await MessagingModule.VerifyAsync(chat.Services, new Progress<UpkeepProgress>(), Token)).Findings.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_conversation_has_a_rule_of_its_own_and_notes_to_oneself_stay()
    {
        var special = Ids.New();
        await using var chat = await Chat.StartAsync("Messaging:Retention:Count=2", $"Messaging:Retention:Conversations:0={special}=0,0");
        var (ann, bo) = (chat.People.Add("ann"), chat.People.Add("bo"));
        await chat.Mediator.Send(new CreateGroup(Chat.As(ann), special, "Group", [bo], HistoryVisibility.All), Token);
        await SendAsync(chat, ann, special, 5);
        var other = await chat.DirectAsync(ann, bo);
        await SendAsync(chat, ann, other, 5);

        (await RunAsync(chat)).Conversations.ShouldBe(1);

        (await HistoryAsync(chat, bo, special)).ShouldBe("1 2 3 4 5 6");
        (await HistoryAsync(chat, bo, other)).ShouldBe("5 6");
    }

    [Theory]
    // Of the server's count and the owner's the lower one holds; none is 0.
    [InlineData(0, 2, "8 9")]
    [InlineData(5, 2, "8 9")]
    [InlineData(3, 6, "7 8 9")]
    [InlineData(0, 0, "1 2 3 4 5 6 7 8 9")]
    public async Task The_owner_has_entries_leave_earlier_than_the_server_and_never_later(int servers, int owners, string left)
    {
        await using var chat = await Chat.StartAsync($"Messaging:Retention:Count={servers}");
        var (ann, bo) = (chat.People.Add("ann"), chat.People.Add("bo"));
        var group = await chat.GroupAsync(ann, HistoryVisibility.All, bo);
        await KeepAsync(chat, ann, group, new KeepRule(Count: 1));
        await KeepAsync(chat, ann, group, new KeepRule(Count: owners));
        await SendAsync(chat, ann, group, 6);

        await RunAsync(chat);

        (await HistoryAsync(chat, bo, group)).ShouldBe(left);
        (await chat.SeeAsync(bo, group)).Keep.ShouldBe(owners == 0 ? null : new KeepRule(Count: owners));
    }

    [Fact]
    public async Task An_owners_rule_of_days_is_told_to_the_members_and_done_by_the_hourly_sweep_alone()
    {
        await using var chat = await Chat.StartAsync();
        var (ann, bo) = (chat.People.Add("ann"), chat.People.Add("bo"));
        var group = await chat.GroupAsync(ann, HistoryVisibility.All, bo);
        await SendAsync(chat, ann, group, 2);
        var stored = await KeepAsync(chat, ann, group, new KeepRule(Days: 3));
        (await KeepAsync(chat, ann, group, new KeepRule(Days: 3))).Seq.ShouldBe(0);
        var told = await chat.Published.EntryAsync(group, stored.Seq);
        (told.Entry.Kind, told.Recipients.Length).ShouldBe((EntryKind.Settings, 2));
        System.Text.Encoding.UTF8.GetString(told.Entry.Body!.Utf8.Span).ShouldBe("""{"keep":{"days":3,"count":0}}""");
        chat.Time.SetClock(TimeSpan.FromDays(4));
        await SendAsync(chat, ann, group, 1);

        // The sweep begins to wait beside the start.
        while (await HistoryAsync(chat, bo, group) != "5")
        {
            chat.Time.Advance(TimeSpan.FromMinutes(10));
            await Task.Delay(5, Token);
        }
        (await chat.SeeAsync(bo, group)).Keep.ShouldBe(new KeepRule(Days: 3));
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(36_501, 0)]
    [InlineData(0, -1)]
    [InlineData(0, 1_000_000_001)]
    public async Task A_rule_that_is_none_is_refused(int days, long count)
    {
        await using var chat = await Chat.StartAsync();
        var ann = chat.People.Add("ann");
        var group = await chat.GroupAsync(ann, HistoryVisibility.All);
        (await Chat.CodeOfAsync(() => KeepAsync(chat, ann, group, new KeepRule(days, count)))).ShouldBe(ProblemCodes.InvalidRequest.Code);
    }

    private static Task<Stored> KeepAsync(Chat chat, Guid user, Guid group, KeepRule keep) =>
        chat.Mediator.Send(new ChangeGroup(Chat.As(user), group, Ids.New(), null, null, keep), Token);

    private static Task<RetentionResult> RunAsync(Chat chat, bool dryRun = false) =>
        MessagingModule.RetainAsync(chat.Services, dryRun, new Progress<UpkeepProgress>(), Token);

    private static async Task SendAsync(Chat chat, Guid user, Guid group, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await chat.SendAsync(user, group, $"message {i}");
        }
    }

    private static async Task<string> HistoryAsync(Chat chat, Guid user, Guid group) =>
        string.Join(' ', (await chat.Mediator.Send(new GetHistory(Chat.As(user), group, null, null, 200), Token)).Entries.Select(e => e.Seq));
}
