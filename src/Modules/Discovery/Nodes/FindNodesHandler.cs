using MediatR;
using ModularChat.Contracts.Discovery;

namespace ModularChat.Discovery.Nodes;

internal sealed class FindNodesHandler(NodeTable table) : IRequestHandler<FindNodes, NodeList>
{
    public Task<NodeList> Handle(FindNodes request, CancellationToken cancellationToken)
    {
        var nodes = table.Records();
        // One that is unhealthy by its own checks may still answer, and is better than nobody.
        var able = nodes.Skip(1).Where(n => n.InternalUrl is not null && n.Has(request.Role) && n.State != NodeState.Starting).ToList();
        foreach (var worse in new[] { NodeState.Draining, NodeState.Unhealthy })
        {
            if (able.Exists(n => n.State != worse))
            {
                able.RemoveAll(n => n.State == worse);
            }
        }
        return Task.FromResult(new NodeList(Address(nodes[0]), [.. able.Select(Address)]));
    }

    private static NodeAddress Address(NodeRecord node) => new(node.Id, node.Instance, node.InternalUrl ?? "", node.Load.Cpu, node.Load.Queue);
}
