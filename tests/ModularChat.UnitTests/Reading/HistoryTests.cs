using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.UnitTests.Messaging;

namespace ModularChat.UnitTests.Reading;

public sealed class HistoryTests : IAsyncLifetime
{
    private Chat chat = null!;
    private Guid ann, bo, group;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Bo sees 1 to 6 and 12 to 16; 7 to 11 were said without bo.</summary>
    public async ValueTask InitializeAsync()
    {
        chat = await Chat.StartAsync();
        (ann, bo) = (chat.People.Add("ann"), chat.People.Add("bo"));
        group = await chat.GroupAsync(ann, HistoryVisibility.Joined, bo);
        await SendAsync(4);
        await chat.Mediator.Send(new RemoveMember(Chat.As(ann), group, Ids.New(), bo), Token);
        await SendAsync(5);
        await chat.Mediator.Send(new AddMembers(Chat.As(ann), group, Ids.New(), [bo]), Token);
        await SendAsync(4);
    }

    public ValueTask DisposeAsync() => chat.DisposeAsync();

    [Theory]
    [InlineData(null, null, 200, "1 2 3 4 5 6 12 13 14 15 16", false)]
    [InlineData(null, null, 3, "14 15 16", true)]
    [InlineData(null, null, 5, "12 13 14 15 16", true)]
    [InlineData(null, null, 6, "6 12 13 14 15 16", true)]
    [InlineData(14L, null, 4, "5 6 12 13", true)]
    [InlineData(12L, null, 6, "1 2 3 4 5 6", false)]
    [InlineData(9L, null, 2, "5 6", true)]
    [InlineData(1L, null, 2, "", false)]
    [InlineData(0L, null, 2, "", false)]
    [InlineData(1_000_000_000L, null, 1, "16", true)]
    [InlineData(null, 0L, 3, "1 2 3", true)]
    [InlineData(null, 4L, 4, "5 6 12 13", true)]
    [InlineData(null, 6L, 5, "12 13 14 15 16", false)]
    [InlineData(null, 8L, 1, "12", true)]
    [InlineData(null, 16L, 5, "", false)]
    [InlineData(null, long.MaxValue, 5, "", false)]
    public async Task Pages_hold_what_the_reader_may_see(long? before, long? after, int limit, string seqs, bool more)
    {
        var page = await chat.Mediator.Send(new GetHistory(Chat.As(bo), group, before, after, limit), Token);

        string.Join(' ', page.Entries.Select(e => e.Seq)).ShouldBe(seqs);
        page.More.ShouldBe(more);
        page.Ranges.ShouldBe([new SeqRange(1, 6), new SeqRange(12)]);
    }

    [Theory]
    [InlineData(null, null, 0, "limit", 200L)]
    [InlineData(null, null, 201, "limit", 200L)]
    [InlineData(null, null, -5, "limit", 200L)]
    [InlineData(null, null, 1_000_000_000, "limit", 200L)]
    [InlineData(5L, 1L, 10, "before", null)]
    [InlineData(-1L, null, 10, "before", null)]
    [InlineData(null, -1L, 10, "after", null)]
    public async Task What_is_out_of_range_is_refused(long? before, long? after, int limit, string field, long? allowed)
    {
        var refused = await Should.ThrowAsync<ChatException>(chat.Mediator.Send(new GetHistory(Chat.As(bo), group, before, after, limit), Token));

        refused.Code.ShouldBe(ProblemCodes.InvalidRequest);
        refused.Field.ShouldBe(field);
        refused.Limit.ShouldBe(allowed);
    }

    [Fact]
    public async Task A_stranger_and_one_who_declined_are_told_that_there_is_nothing()
    {
        var stranger = chat.People.Add("stranger");
        var invited = chat.People.Add("invited");
        chat.People.FriendsOnly.Add(invited);
        await chat.Mediator.Send(new AddMembers(Chat.As(ann), group, Ids.New(), [invited]), Token);
        (await chat.Mediator.Send(new GetHistory(Chat.As(invited), group, null, null, 10), Token)).Entries.ShouldBeEmpty();
        await chat.Mediator.Send(new RemoveMember(Chat.As(invited), group, Ids.New(), invited), Token);

        foreach (var user in (Guid[])[stranger, invited])
        {
            (await Chat.CodeOfAsync(() => chat.Mediator.Send(new GetHistory(Chat.As(user), group, null, null, 10), Token))).ShouldBe("not_found");
            (await Chat.CodeOfAsync(() => chat.Mediator.Send(new AdvanceMarks(Chat.As(user), group, null, 1), Token))).ShouldBe("not_found");
        }
    }

    [Fact]
    public async Task A_former_member_sees_the_closed_ranges_only()
    {
        await chat.Mediator.Send(new RemoveMember(Chat.As(bo), group, Ids.New(), bo), Token);
        await SendAsync(3);

        var page = await chat.Mediator.Send(new GetHistory(Chat.As(bo), group, null, null, 200), Token);

        page.Entries.Select(e => e.Seq).ShouldBe([1, 2, 3, 4, 5, 6, 12, 13, 14, 15, 16, 17]);
        page.Ranges.ShouldBe([new SeqRange(1, 6), new SeqRange(12, 17)]);
    }

    [Theory]
    [InlineData(null, 17L, "read", 16L)]
    [InlineData(1_000_000_000L, null, "delivered", 16L)]
    [InlineData(null, -1L, "read", 16L)]
    [InlineData(null, null, "read", null)]
    public async Task A_mark_past_the_end_is_refused(long? delivered, long? read, string field, long? limit)
    {
        var refused = await Should.ThrowAsync<ChatException>(chat.Mediator.Send(new AdvanceMarks(Chat.As(bo), group, delivered, read), Token));

        refused.Code.ShouldBe(ProblemCodes.InvalidRequest);
        refused.Field.ShouldBe(field);
        refused.Limit.ShouldBe(limit);
    }

    [Fact]
    public async Task Marks_only_move_forward_and_unread_is_what_others_said_since()
    {
        var before = (await chat.SeeAsync(bo, group)).Me;
        before.Unread.ShouldBe(8);

        var read = await chat.Mediator.Send(new AdvanceMarks(Chat.As(bo), group, null, 14), Token);
        var lower = await chat.Mediator.Send(new AdvanceMarks(Chat.As(bo), group, 3, 2), Token);

        (read.Read, read.Delivered, read.Unread).ShouldBe((14, 14, 2));
        lower.ShouldBeEquivalentTo(read);
    }

    private async Task SendAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await chat.SendAsync(ann, group);
        }
    }
}
