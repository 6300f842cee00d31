using System.Globalization;
using System.Text.RegularExpressions;
using ModularChat.Contracts;

namespace ModularChat.ArchitectureTests.Rules;

/// <summary>Documents stay true.</summary>
internal static partial class DocumentRules
{
    private const int MaxLines = 400;

    public static IEnumerable<string> FileLength(string path, string content)
    {
        var lines = content.AsSpan().Count('\n');
        return lines > MaxLines ? [string.Create(CultureInfo.InvariantCulture, $"{path} has {lines} lines; the most is {MaxLines}.")] : [];
    }

    /// <summary>Each path in backticks that begins with src/, tests/ or docs/ is there; up to a wildcard or an ellipsis.</summary>
    public static IEnumerable<string> Paths(string document, string content, Func<string, bool> exists) =>
        PathInBackticks().Matches(content)
            .Select(m => m.Groups["path"].Value)
            .Where(p => !exists(Fixed(p)))
            .Select(p => $"{document} names {p}, which is not there.");

    /// <summary>The table of problem codes says what the code says.</summary>
    public static IEnumerable<string> ProblemTable(string content, IReadOnlyCollection<ProblemCode> codes)
    {
        var rows = ProblemRow().Matches(content)
            .Select(m => (Code: m.Groups["code"].Value, Status: int.Parse(m.Groups["status"].Value, CultureInfo.InvariantCulture), Retryable: m.Groups["retry"].Value == "yes"))
            .ToList();
        var known = codes.Select(c => (c.Code, c.Status, c.Retryable)).ToList();
        return rows.Except(known).Select(r => $"The table has {r}, the code has not.")
            .Concat(known.Except(rows).Select(r => $"The code has {r}, the table has not."))
            .Concat(rows.GroupBy(r => r.Code, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => $"The table has {g.Key} twice."));
    }

    private static string Fixed(string path)
    {
        var end = path.AsSpan().IndexOfAny('*', '<', '{');
        return (end < 0 ? path : path[..(path.LastIndexOf('/', end) + 1)]).TrimEnd('/');
    }

    [GeneratedRegex("`(?<path>(src|tests|docs)/[^`\\s:]*)[^`\\n]*`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PathInBackticks();

    [GeneratedRegex(@"^\| `(?<code>[a-z_]+)` \| (?<status>\d{3}) \| (?<retry>yes|no) \|", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ProblemRow();
}
