using System.Text.RegularExpressions;

namespace ModularChat.Cli.Replay;

/// <summary>One thing that somebody said.</summary>
internal readonly record struct IrcLine(string Nick, string Text);

/// <summary>Reads the logs of a public channel: messages and actions; system lines are passed over.</summary>
internal static partial class IrcLog
{
    public static IEnumerable<IrcLine> Read(string path)
    {
        foreach (var line in File.ReadLines(path))
        {
            if (Parse(line) is { } said)
            {
                yield return said;
            }
        }
    }

    public static IrcLine? Parse(string line)
    {
        var match = Message().Match(line);
        if (match.Success)
        {
            return new IrcLine(match.Groups["nick"].Value, Sendable(match.Groups["text"].Value));
        }
        match = Action().Match(line);
        return match.Success ? new IrcLine(match.Groups["nick"].Value, Sendable("/me " + match.Groups["text"].Value)) : null;
    }

    /// <summary>A server refuses empty texts and most control characters: the former become a space, the latter their pictures.</summary>
    private static string Sendable(string text) => text.Length == 0
        ? " "
        : Control().Replace(text, match => match.Value[0] < ' ' ? ((char)(0x2400 + match.Value[0])).ToString() : "\u2421");

    [GeneratedRegex(@"^\[\d\d:\d\d\] <(?<nick>[^>]*)> ?(?<text>.*)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Message();

    [GeneratedRegex(@"^\[\d\d:\d\d\]  \* (?<nick>\S+) ?(?<text>.*)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Action();

    [GeneratedRegex(@"[\u0000-\u0008\u000B-\u001F\u007F-\u009F]", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Control();
}
