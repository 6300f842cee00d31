using ModularChat.ArchitectureTests.Code;
using ModularChat.ArchitectureTests.Planted;
using ModularChat.ArchitectureTests.Rules;

namespace ModularChat.ArchitectureTests;

public sealed class ContractTests
{
    private static readonly Type[] Contracts = [.. CodeBase.Types(CodeBase.Contracts).Where(t => t.IsPublic)];

    [Fact]
    public void Contracts_are_sealed_records_that_never_change()
    {
        ContractRules.Data(Contracts).Count().ShouldBeGreaterThan(40);
        ContractRules.Shape(Contracts).ShouldBeEmpty();
    }

    [Fact]
    public void Contracts_survive_JSON_there_and_back() => ContractRules.RoundTrip(Contracts).ShouldBeEmpty();

    [Fact]
    public void Contracts_of_another_shape_are_found()
    {
        var found = ContractRules.Shape(PlantedTypes.Under(".Contracts")).ToList();

        found.Count.ShouldBe(3, string.Join('\n', found));
        found.ShouldContain(v => v.Contains("Settable.Text can be set"));
        found.ShouldContain(v => v.Contains("CarriesBytesThatFlow.Content has the type"));
        found.ShouldContain(v => v.Contains("NotSealed is not a sealed record"));
    }

    [Fact]
    public void A_contract_that_loses_a_member_on_the_way_is_found() =>
        ContractRules.RoundTrip([typeof(ModularChat.Planted.Contracts.LosesAMember), typeof(ModularChat.Planted.Contracts.Answered)])
            .ShouldHaveSingleItem().ShouldContain("Secret");
}
