using ModularChat.Contracts;
using ModularChat.Discovery;
using ModularChat.Discovery.Choosing;
using ModularChat.Discovery.Nodes;

namespace ModularChat.UnitTests.Discovery;

/// <summary>
/// A million clients come to 50 nodes in 5 regions, more than half of them to two of the regions; in the middle one region is lost with
/// all its clients. The code is the real one: three nodes that answer, each with its own table, which hear of loads once a second.
/// </summary>
public sealed class SimulationTests
{
    private const int Clients = 1_000_000, Seconds = 100, LostAt = 60, SeenAt = 66, Seed = 20_261_122, Lost = 2;

    /// <summary>Slices of a second: an answer, and the connection made of it, are some of them apart.</summary>
    private const int Slices = 10;

    private static readonly (string Name, double Lat, double Lon, double Share)[] Regions =
        [("eu", 50, 8, 0.34), ("us-east", 40, -75, 0.24), ("us-west", 37, -122, 0.12), ("asia", 1, 104, 0.18), ("south", -33, 151, 0.12)];

    private readonly Random _random = new(Seed);
    private readonly Town[] _towns = new Town[3];
    private readonly List<Node> _nodes = [];
    private readonly Queue<(int Slice, int Region)> _again = new();
    private readonly PriorityQueue<(Node Node, int From), int> _onTheWay = new();
    private readonly List<double> _uneven = [];
    private int _farThoughRoom, _refused, _alternatives;

    private sealed record Node(NodeRecord Start, int Region)
    {
        public int Connected { get; set; }
        public int Coming { get; set; }
        public int Most { get; set; }
        public bool IsDead { get; set; }
        public List<int> From { get; } = [];
    }

    [Fact]
    public void A_million_clients_are_spread_evenly_near_and_never_over_the_capacity()
    {
        // Of the processor, for the message below; other tests of this process are in it.
        var clock = Environment.CpuUsage.TotalTime;
        Build();
        for (var slice = 0; slice < (Seconds + 20) * Slices; slice++)
        {
            if (slice % Slices == 0)
            {
                Tick(slice / Slices);
            }
            foreach (var town in _towns)
            {
                town.Time.Advance(TimeSpan.FromSeconds(1.0 / Slices));
            }
            Connect(slice);
            Arrive(slice);
            if (slice % (10 * Slices) == 9 * Slices)
            {
                _uneven.Add(Enumerable.Range(0, Regions.Length).Max(Unevenness));
            }
        }
        TestContext.Current.SendDiagnosticMessage(
            "seed {0}: {1} connected, {2} refused for a while, {3} by an alternative, {4} far although there was room near; unevenness every ten seconds {5}; fullest {6:P2}; {7:F1} s of processor time",
            Seed, _nodes.Sum(n => n.Connected), _refused, _alternatives, _farThoughRoom, string.Join(' ', _uneven.Select(s => s.ToString("P1", null))),
            _nodes.Max(n => n.Most / (double)n.Start.Capacity), (Environment.CpuUsage.TotalTime - clock).TotalSeconds);

        _nodes.Where(n => n.Most > n.Start.Capacity).ShouldBeEmpty("over capacity");
        _uneven.ShouldAllBe(s => s <= 0.1, "load within 10 % of even by weight");
        _farThoughRoom.ShouldBe(0, "sent far although there was room near");
        (_nodes.Where(n => !n.IsDead).Sum(n => n.Connected) + _again.Count).ShouldBe(Clients, "nobody is left out");
        _again.Count.ShouldBe(0);
    }

    private void Build()
    {
        for (var i = 0; i < 50; i++)
        {
            var (name, lat, lon, _) = Regions[i % Regions.Length];
            var record = Town.Node($"{name}-{i}", name, capacity: 20_000 + (5_000 * (i / Regions.Length % 4))) with { Latitude = lat, Longitude = lon };
            _nodes.Add(new Node(record, i % Regions.Length));
        }
        // Without the lost region there is room for a million and a little more: the regions that are left become nearly full.
        for (var i = 0; i < _towns.Length; i++)
        {
            var options = new DiscoveryOptions { Node = { Id = $"api-{i}" } };
            foreach (var (name, lat, lon, _) in Regions)
            {
                options.Regions.Add(FormattableString.Invariant($"{name}={lat},{lon}"));
            }
            _towns[i] = new Town(options, seed: Seed + i, role: "api");
        }
    }

    /// <summary>Once a second every node tells its load, and everybody who answers hears of it.</summary>
    private void Tick(int second)
    {
        if (second == LostAt)
        {
            foreach (var node in _nodes.Where(n => n.Region == Lost))
            {
                node.IsDead = true;
                foreach (var region in node.From)
                {
                    // Its clients come back within five seconds.
                    _again.Enqueue(((second * Slices) + _random.Next(5 * Slices), region));
                }
                node.Connected = 0;
            }
            var mixed = _again.OrderBy(a => a.Slice).ToArray();
            _again.Clear();
            foreach (var one in mixed)
            {
                _again.Enqueue(one);
            }
        }
        var seen = _nodes.Where(n => !n.IsDead || second < SeenAt).Select(n => n.Start with { Load = new NodeLoad(n.IsDead ? n.Most : n.Connected) }).ToList();
        for (var i = 0; i < _towns.Length; i++)
        {
            _towns[i].Self.Report(new Contracts.Discovery.ReportLoad(0, 0, 0, true, "1"));
            var others = Enumerable.Range(0, _towns.Length).Where(o => o != i).Select(o => Town.Node($"api-{o}") with { Roles = ["api"] });
            _towns[i].Table.Replace([.. seen, .. others]);
        }
    }

    private void Arrive(int slice)
    {
        var count = slice < Seconds * Slices ? Clients / Seconds / Slices : 0;
        for (var i = 0; i < count; i++)
        {
            Ask(slice, Region());
        }
        for (var waiting = _again.Count; waiting > 0; waiting--)
        {
            var (at, region) = _again.Dequeue();
            if (at <= slice)
            {
                Ask(slice, region);
            }
            else
            {
                _again.Enqueue((at, region));
            }
        }
    }

    private int Region()
    {
        var draw = _random.NextDouble();
        var region = 0;
        while (region < Regions.Length - 1 && (draw -= Regions[region].Share) > 0)
        {
            region++;
        }
        return region;
    }

    private void Ask(int slice, int region)
    {
        var town = _towns[_random.Next(_towns.Length)];
        var place = new CallerPlace("parameters", null, new Coordinates(Regions[region].Lat + (2 * _random.NextDouble()), Regions[region].Lon + (2 * _random.NextDouble())));
        try
        {
            var choice = town.Chooser.Choose(place, explain: false);
            var node = ByUrl(choice.Url);
            if (node.IsDead)
            {
                // As the SDKs do: the alternatives in their order, then a wait and a new question.
                _alternatives++;
                node = choice.Alternatives.Select(a => ByUrl(a.Url)).FirstOrDefault(n => !n.IsDead);
            }
            else if (node.Region != region && HasRoom(region))
            {
                _farThoughRoom++;
            }
            if (node is null)
            {
                _again.Enqueue((slice + Slices, region));
                return;
            }
            node.Coming++;
            _onTheWay.Enqueue((node, region), slice + 1 + _random.Next(Slices));
        }
        catch (ChatException)
        {
            _refused++;
            _again.Enqueue((slice + (3 * Slices), region));
        }
    }

    private void Connect(int slice)
    {
        while (_onTheWay.TryPeek(out _, out var at) && at <= slice)
        {
            var (node, from) = _onTheWay.Dequeue();
            node.Coming--;
            if (node.IsDead)
            {
                _again.Enqueue((slice + Slices, from));
                continue;
            }
            node.From.Add(from);
            node.Most = Math.Max(node.Most, ++node.Connected);
        }
    }

    private Dictionary<string, Node>? _byUrl;

    private Node ByUrl(string url) => (_byUrl ??= _nodes.ToDictionary(n => n.Start.Url, StringComparer.Ordinal))[url];

    /// <summary>Truly free, those on their way counted: 5 % of the region is the tolerance for what the tables cannot know yet.</summary>
    private bool HasRoom(int region)
    {
        long free = 0, capacity = 0;
        foreach (var node in _nodes)
        {
            if (node.Region == region && !node.IsDead)
            {
                free += node.Start.Capacity - node.Connected - node.Coming;
                capacity += node.Start.Capacity;
            }
        }
        return free > capacity * 0.05;
    }

    /// <summary>How far the most unlike node is from its region's share of capacity that is used.</summary>
    private double Unevenness(int region)
    {
        var nodes = _nodes.Where(n => n.Region == region).ToList();
        var even = nodes.Sum(n => n.Connected) / (double)nodes.Sum(n => n.Start.Capacity);
        return even == 0 ? 0 : nodes.Max(n => Math.Abs((n.Connected / (double)n.Start.Capacity) - even)) / even;
    }
}
