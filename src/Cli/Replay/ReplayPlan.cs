using ModularChat.Client;

namespace ModularChat.Cli.Replay;

/// <summary>What one author says, in order.</summary>
internal readonly record struct PlannedLine(int Group, string Text);

/// <summary>A nick: one user, with one device that is connected throughout.</summary>
internal sealed class Person(int index, string nick)
{
    public int Index { get; } = index;
    public string Nick { get; } = nick;
    public string ExternalId => "irc-" + Nick;
    public List<PlannedLine> Lines { get; } = [];
    public List<int> Groups { get; } = [];
    public Guid UserId { get; set; }
}

/// <summary>A file: one group of all who say something in it.</summary>
internal sealed class Group(int index, string title)
{
    public int Index { get; } = index;
    public string Title { get; } = title;
    public Guid Id { get; } = ClientIds.New();
    public List<int> Members { get; } = [];
    public int Messages { get; set; }
}

/// <summary>Who says what where.</summary>
internal sealed class ReplayPlan
{
    public List<Person> People { get; } = [];
    public List<Group> Groups { get; } = [];
    public long Messages { get; private set; }

    /// <summary>Each message goes to each member of its group.</summary>
    public long Deliveries => Groups.Sum(group => (long)group.Messages * group.Members.Count);

    /// <summary>Reads logs: each file a group, each nick a person in as many groups as they speak in.</summary>
    /// <param name="path">A log, or a folder of logs.</param>
    /// <param name="limit">Only so many files, in order of their names.</param>
    public static ReplayPlan Read(string path, int limit = int.MaxValue)
    {
        var files = Directory.Exists(path) ? Directory.GetFiles(path, "*.log") : [path];
        Array.Sort(files, StringComparer.Ordinal);
        var plan = new ReplayPlan();
        var byNick = new Dictionary<string, Person>(StringComparer.Ordinal);
        foreach (var file in files.Take(limit))
        {
            var group = new Group(plan.Groups.Count, Path.GetFileNameWithoutExtension(file));
            plan.Groups.Add(group);
            foreach (var line in IrcLog.Read(file))
            {
                if (!byNick.TryGetValue(line.Nick, out var person))
                {
                    byNick.Add(line.Nick, person = new Person(plan.People.Count, line.Nick));
                    plan.People.Add(person);
                }
                if (person.Groups.Count == 0 || person.Groups[^1] != group.Index)
                {
                    person.Groups.Add(group.Index);
                    group.Members.Add(person.Index);
                }
                person.Lines.Add(new PlannedLine(group.Index, line.Text));
                group.Messages++;
                plan.Messages++;
            }
        }
        return plan;
    }
}
