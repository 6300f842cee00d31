using System.Reflection;
using System.Xml.Linq;

namespace ModularChat.ArchitectureTests.Code;

/// <summary>The code that the rules are held against, found by looking and not by lists.</summary>
internal static class CodeBase
{
    /// <summary>The folder of the solution.</summary>
    public static readonly string Root = FindRoot();

    /// <summary>Every project below src/, as path from the root.</summary>
    public static IReadOnlyList<string> Projects { get; } =
        [.. Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories).Select(Relative).Order(StringComparer.Ordinal)];

    /// <summary>The names of the modules: a folder with a project below src/Modules.</summary>
    public static IReadOnlyList<string> Modules { get; } =
        [.. Projects.Where(p => p.StartsWith("src/Modules/", StringComparison.Ordinal)).Select(p => p.Split('/')[2])];

    public static Assembly Contracts { get; } = Assembly.Load("ModularChat.Contracts");

    public static Assembly Host { get; } = Assembly.Load("ModularChat.Host");

    public static Assembly Module(string name) => Assembly.Load("ModularChat." + name);

    public static XDocument Project(string path) => XDocument.Load(Path.Combine(Root, path));

    /// <summary>Types that a person wrote: the compiler's own are folded into them.</summary>
    public static IEnumerable<Type> Types(Assembly assembly) =>
        assembly.GetTypes().Where(t => !t.Name.Contains('<', StringComparison.Ordinal) && t.FullName?.Contains('<', StringComparison.Ordinal) == false
            && t.Namespace?.StartsWith("ModularChat", StringComparison.Ordinal) == true);

    /// <summary>Files of one kind that belong to the repository, as paths from the root.</summary>
    public static IEnumerable<string> Files(string pattern, params string[] folders) =>
        folders.SelectMany(f => Directory.EnumerateFiles(Path.Combine(Root, f), pattern, SearchOption.AllDirectories))
            .Select(Relative)
            .Where(f => !f.Contains("/bin/", StringComparison.Ordinal) && !f.Contains("/obj/", StringComparison.Ordinal)
                && !f.Contains("/node_modules/", StringComparison.Ordinal));

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "ModularChat.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests run outside the repository.");
        }
        return folder.FullName;
    }
}
