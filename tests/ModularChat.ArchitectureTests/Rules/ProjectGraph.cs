using System.Xml.Linq;

namespace ModularChat.ArchitectureTests.Rules;

/// <summary>Who may reference whom. Read from the project files: an unused reference leaves no trace in an assembly.</summary>
internal static class ProjectGraph
{
    private const string Module = "a module";

    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Contracts"] = [],
        ["Storage"] = [],
        [Module] = ["Contracts", "Storage"],
        ["Host"] = ["Contracts", "Storage", Module],
        ["Client"] = [],
        ["Cli"] = ["Client", "Host"],
    };

    /// <summary>References that the table has not.</summary>
    /// <param name="path">The project file from the root, as in src/Host/ModularChat.Host.csproj.</param>
    /// <param name="project">Its content.</param>
    public static IEnumerable<string> Violations(string path, XDocument project)
    {
        var kind = Kind(path);
        if (!Allowed.TryGetValue(kind, out var allowed))
        {
            return [$"{path}: a project of no known kind; give it a row in the table of who may reference whom."];
        }
        return project.Descendants("ProjectReference")
            .Select(r => Resolve(path, (string?)r.Attribute("Include") ?? ""))
            .Where(target => !allowed.Contains(Kind(target), StringComparer.Ordinal))
            .Select(target => $"{path} references {target}.");
    }

    /// <summary>Normalises a relative reference; wildcards stay as they are.</summary>
    private static string Resolve(string from, string reference)
    {
        var parts = new Stack<string>(from.Split('/')[..^1]);
        foreach (var part in reference.Replace('\\', '/').Split('/'))
        {
            if (part == "..")
            {
                parts.Pop();
            }
            else
            {
                parts.Push(part);
            }
        }
        return string.Join('/', parts.Reverse());
    }

    private static string Kind(string path)
    {
        var parts = path.Split('/');
        return parts is ["src", "Modules", ..] ? Module : parts is ["src", var folder, _] ? folder : path;
    }
}
