using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Discovery;
using ModularChat.Discovery.Choosing;

namespace ModularChat.Discovery.Nodes;

/// <summary>What this process says about itself.</summary>
internal sealed class ThisNode
{
    private readonly Lock _gate = new();
    private NodeRecord _now;
    private bool _draining;

    public ThisNode(IOptions<DiscoveryOptions> options, NodeRoles roles, Geography geography, TimeProvider time)
    {
        var node = options.Value.Node;
        var region = node.Region.Length > 0 ? node.Region : null;
        var place = Coordinates.Parse(node.Coordinates) ?? geography.Of(region);
        _now = new NodeRecord(
            node.Id.Length > 0 ? node.Id : OfMachine(), Ids.New(),
            [.. roles.Names], node.PublicUrl.TrimEnd('/'), region, place?.Latitude, place?.Longitude, node.Capacity, new NodeLoad(), "", NodeState.Starting, time.GetUtcNow());
    }

    /// <summary>As it is now.</summary>
    public NodeRecord Now
    {
        get
        {
            lock (_gate)
            {
                return _now;
            }
        }
    }

    public void Report(ReportLoad load)
    {
        lock (_gate)
        {
            _now = _now with
            {
                Load = new NodeLoad(Math.Max(0, load.Connections), double.IsFinite(load.Cpu) ? Math.Clamp(load.Cpu, 0, 1) : 0, Math.Max(0, load.Queue)),
                Version = load.Version,
                InternalUrl = load.InternalUrl.Length > 0 ? load.InternalUrl : null,
                State = _draining ? NodeState.Draining : load.IsHealthy ? NodeState.Up : NodeState.Unhealthy,
            };
        }
    }

    /// <summary>From here on it takes no clients; there is no way back but a new start.</summary>
    public void Drain()
    {
        lock (_gate)
        {
            _draining = true;
            _now = _now with { State = NodeState.Draining };
        }
    }

    private static string OfMachine()
    {
        var name = string.Concat(Environment.MachineName.Where(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_')).TrimStart('.', '-', '_');
        return name.Length == 0 ? "node" : name[..Math.Min(64, name.Length)];
    }
}
