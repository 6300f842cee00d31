using ModularChat.ArchitectureTests.Code;
using ModularChat.ArchitectureTests.Planted;
using ModularChat.ArchitectureTests.Rules;

namespace ModularChat.ArchitectureTests;

public sealed class HandlerTests
{
    private static readonly Type[] AllTypes = [.. CodeBase.Modules.Select(CodeBase.Module).Append(CodeBase.Host).SelectMany(CodeBase.Types)];

    [Fact]
    public void Every_request_has_one_handler_in_the_module_that_its_folder_names() =>
        HandlerRules.OneHandlerARequest(CodeBase.Types(CodeBase.Contracts), AllTypes).ShouldBeEmpty();

    [Fact]
    public void Handlers_are_internal_and_sealed() => HandlerRules.InternalSealed(AllTypes).ShouldBeEmpty();

    [Fact]
    public void Host_handles_no_requests() => HandlerRules.NoRequestHandlers(CodeBase.Types(CodeBase.Host)).ShouldBeEmpty();

    [Fact]
    public void Missing_doubled_and_misplaced_handlers_are_found()
    {
        Type[] handlers = [.. PlantedTypes.All, .. typeof(PlantedTypes).Assembly.GetTypes().Where(t => t.Namespace == "ModularChat.Contracts.Handlers")];

        var found = HandlerRules.OneHandlerARequest(PlantedTypes.Under(".Contracts"), handlers).ToList();

        found.Count.ShouldBe(3, string.Join('\n', found));
        found.ShouldContain(v => v.Contains("AnsweredTwice has 2"));
        found.ShouldContain(v => v.Contains("Unanswered has 0"));
        found.ShouldContain(v => v.Contains("AnsweredElsewhere is handled by"));
    }

    [Fact]
    public void Open_handlers_are_found()
    {
        var found = HandlerRules.InternalSealed([.. typeof(PlantedTypes).Assembly.GetTypes()]).ToList();

        found.Count.ShouldBe(2, string.Join('\n', found));
        found.ShouldContain(v => v.Contains("SecondHandler"));
        found.ShouldContain(v => v.Contains("ElsewhereHandler"));
    }

    [Fact]
    public void Request_handlers_outside_the_modules_are_found() =>
        HandlerRules.NoRequestHandlers(PlantedTypes.Under(".Elsewhere")).ShouldHaveSingleItem();
}
