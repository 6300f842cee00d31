using ModularChat.Contracts;
using ModularChat.Contracts.Discovery;
using ModularChat.Discovery;
using ModularChat.Discovery.Choosing;
using ModularChat.Discovery.Nodes;
using ModularChat.Shared;

namespace ModularChat.UnitTests.Discovery;

/// <summary>One node that answers, with the nodes that it knows.</summary>
internal sealed class Town
{
    private readonly CallerPlaces _places;

    public Town(DiscoveryOptions? options = null, ManualTime? time = null, int seed = 1, string role = "all")
    {
        Options = options ?? new DiscoveryOptions { Node = { Id = "self" }, Regions = ["eu=50,8", "us=40,-75", "asia=1,104"] };
        Time = time ?? new ManualTime();
        var settings = Microsoft.Extensions.Options.Options.Create(Options);
        var geography = new Geography(settings);
        Self = new ThisNode(settings, new NodeRoles([role]), geography, Time);
        Table = new NodeTable(Self, Time);
        _places = new CallerPlaces(geography, Self, Table);
        Chooser = new Chooser(Table, geography, settings, Time, new Random(seed));
    }

    public DiscoveryOptions Options { get; }

    public ManualTime Time { get; }

    public ThisNode Self { get; }

    public NodeTable Table { get; }

    public Chooser Chooser { get; }

    public static NodeRecord Node(string id, string? region = null, int capacity = 1000, int connections = 0, double cpu = 0, int queue = 0, NodeState state = NodeState.Up, string? url = null) =>
        new(id, Ids.New(), ["gateway"], url ?? $"https://{id}.example.org", region, null, null, capacity, new NodeLoad(connections, cpu, queue), "1", state, DateTimeOffset.UnixEpoch);

    public void Know(params NodeRecord[] nodes) => Table.Replace(nodes);

    public ServerChoice Ask(double? lat = null, double? lon = null, string? region = null, string? address = null, string? proxyRegion = null, string? proxyCoordinates = null) =>
        Chooser.Choose(_places.Find(new FindServer(lat, lon, region, proxyRegion, proxyCoordinates, address, true)), explain: true);

    public ServerCandidate Candidate(string id, string? region = null) => Ask(region: region).Explanation!.Candidates.Single(c => c.Id == id);
}
