using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;

namespace ModularChat.StorageTests;

/// <summary>What every engine promises about members, visible ranges, marks and preferences.</summary>
public sealed class MessageLogMemberTests
{
    private static readonly Guid Ann = Ids.New(), Bo = Ids.New(), Cy = Ids.New();
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(LogEngines.WithCluster), MemberType = typeof(LogEngines))]
    public async Task The_first_members_see_everything_and_invited_ones_nothing(string engine)
    {
        await using var test = await LogUnderTest.OpenAsync(engine);
        var group = Ids.New();
        await test.Log.AppendAsync(
            Appends.Create(group, HistoryVisibility.Joined, [(Ann, MemberRole.Owner), (Bo, MemberRole.Member), (Cy, MemberRole.Invited)]), Token);

        var membership = (await test.Log.GetMembershipAsync(group, Token)).ShouldNotBeNull();
        membership.Head.ShouldSatisfyAllConditions(
            h => h.MemberCount.ShouldBe(2), h => h.MembersSeq.ShouldBe(1), h => h.MembersPosition.ShouldBe(h.Position),
            h => h.Title.ShouldBe("title"), h => h.History.ShouldBe(HistoryVisibility.Joined), h => h.Kind.ShouldBe(ConversationKind.Group));
        membership.Members.Single(m => m.UserId == Bo).ShouldSatisfyAllConditions(
            m => m.Ranges.ShouldBe([new VisibleRange(1, 0, null, null)]), m => m.Role.ShouldBe(MemberRole.Member), m => m.Read.ShouldBe(0), m => m.RangesPosition.ShouldBe(1));
        membership.Members.Single(m => m.UserId == Cy).Ranges.ShouldBeEmpty();
        (await test.Log.ListConversationsAsync(Cy, Token)).ShouldBe([group]);
        (await test.Log.ListConversationsAsync(Ids.New(), Token)).ShouldBeEmpty();
    }

    [Theory, MemberData(nameof(LogEngines.WithCluster), MemberType = typeof(LogEngines))]
    public async Task An_append_judged_on_older_members_or_settings_is_sent_back(string engine)
    {
        await using var test = await GroupLog.OpenAsync(engine, Ann, Bo);
        await test.AppendAsync(Appends.Members(test.Group, Ann, 1, new MemberChange(Bo, MemberRole.None, RangeChange.Close)));
        (await test.AppendAsync(Appends.Message(test.Group, Bo, "x", membersSeq: 1))).Outcome.ShouldBe(AppendOutcome.MembersChanged);
        await test.AppendAsync(Appends.Settings(test.Group, Ann, 2, "new title"));
        (await test.AppendAsync(Appends.Message(test.Group, Ann, "x", membersSeq: 2))).Outcome.ShouldBe(AppendOutcome.MembersChanged);
        (await test.AppendAsync(Appends.Message(test.Group, Ann, "x", membersSeq: 3))).Outcome.ShouldBe(AppendOutcome.Stored);
        (await test.HeadAsync()).ShouldSatisfyAllConditions(
            h => h.Title.ShouldBe("new title"), h => h.MembersSeq.ShouldBe(3), h => h.Seq.ShouldBe(4), h => h.MemberCount.ShouldBe(1));
    }

    [Theory, MemberData(nameof(LogEngines.WithCluster), MemberType = typeof(LogEngines))]
    public async Task An_append_judged_on_the_senders_role_alone_is_sent_back_only_when_that_changed(string engine)
    {
        await using var test = await GroupLog.OpenAsync(engine, Ann, Bo);
        await test.AppendAsync(Appends.Members(test.Group, Ann, 1, new MemberChange(Cy, MemberRole.Member, RangeChange.OpenHere)));
        (await AsMember(Bo)).Outcome.ShouldBe(AppendOutcome.Stored);
        await test.AppendAsync(Appends.Members(test.Group, Ann, 2, new MemberChange(Bo, MemberRole.None, RangeChange.Close)));
        (await AsMember(Bo)).Outcome.ShouldBe(AppendOutcome.MembersChanged);
        (await AsMember(Ids.New())).Outcome.ShouldBe(AppendOutcome.MembersChanged);
        (await AsMember(Cy)).Outcome.ShouldBe(AppendOutcome.Stored);

        Task<AppendResult> AsMember(Guid sender) => test.AppendAsync(Appends.Message(test.Group, sender, "x") with { SenderRole = MemberRole.Member });
    }

    [Theory, MemberData(nameof(LogEngines.WithCluster), MemberType = typeof(LogEngines))]
    public async Task Ranges_close_on_leaving_and_open_again_on_coming_back_with_the_numbers_at_their_ends(string engine)
    {
        await using var test = await GroupLog.OpenAsync(engine, Ann, Bo);
        await test.AppendAsync(Appends.Message(test.Group, Ann, "one"));
        var left = await test.AppendAsync(Appends.Members(test.Group, Bo, 1, new MemberChange(Bo, MemberRole.None, RangeChange.Close)));
        (await test.MemberAsync(Bo)).ShouldSatisfyAllConditions(
            m => m.Ranges.ShouldBe([new VisibleRange(1, 0, 3, 1)]), m => m.Role.ShouldBe(MemberRole.None), m => m.RangesPosition.ShouldBe(left.Position));
        await test.AppendAsync(Appends.Message(test.Group, Ann, "unseen", membersSeq: 3));
        await test.AppendAsync(Appends.Message(test.Group, Ann, "unseen", membersSeq: 3));
        var back = await test.AppendAsync(Appends.Members(test.Group, Ann, 3, new MemberChange(Bo, MemberRole.Member, RangeChange.OpenHere)));
        await test.ReopenAsync();
        (await test.MemberAsync(Bo)).Ranges.ShouldBe([new VisibleRange(1, 0, 3, 1), new VisibleRange(6, 3, null, null)]);
        // Opening what is open changes nothing, a new role leaves the ranges, and everything may become visible.
        await test.AppendAsync(Appends.Members(test.Group, Ann, 6, new MemberChange(Bo, MemberRole.Administrator, RangeChange.OpenHere)));
        (await test.MemberAsync(Bo)).ShouldSatisfyAllConditions(
            m => m.Ranges.Length.ShouldBe(2), m => m.Role.ShouldBe(MemberRole.Administrator), m => m.RangesPosition.ShouldBe(back.Position));
        await test.AppendAsync(Appends.Members(test.Group, Ann, 7, new MemberChange(Bo, MemberRole.Member, RangeChange.OpenAll)));
        (await test.MemberAsync(Bo)).Ranges.ShouldBe([new VisibleRange(1, 0, null, null)]);
        (await test.HeadAsync()).MemberCount.ShouldBe(2);
    }

    [Theory, MemberData(nameof(LogEngines.WithCluster), MemberType = typeof(LogEngines))]
    public async Task A_senders_own_marks_move_to_the_message(string engine)
    {
        await using var test = await GroupLog.OpenAsync(engine, Ann, Bo);
        var stored = await test.AppendAsync(Appends.Message(test.Group, Ann, "one"));
        var (conversation, member) = test.Listener.Commits[^1].Members.ShouldHaveSingleItem();
        conversation.ShouldBe(test.Group);
        (member.UserId, member.Read, member.Delivered, member.ReadNumber, member.MarksPosition).ShouldBe((Ann, 2, 2, 1, stored.Position));
        (await test.MemberAsync(Ann)).ShouldBeEquivalentTo(member);
        (await test.MemberAsync(Bo)).Read.ShouldBe(0);
    }

    [Theory, MemberData(nameof(LogEngines.WithCluster), MemberType = typeof(LogEngines))]
    public async Task Marks_only_go_forward_and_stay_within_the_conversation(string engine)
    {
        await using var test = await GroupLog.OpenAsync(engine, Ann, Bo);
        for (var i = 0; i < 5; i++)
        {
            await test.AppendAsync(Appends.Message(test.Group, Ann, $"{i}"));
        }
        await MarkAsync(3, null, (3, 0, 0));
        await MarkAsync(2, null, (3, 0, 0));
        await MarkAsync(null, 4, (4, 4, 3));
        await MarkAsync(null, 2, (4, 4, 3));
        await MarkAsync(-7, -7, (4, 4, 3));
        await MarkAsync(5, 99, (6, 6, 5));
        var before = await test.MemberAsync(Bo);
        var position = (await test.Log.GetPositionsAsync(Token)).Max();
        await MarkAsync(99, 99, (6, 6, 5));
        (await test.MemberAsync(Bo)).ShouldBeEquivalentTo(before);
        (await test.Log.GetPositionsAsync(Token)).Max().ShouldBe(position);
        before.MarksPosition.ShouldBe(position);
        (await test.HeadAsync()).ShouldSatisfyAllConditions(h => h.MarksPosition.ShouldBe(position), h => h.Seq.ShouldBe(6));
        await test.Log.AdvanceMarksAsync([new MarkAdvance(test.Group, Cy, 1, 1), new MarkAdvance(Ids.New(), Bo, 1, 1)], Token);
        (await test.Log.GetMemberAsync([test.Group], Cy, Token)).ShouldBeEmpty();

        async Task MarkAsync(long? delivered, long? read, (long Delivered, long Read, long Number) expected)
        {
            await test.MarkAsync(Bo, delivered, read);
            var member = await test.MemberAsync(Bo);
            (member.Delivered, member.Read, member.ReadNumber).ShouldBe(expected);
        }
    }

    [Theory, MemberData(nameof(LogEngines.WithCluster), MemberType = typeof(LogEngines))]
    public async Task A_moved_mark_takes_a_position_but_no_seq_and_the_listener_hears_of_it(string engine)
    {
        await using var test = await GroupLog.OpenAsync(engine, Ann, Bo);
        await test.AppendAsync(Appends.Message(test.Group, Ann, "one"));
        await test.MarkAsync(Bo, 2, null);
        var commit = test.Listener.Commits[^1];
        (commit.PreviousPosition, commit.Position).ShouldBe((2, 3));
        commit.Entries.ShouldBeEmpty();
        commit.Heads.ShouldHaveSingleItem().ShouldBe(await test.HeadAsync());
        commit.Members.ShouldHaveSingleItem().Member.ShouldBeEquivalentTo(await test.MemberAsync(Bo));
        (await test.AppendAsync(Appends.Message(test.Group, Ann, "two"))).ShouldSatisfyAllConditions(r => r.Seq.ShouldBe(3), r => r.Position.ShouldBe(4));
        (await test.Log.ReadFeedAsync(commit.Shard, 0, 100, Token)).Select(e => e.Position).ShouldBe([1L, 2, 4]);
    }

    [Theory, MemberData(nameof(LogEngines.WithCluster), MemberType = typeof(LogEngines))]
    public async Task Preferences_are_kept_and_raise_the_version(string engine)
    {
        await using var test = await GroupLog.OpenAsync(engine, Ann, Bo);
        var wanted = new Preferences(Appends.Start.AddDays(3), Pinned: true, Archived: true);
        await test.MarkAsync(Bo, null, null, wanted);
        await test.ReopenAsync();
        var member = await test.MemberAsync(Bo);
        (member.Preferences, member.MarksPosition).ShouldBe((wanted, 2));
        await test.MarkAsync(Bo, null, null, wanted);
        (await test.MemberAsync(Bo)).MarksPosition.ShouldBe(2);
        await test.MarkAsync(Bo, null, null, Preferences.None);
        (await test.MemberAsync(Bo)).Preferences.ShouldBe(Preferences.None);
    }

    public static MatrixTheoryData<string, int> ReceiptLimits => new(LogEngines.All().Select(row => row.Data), [3, 100, 150]);

    [Theory, MemberData(nameof(ReceiptLimits))]
    public async Task Delivered_marks_are_kept_up_to_the_limit_of_members(string engine, int limit)
    {
        await using var test = new LogUnderTest(engine) { ReceiptLimit = limit };
        await test.OpenAsync();
        var (small, large) = (Ids.New(), Ids.New());
        var others = Enumerable.Range(0, limit).Select(_ => Ids.New()).ToArray();
        await test.Log.AppendAsync(Appends.Create(small, [Ann, .. others[..^1]]), Token);
        await test.Log.AppendAsync(Appends.Create(large, [Ann, .. others]), Token);
        await test.Log.AppendAsync(Appends.Message(small, Ann, "x"), Token);
        await test.Log.AppendAsync(Appends.Message(large, Ann, "x"), Token);
        await test.Log.AdvanceMarksAsync([new(small, others[0], 2, null), new(large, others[0], 2, null), new(large, others[1], null, 2)], Token);

        (await DeliveredAsync(small, others[0])).ShouldBe(2);
        (await DeliveredAsync(large, others[0])).ShouldBe(0);
        (await DeliveredAsync(large, others[1])).ShouldBe(2);

        async Task<long> DeliveredAsync(Guid conversation, Guid user) => (await test.Log.GetMemberAsync([conversation], user, Token)).ShouldHaveSingleItem().Member.Delivered;
    }

    [Theory, MemberData(nameof(LogEngines.WithCluster), MemberType = typeof(LogEngines))]
    public async Task Self_and_direct_conversations_are_conversations_like_any_other(string engine)
    {
        await using var test = await LogUnderTest.OpenAsync(engine);
        var (self, direct) = (Ids.Self(Ann), Ids.Direct(Ann, Bo));
        await test.Log.AppendAsync(Kind(Appends.Create(self, Ann), ConversationKind.Self), Token);
        await test.Log.AppendAsync(Kind(Appends.Create(direct, Ann, Bo), ConversationKind.Direct), Token);
        (await test.Log.AppendAsync(Appends.Message(self, Ann, "note") with { Kind = EntryKind.Signal }, Token)).Seq.ShouldBe(2);
        (await test.Log.GetHeadsAsync([self, direct], Token)).Select(h => (h.Kind, h.Title, h.Number)).ShouldBe(
            [(ConversationKind.Self, null, 0), (ConversationKind.Direct, null, 0)]);
        (await test.Log.ListConversationsAsync(Ann, Token)).ShouldBe([self, direct], ignoreOrder: true);
        (await test.Log.GetMemberAsync([self, direct], Bo, Token)).ShouldHaveSingleItem().ConversationId.ShouldBe(direct);

        static Append Kind(Append append, ConversationKind kind) => append with { Change = ((Change.Create)append.Change!) with { Kind = kind, Title = null } };
    }
}
