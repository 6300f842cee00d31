using Microsoft.Extensions.DependencyInjection;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Reading;
using ModularChat.UnitTests.Messaging;

namespace ModularChat.UnitTests.Reading;

public sealed class WaitSyncTests : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(25);
    private Chat chat = null!;
    private Guid ann, bo, direct;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Waiters Waiters => chat.Services.GetRequiredService<Waiters>();

    public async ValueTask InitializeAsync()
    {
        chat = await Chat.StartAsync();
        (ann, bo) = (chat.People.Add("ann"), chat.People.Add("bo"));
        direct = await chat.DirectAsync(ann, bo);
    }

    public ValueTask DisposeAsync() => chat.DisposeAsync();

    [Fact]
    public async Task What_is_there_is_answered_at_once()
    {
        var cursor = await CursorAsync(bo);
        await chat.SendAsync(ann, direct);

        var page = await WaitAsync(bo, cursor);

        page.Conversations.ShouldHaveSingleItem().Entries.ShouldHaveSingleItem().Seq.ShouldBe(2);
        Waiters.Count.ShouldBe(0);
    }

    [Fact]
    public async Task A_message_wakes_the_one_who_waits_for_it()
    {
        var waiting = WaitAsync(bo, await CursorAsync(bo));
        await BegunAsync(1);

        await chat.SendAsync(ann, direct);

        (await waiting).Conversations.ShouldHaveSingleItem().Entries.ShouldHaveSingleItem().Seq.ShouldBe(2);
        Waiters.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Marks_of_others_and_an_invitation_wake_too()
    {
        await chat.SendAsync(ann, direct);
        var waiting = WaitAsync(ann, await CursorAsync(ann));
        await BegunAsync(1);
        await chat.Mediator.Send(new AdvanceMarks(Chat.As(bo), direct, null, 2), Token);
        (await waiting).Conversations.ShouldHaveSingleItem().State.Members!.Single(m => m.UserId == bo).Read.ShouldBe(2);

        chat.People.FriendsOnly.Add(bo);
        var group = await chat.GroupAsync(ann, HistoryVisibility.All);
        var invited = WaitAsync(bo, await CursorAsync(bo));
        await BegunAsync(1);
        await chat.Mediator.Send(new AddMembers(Chat.As(ann), group, Ids.New(), [bo]), Token);

        (await invited).Conversations.ShouldHaveSingleItem().State.Me.Role.ShouldBe(MemberRole.Invited);
    }

    [Fact]
    public async Task One_who_is_invited_when_a_group_is_made_is_woken()
    {
        chat.People.FriendsOnly.Add(bo);
        var waiting = WaitAsync(bo, await CursorAsync(bo));
        await BegunAsync(1);

        await chat.GroupAsync(ann, HistoryVisibility.All, bo);

        (await waiting).Conversations.ShouldHaveSingleItem().State.Me.Role.ShouldBe(MemberRole.Invited);
    }

    [Fact]
    public async Task What_concerns_others_wakes_nobody()
    {
        var waiting = WaitAsync(bo, await CursorAsync(bo));
        await BegunAsync(1);

        var other = await chat.GroupAsync(ann, HistoryVisibility.All);
        await chat.Published.EntryAsync(other, 1);

        waiting.IsCompleted.ShouldBeFalse();
        chat.Time.Advance(Long);
        (await waiting).Conversations.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_timeout_answers_an_empty_page_with_a_fresh_cursor()
    {
        var cursor = await CursorAsync(bo);
        var waiting = WaitAsync(bo, cursor);
        await BegunAsync(1);
        await chat.GroupAsync(ann, HistoryVisibility.All);
        chat.Time.Advance(Long - TimeSpan.FromMilliseconds(1));
        waiting.IsCompleted.ShouldBeFalse();

        chat.Time.Advance(TimeSpan.FromMilliseconds(1));
        var page = await waiting;

        page.Conversations.ShouldBeEmpty();
        page.More.ShouldBeFalse();
        page.Versions.ShouldNotBeNull();
        page.Cursor.ShouldNotBe(cursor);
        Waiters.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Drafts_that_changed_between_two_polls_are_answered_at_once()
    {
        var cursor = await CursorAsync(bo);
        chat.People.Versions["drafts"] = 3;

        var page = await chat.Mediator.Send(new WaitSync(Chat.As(bo), cursor, 500, Long, Drafts: 2), Token);
        page.Conversations.ShouldBeEmpty();
        page.Versions!["drafts"].ShouldBe(3);

        var waiting = chat.Mediator.Send(new WaitSync(Chat.As(bo), page.Cursor, 500, Long, Drafts: 3), Token);
        await BegunAsync(1);
        waiting.IsCompleted.ShouldBeFalse();
        chat.Time.Advance(Long);
        await waiting;
    }

    [Fact]
    public async Task A_client_that_goes_away_frees_everything()
    {
        // What the server itself waits for has begun after the first round.
        await LeaveAsync();
        var timers = chat.Time.Waiting;

        await LeaveAsync();

        Waiters.Count.ShouldBe(0);
        chat.Time.Waiting.ShouldBe(timers);

        async Task LeaveAsync()
        {
            using var away = CancellationTokenSource.CreateLinkedTokenSource(Token);
            var waiting = WaitAsync(bo, await CursorAsync(bo), token: away.Token);
            await BegunAsync(1);
            await away.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(waiting);
        }
    }

    [Fact]
    public async Task The_end_of_the_session_ends_its_waiting_and_no_other()
    {
        var (session, other) = (Ids.New(), Ids.New());
        var cursor = await CursorAsync(bo);
        var ended = chat.Mediator.Send(new WaitSync(new Caller(bo, SessionId: session), cursor, 500, Long), Token);
        var stays = chat.Mediator.Send(new WaitSync(new Caller(bo, SessionId: other), cursor, 500, Long), Token);
        await BegunAsync(2);

        await chat.Mediator.Publish(new SessionEnded(session, bo, Ids.New()), Token);

        (await Should.ThrowAsync<ChatException>(ended)).Code.ShouldBe(ProblemCodes.Unauthorized);
        stays.IsCompleted.ShouldBeFalse();
        chat.Time.Advance(Long);
        (await stays).Conversations.ShouldBeEmpty();
        // Its credentials were looked at just before, its wait begins after.
        (await Should.ThrowAsync<ChatException>(() => chat.Mediator.Send(new WaitSync(new Caller(bo, SessionId: session), cursor, 500, Long), Token)))
            .Code.ShouldBe(ProblemCodes.Unauthorized);
    }

    [Fact]
    public async Task Data_that_changes_without_an_entry_is_answered_at_once_by_its_version()
    {
        var waiting = WaitAsync(bo, await CursorAsync(bo));
        await BegunAsync(1);
        await chat.Mediator.Publish(new UserDataChanged(bo, "drafts", 3, IsQuiet: true), Token);
        (await waiting).Versions.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_user_has_so_many_waiting_and_no_more()
    {
        var cursor = await CursorAsync(bo);
        var waiting = Enumerable.Range(0, Waiters.LimitPerUser).Select(_ => WaitAsync(bo, cursor)).ToList();
        await BegunAsync(Waiters.LimitPerUser);

        var refused = await Should.ThrowAsync<ChatException>(WaitAsync(bo, cursor));
        refused.Code.ShouldBe(ProblemCodes.RateLimited);
        refused.RetryAfter.ShouldNotBeNull();

        await chat.SendAsync(ann, direct);
        (await Task.WhenAll(waiting)).ShouldAllBe(page => page.Conversations.Length == 1);
        Waiters.Count.ShouldBe(0);
    }

    [Theory, InlineData(-1), InlineData(61)]
    public async Task A_wait_out_of_range_is_refused(int seconds)
    {
        var refused = await Should.ThrowAsync<ChatException>(chat.Mediator.Send(new WaitSync(Chat.As(bo), await CursorAsync(bo), 500, TimeSpan.FromSeconds(seconds)), Token));

        refused.Code.ShouldBe(ProblemCodes.InvalidRequest);
        refused.Limit.ShouldBe(60);
    }

    private Task<SyncPage> WaitAsync(Guid user, string cursor, CancellationToken? token = null) =>
        chat.Mediator.Send(new WaitSync(Chat.As(user), cursor, 500, Long), token ?? Token);

    /// <summary>Until so many wait, each with its timer running.</summary>
    private Task BegunAsync(int count) => SyncTests.EventuallyAsync(() => Task.FromResult(Waiters.Count == count && chat.Time.Waiting >= count));

    /// <summary>A cursor after which nothing more comes, marks of its own presenting included.</summary>
    private async Task<string> CursorAsync(Guid user)
    {
        string? cursor = null;
        for (var quiet = 0; quiet < 3;)
        {
            var page = await chat.Mediator.Send(new Sync(Chat.As(user), cursor, 1_000), Token);
            quiet = page.Conversations.Length == 0 ? quiet + 1 : 0;
            cursor = page.Cursor;
            chat.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10, Token);
        }
        return cursor!;
    }
}
