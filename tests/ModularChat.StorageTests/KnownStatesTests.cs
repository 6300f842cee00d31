using ModularChat.Contracts;
using ModularChat.Contracts.Messaging;
using ModularChat.Messaging.Storage;
using ModularChat.Messaging.Storage.Writing;

namespace ModularChat.StorageTests;

/// <summary>What a node works out by itself before the engine compares it.</summary>
public sealed class KnownStatesTests
{
    private static readonly Guid Group = Ids.New(), Ann = Ids.New(), Bo = Ids.New(), Guest = Ids.New();
    private readonly KnownStates _states = new(1, 100);

    public KnownStatesTests() => _states.Take(new Commit(
        0, 0, 7, [],
        [(Group, Of(Ann, MemberRole.Owner)), (Group, Of(Bo, MemberRole.Member)), (Group, Of(Guest, MemberRole.None))],
        [new Head(Group, 0, ConversationKind.Group, "title", HistoryVisibility.All, 5, 7, 3, 4, 6, 7, 2)]));

    [Fact]
    public void Messages_of_one_conversation_follow_each_other_and_move_their_senders_marks()
    {
        var batch = _states.Plan(0, [Appends.Message(Group, Ann, "a", 4), Appends.Message(Group, Bo, "b", 4), Appends.Message(Group, Ann, "c", 4)]).ShouldNotBeNull();

        batch.Seqs.ShouldBe([6, 7, 8]);
        batch.Numbers.ShouldBe([4, 5, 6]);
        var commit = batch.ToCommit(0, previous: 20);
        (commit.PreviousPosition, commit.Position).ShouldBe((20, 23));
        commit.Entries.Select(e => (e.Position, e.Entry.Seq)).ShouldBe([(21, 6), (22, 7), (23, 8)]);
        var head = commit.Heads.ShouldHaveSingleItem();
        (head.Seq, head.Number, head.Position, head.MarksPosition, head.Title).ShouldBe((8, 6, 23, 23, "title"));
        commit.Members.Select(m => (m.Member.UserId, m.Member.Read, m.Member.ReadNumber, m.Member.MarksPosition)).ShouldBe([(Ann, 8, 6, 23), (Bo, 7, 5, 22)]);
    }

    [Fact]
    public void What_may_be_refused_is_not_planned()
    {
        var id = Ids.New();
        _states.Plan(0, [Appends.Message(Ids.New(), Ann, "an unknown conversation", 4)]).ShouldBeNull();
        _states.Plan(0, [Appends.Message(Group, Ids.New(), "an unknown sender", 4)]).ShouldBeNull();
        _states.Plan(0, [Appends.Message(Group, Ann, "members have changed", 3)]).ShouldBeNull();
        _states.Plan(0, [Appends.Message(Group, Ann, "another role", 3) with { SenderRole = MemberRole.Member }]).ShouldBeNull();
        _states.Plan(0, [Appends.Message(Group, Ann, "twice", 4, id), Appends.Message(Group, Ann, "twice", 4, id)]).ShouldBeNull();
        _states.Plan(0, [Appends.Message(Group, Ann, "the same role", 3) with { SenderRole = MemberRole.Owner }]).ShouldNotBeNull();
    }

    [Fact]
    public void One_who_is_no_member_moves_no_marks()
    {
        var commit = _states.Plan(0, [Appends.Message(Group, Guest, "from outside", 4)]).ShouldNotBeNull().ToCommit(0, 20);
        commit.Members.ShouldBeEmpty();
        commit.Heads[0].MarksPosition.ShouldBe(7);
    }

    [Fact]
    public void Nothing_is_known_after_positions_were_passed_over()
    {
        _states.Clear();
        _states.Plan(0, [Appends.Message(Group, Ann, "a", 4)]).ShouldBeNull();
    }

    [Fact]
    public void Planning_pauses_for_longer_and_longer_where_it_fails_and_goes_on_where_it_works()
    {
        Append[] messages = [Appends.Message(Group, Ann, "a", 4)];
        _states.Note(0, isRight: false);
        PausesBeforePlan().ShouldBe(2);
        _states.Note(0, isRight: false);
        PausesBeforePlan().ShouldBe(4);
        _states.Note(0, isRight: true);
        PausesBeforePlan().ShouldBe(0);

        int PausesBeforePlan()
        {
            var pauses = 0;
            while (_states.Plan(0, messages) is null)
            {
                pauses++;
            }
            return pauses;
        }
    }

    private static Member Of(Guid user, MemberRole role) => new(user, role, [], 0, 0, 0, 7, Preferences.None, 6);
}
