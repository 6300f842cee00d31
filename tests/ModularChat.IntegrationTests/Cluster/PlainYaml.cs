namespace ModularChat.IntegrationTests.Cluster;

/// <summary>
/// As much YAML as compose.yaml uses: maps by two spaces, plain values, lists of plain values, anchors on maps and <c>&lt;&lt;</c>. Anything else is refused, so that the file
/// stays readable by everything.
/// </summary>
internal sealed class PlainYaml
{
    private readonly (int Indent, string Text, int Number)[] _lines;
    private readonly Dictionary<string, Dictionary<string, object>> _anchors = new(StringComparer.Ordinal);
    private int _at;

    private PlainYaml(IEnumerable<string> lines) => _lines =
    [
        .. lines.Select((line, i) => (Indent: line.Length - line.TrimStart(' ').Length, Text: line.Trim(), Number: i + 1))
            .Where(line => line.Text.Length > 0 && !line.Text.StartsWith('#')),
    ];

    public static Dictionary<string, object> Read(string file)
    {
        var yaml = new PlainYaml(File.ReadLines(file));
        var map = yaml.Map(0);
        yaml._at.ShouldBe(yaml._lines.Length, "a line further in than the one before");
        return map;
    }

    private Dictionary<string, object> Map(int indent)
    {
        var map = new Dictionary<string, object>(StringComparer.Ordinal);
        while (_at < _lines.Length && _lines[_at] is var (at, text, number) && at == indent && !text.StartsWith("- ", StringComparison.Ordinal))
        {
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            colon.ShouldBeGreaterThan(0, $"line {number}: {text}");
            var (key, value) = (text[..colon], text[(colon + 1)..].Trim());
            _at++;
            if (key == "<<")
            {
                value.ShouldStartWith("*");
                foreach (var (inherited, same) in _anchors[value[1..]])
                {
                    map.TryAdd(inherited, same);
                }
                continue;
            }
            map[key] = value switch
            {
                "" => Below(indent),
                "{}" => new Dictionary<string, object>(StringComparer.Ordinal),
                ['&', .. var anchor] => _anchors[anchor] = (Dictionary<string, object>)Below(indent),
                [not ('*' or '[' or '{' or '|' or '>' or '"' or '\'' or '!'), ..] when !value.Contains(" #", StringComparison.Ordinal) && !value.Contains(": ", StringComparison.Ordinal) => value,
                _ => throw new InvalidOperationException($"line {number} is more than plain: {text}"),
            };
        }
        return map;
    }

    private object Below(int indent)
    {
        if (!_lines[_at].Text.StartsWith("- ", StringComparison.Ordinal))
        {
            _lines[_at].Indent.ShouldBe(indent + 2, $"line {_lines[_at].Number}");
            return Map(indent + 2);
        }
        var list = new List<string>();
        for (; _at < _lines.Length && _lines[_at].Text.StartsWith("- ", StringComparison.Ordinal); _at++)
        {
            list.Add(_lines[_at].Text[2..]);
        }
        return list;
    }
}
