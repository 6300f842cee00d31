using ModularChat.Cli.Prove.Push;
using ModularChat.Contracts;

namespace ModularChat.UnitTests.Prove;

public sealed class PushLedgerTests
{
    private readonly PushLedger _ledger = new();
    private readonly Guid _user = Ids.New(), _other = Ids.New(), _group = Ids.New();

    [Fact]
    public void A_push_about_a_later_message_stands_for_the_earlier_ones_and_nothing_else_does()
    {
        _ledger.Confirmed(_group, 1);
        _ledger.Confirmed(_group, 2);
        _ledger.Confirmed(_group, 3);
        _ledger.Took(Ids.New(), _user, _group, 1);
        _ledger.Took(Ids.New(), _user, _group, 3);
        _ledger.Took(Ids.New(), _other, _group, 2);

        _ledger.Judge([_user, _other]).ShouldBe(new PushVerdict(Due: 6, Sent: 3, Collapsed: 2, Lost: 1, Doubled: 0, Wrong: 0));
    }

    [Fact]
    public void What_comes_twice_is_excused_by_a_kill_between_and_a_third_time_by_nothing()
    {
        var (excused, wrong, often) = (Ids.New(), Ids.New(), Ids.New());
        _ledger.Confirmed(_group, 1);
        Took(excused, wrong, wrong, often);
        _ledger.Killed();
        Took(excused, often);
        _ledger.Killed();
        Took(often);

        _ledger.Judge([_user]).ShouldBe(new PushVerdict(Due: 1, Sent: 3, Collapsed: 0, Lost: 0, Doubled: 1, Wrong: 2));

        void Took(params Guid[] pushes)
        {
            foreach (var push in pushes)
            {
                _ledger.Took(push, _user, _group, 1);
            }
        }
    }
}
