using ModularChat.ArchitectureTests.Code;
using ModularChat.ArchitectureTests.Planted;
using ModularChat.ArchitectureTests.Rules;
using ModularChat.Host.Roles;

namespace ModularChat.ArchitectureTests;

/// <summary>docs/splitting.md: any module may be in another process.</summary>
public sealed class TravelTests
{
    /// <summary>The first two are followed by request where Messaging is elsewhere; the third is about this process.</summary>
    private static readonly string[] OtherWays = ["MessageStored", "LogReopened", "NodeAskedToDrain"];

    private static readonly Type[] Contracts = [.. CodeBase.Types(CodeBase.Contracts)];

    [Fact]
    public void Every_event_of_the_contracts_reaches_other_processes() => TravelRules.Events(Contracts, OtherWays).ShouldBeEmpty();

    [Fact]
    public void What_runs_once_in_the_cluster_can_get_to_who_runs_it() =>
        TravelRules.OnceHandlers(CodeBase.Modules.Select(CodeBase.Module).Append(CodeBase.Host).SelectMany(CodeBase.Types)).ShouldBeEmpty();

    [Fact]
    public void What_is_idempotent_is_marked_so() => TravelRules.Repeatable(Contracts).ShouldBeEmpty();

    [Fact]
    public void Every_request_belongs_to_a_module_of_the_list()
    {
        var modules = Host.ModuleList.Modules.Select(m => m.Section).ToList();

        Contracts.Where(t => t is { IsClass: true } && t.IsAssignableTo(typeof(MediatR.IBaseRequest)))
            .Where(t => LoadedModules.ModuleOf(t) is not { } module || !modules.Contains(module, StringComparer.Ordinal))
            .ShouldBeEmpty();
        LoadedModules.ModuleOf(typeof(ModularChat.Planted.Travelling.SentTwice)).ShouldBeNull();
    }

    [Fact]
    public void What_does_not_travel_is_found()
    {
        var planted = PlantedTypes.Under(".Travelling");

        TravelRules.Events(planted).ShouldHaveSingleItem().ShouldContain("StaysBehind");
        TravelRules.OnceHandlers(planted).ShouldHaveSingleItem().ShouldContain("OnceForNobodyElse");
        TravelRules.Repeatable(planted).ShouldHaveSingleItem().ShouldContain("SentTwice");
    }
}
