using System.Xml.Linq;
using ModularChat.ArchitectureTests.Code;
using ModularChat.ArchitectureTests.Rules;

namespace ModularChat.ArchitectureTests;

public sealed class ProjectGraphTests
{
    [Fact]
    public void Projects_reference_only_whom_they_may()
    {
        CodeBase.Projects.Count.ShouldBeGreaterThan(5);
        CodeBase.Projects.SelectMany(p => ProjectGraph.Violations(p, CodeBase.Project(p))).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("src/Modules/Identity/ModularChat.Identity.csproj", "../Messaging/ModularChat.Messaging.csproj")]
    [InlineData("src/Modules/Identity/ModularChat.Identity.csproj", "../../Host/ModularChat.Host.csproj")]
    [InlineData("src/Contracts/ModularChat.Contracts.csproj", "..\\Storage\\ModularChat.Storage.csproj")]
    [InlineData("src/Storage/ModularChat.Storage.csproj", "../Contracts/ModularChat.Contracts.csproj")]
    [InlineData("src/Host/ModularChat.Host.csproj", "../Client/ModularChat.Client.csproj")]
    [InlineData("src/Client/ModularChat.Client.csproj", "../Contracts/ModularChat.Contracts.csproj")]
    [InlineData("src/Common/ModularChat.Common.csproj", null)]
    public void A_reference_that_is_not_allowed_is_found(string project, string? reference)
    {
        var content = new XDocument(new XElement("Project", new XElement("ItemGroup", reference is null ? null : new XElement("ProjectReference", new XAttribute("Include", reference)))));

        ProjectGraph.Violations(project, content).Count().ShouldBe(1);
    }

    [Theory]
    [InlineData("src/Modules/Identity/ModularChat.Identity.csproj", "../../Contracts/ModularChat.Contracts.csproj")]
    [InlineData("src/Host/ModularChat.Host.csproj", "../Modules/*/ModularChat.*.csproj")]
    [InlineData("src/Cli/ModularChat.Cli.csproj", "../Client/ModularChat.Client.csproj")]
    public void A_reference_that_is_allowed_passes(string project, string reference)
    {
        var content = new XDocument(new XElement("Project", new XElement("ProjectReference", new XAttribute("Include", reference))));

        ProjectGraph.Violations(project, content).ShouldBeEmpty();
    }
}
