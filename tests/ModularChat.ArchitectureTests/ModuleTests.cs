using ModularChat.ArchitectureTests.Code;
using ModularChat.ArchitectureTests.Planted;
using ModularChat.ArchitectureTests.Rules;

namespace ModularChat.ArchitectureTests;

public sealed class ModuleTests
{
    /// <summary>The contract folders that a module may use beside its own. Acyclic on purpose.</summary>
    private static readonly Dictionary<string, string[]> MayUse = new(StringComparer.Ordinal)
    {
        ["Calls"] = ["Identity", "Messaging", "Notifications", "Presence"],
        ["Discovery"] = [],
        ["Identity"] = [],
        ["Messaging"] = ["Identity"],
        ["Notifications"] = ["Identity", "Messaging", "Presence"],
        ["Presence"] = ["Discovery", "Identity", "Messaging"],
    };

    public static TheoryData<string> Modules => [.. CodeBase.Modules];

    [Fact]
    public void Every_module_has_a_row_of_what_it_may_use() =>
        MayUse.Keys.ShouldBe(CodeBase.Modules, ignoreOrder: true);

    [Theory]
    [MemberData(nameof(Modules))]
    public void A_module_shows_only_its_two_types(string module) =>
        ModuleRules.ExportedTypes(module, CodeBase.Module(module).GetExportedTypes()).ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Modules))]
    public void Only_storage_names_an_engine(string module) =>
        ModuleRules.EngineNames(module, CodeBase.Types(CodeBase.Module(module))).ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Modules))]
    public void No_module_touches_sockets(string module) =>
        ModuleRules.Sockets(CodeBase.Types(CodeBase.Module(module))).ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Modules))]
    public void A_module_uses_only_the_contracts_it_may(string module) =>
        ModuleRules.ContractFolders([module, .. MayUse[module]], CodeBase.Types(CodeBase.Module(module))).ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Modules))]
    public void No_module_keeps_state_in_statics(string module) =>
        ModuleRules.MutableStatics(CodeBase.Types(CodeBase.Module(module))).ShouldBeEmpty();

    [Fact]
    public void Host_keeps_no_state_in_statics() =>
        ModuleRules.MutableStatics(CodeBase.Types(CodeBase.Host)).ShouldBeEmpty();

    [Fact]
    public void A_public_type_too_many_is_found() =>
        ModuleRules.ExportedTypes("Planted", [.. PlantedTypes.All.Where(t => t.IsVisible && t.Namespace == "ModularChat.Planted")])
            .ShouldHaveSingleItem().ShouldContain("LeakedStore");

    [Fact]
    public void An_engine_in_a_feature_folder_is_found_even_in_an_async_body()
    {
        var found = ModuleRules.EngineNames("Planted", PlantedTypes.All).ToList();

        found.ShouldNotBeEmpty();
        found.ShouldAllBe(v => v.Contains("NamesAnEngineInAnAsyncBody"));
    }

    [Fact]
    public void A_socket_in_a_module_is_found()
    {
        var found = ModuleRules.Sockets(PlantedTypes.All).ToList();

        found.ShouldNotBeEmpty();
        found.ShouldAllBe(v => v.Contains("TouchesASocket"));
    }

    [Fact]
    public void A_contract_folder_that_is_not_allowed_is_found()
    {
        var found = ModuleRules.ContractFolders(["Messaging", "Identity"], PlantedTypes.Under(".Sending")).ToList();

        found.ShouldNotBeEmpty();
        found.ShouldAllBe(v => v.Contains("UsesPresence"));
    }

    [Fact]
    public void State_in_statics_is_found()
    {
        var found = ModuleRules.MutableStatics(PlantedTypes.All).ToList();

        found.Count.ShouldBe(2, string.Join('\n', found));
        found.ShouldContain(v => v.Contains("Grows"));
        found.ShouldContain(v => v.Contains("Counter"));
    }
}
