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
