using System.Globalization;

namespace ModularChat.Cli.Prove;

/// <summary>One thing that is done to a cluster, and undone.</summary>
/// <param name="Kind">Such as kill or cut; the short form takes one of each.</param>
/// <param name="Name">Such as kill:node-2; says all that is needed to do it again.</param>
/// <param name="Begin">Does it.</param>
/// <param name="End">Undoes it.</param>
internal sealed record Fault(string Kind, string Name, Func<CancellationToken, Task> Begin, Func<CancellationToken, Task> End)
{
    /// <summary>How long it lasts.</summary>
    public TimeSpan Lasts { get; init; }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name} for {Lasts.TotalSeconds:0.#} s");

    /// <summary>Everything that can be done, in a seeded order.</summary>
    public static IReadOnlyList<Fault> All(LocalCluster cluster, ProveOptions options, Random random)
    {
        List<Fault> all = [];
        foreach (var part in cluster.Nodes.Concat(cluster.Engines))
        {
            var what = part.StartsWith("node-", StringComparison.Ordinal) ? "node" : part is "nginx" or "haproxy" ? "proxy" : "engine";
            all.Add(new($"kill {what}", "kill:" + part, token => cluster.DoAsync("kill", part, token), token => cluster.DoAsync("start", part, token)));
            all.Add(new($"freeze {what}", "freeze:" + part, token => cluster.DoAsync("freeze", part, token), token => cluster.DoAsync("thaw", part, token)));
            if (what == "node")
            {
                if (options.Namespaces)
                {
                    all.Add(new("cut node", "cut:" + part, token => cluster.DoAsync("cut", part, token), token => cluster.DoAsync("join", part, token)));
                    all.Add(new("cut node in", $"cut:{part}:in", token => cluster.DoAsync("cut", part, token, "in"), token => cluster.DoAsync("join", part, token)));
                    all.Add(new("cut node out", $"cut:{part}:out", token => cluster.DoAsync("cut", part, token, "out"), token => cluster.DoAsync("join", part, token)));
                }
                all.Add(new("drain", "drain:" + part, token => cluster.DoAsync("stop", part, token), token => cluster.DoAsync("start", part, token)));
            }
        }
        foreach (var link in cluster.Links)
        {
            foreach (var state in Enum.GetValues<LinkState>().Where(state => state != LinkState.Whole))
            {
                all.Add(new(
                    $"cut {state.ToString().ToLowerInvariant()}", $"cut:{link.Name}:{state.ToString().ToLowerInvariant()}",
                    _ => Be(link, state), _ => Be(link, LinkState.Whole)));
            }
        }
        var wanted = all.Where(fault => options.Only is null || fault.Name.StartsWith(options.Only, StringComparison.Ordinal)).ToArray();
        random.Shuffle(wanted);
        var chosen = options.Short ? wanted.DistinctBy(fault => fault.Kind).ToArray() : wanted;
        return [.. chosen.SelectMany(fault => options.Lasting.Select(lasts => fault with { Lasts = lasts })).Take(options.Steps)];
    }

    private static Task Be(Link link, LinkState state)
    {
        link.Be(state);
        return Task.CompletedTask;
    }
}
