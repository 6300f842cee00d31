using System.Reflection;
using Microsoft.Extensions.Configuration;
using ModularChat.ArchitectureTests.Code;
using ModularChat.ArchitectureTests.Rules;
using ModularChat.Contracts;
using ModularChat.Host;
using ModularChat.Host.Operations;

namespace ModularChat.ArchitectureTests;

public sealed class DocumentTests
{
    private static readonly ProblemCode[] Codes =
        [.. typeof(ProblemCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => (ProblemCode)f.GetValue(null)!)];

    [Fact]
    public void No_file_is_longer_than_400_lines() =>
        CodeBase.Files("*.cs", "src", "tests").Where(f => !f.Contains("/Migrations/", StringComparison.Ordinal)).SelectMany(f => DocumentRules.FileLength(f, CodeBase.Read(f))).ShouldBeEmpty();

    [Fact]
    public void Every_path_that_a_document_names_is_there() =>
        CodeBase.Files("*.md", "docs", "src").Concat(["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
            .SelectMany(f => DocumentRules.Paths(f, CodeBase.Read(f), Exists)).ShouldBeEmpty();

    [Fact]
    public void The_table_of_problem_codes_is_the_code() =>
        DocumentRules.ProblemTable(CodeBase.Read("docs/protocol.md"), Codes).ShouldBeEmpty();

    [Fact]
    public void The_settings_file_has_every_setting_with_its_default() =>
        SettingsRules.Violations(SettingsFile(), [.. ModuleList.Sections.SelectMany(s => SettingsCheck.Keys(s.Section, s.Options))]).ShouldBeEmpty();

    [Fact]
    public void A_file_of_401_lines_is_found() =>
        DocumentRules.FileLength("x.cs", string.Concat(Enumerable.Repeat("\n", 401))).ShouldHaveSingleItem();

    [Fact]
    public void A_path_that_is_not_there_is_found() =>
        DocumentRules.Paths("x.md", "See `src/Host/Program.cs`, `src/Nowhere/X.cs` and `docs/*.md`, `tests/gone/**`.", Exists)
            .ShouldBe(["x.md names src/Nowhere/X.cs, which is not there.", "x.md names tests/gone/**, which is not there."]);

    [Fact]
    public void A_wrong_table_of_problem_codes_is_found()
    {
        var table = CodeBase.Read("docs/protocol.md")
            .Replace("| `too_long` | 400 | no |", "| `too_long` | 422 | no |", StringComparison.Ordinal)
            .Replace("| `conflict` |", "| `konflikt` |", StringComparison.Ordinal);

        // Each wrong row is one that the code has not, and makes one that the table has not.
        DocumentRules.ProblemTable(table, Codes).Count().ShouldBe(4);
    }

    [Fact]
    public void Wrong_settings_in_the_file_are_found()
    {
        var file = SettingsFile();
        file.Remove("Host:MaxHeaders");
        file["Host:Nothing"] = "1";
        file["Host:MaxHeaderBytes"] = "1";

        var found = SettingsRules.Violations(file, [.. SettingsCheck.Keys("Host", typeof(ServerOptions))])
            .Where(v => v.Contains("Host:", StringComparison.Ordinal)).ToList();

        found.Count.ShouldBe(3, string.Join('\n', found));
    }

    private static bool Exists(string path) => Path.Exists(Path.Combine(CodeBase.Root, path));

    private static Dictionary<string, string?> SettingsFile() =>
        new ConfigurationBuilder().AddJsonFile(Path.Combine(CodeBase.Root, "appsettings.json")).Build().AsEnumerable()
            .Where(e => e.Value is not null && !e.Key.StartsWith("Logging:", StringComparison.Ordinal))
            .ToDictionary(e => e.Key, e => e.Value, StringComparer.Ordinal);
}
