using MediatR;
using Microsoft.Extensions.Logging;
using ModularChat.Contracts;
using ModularChat.Contracts.Discovery;
using ModularChat.Discovery.Nodes;
using ModularChat.Discovery.Registry;

namespace ModularChat.Discovery.Draining;

internal sealed partial class DrainHandlers(NodeTable table, ThisNode self, DrainWishes wishes, Wake wake, TimeProvider time, ILogger<DrainHandlers> logger)
    : IRequestHandler<DrainNode, NodeInfo>, IRequestHandler<ListNodes, NodeInfo[]>, IRequestHandler<LeaveDiscovery, LeftDiscovery>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public async Task<NodeInfo> Handle(DrainNode request, CancellationToken cancellationToken)
    {
        RequireAdministrator(request.Caller);
        var node = Array.Find(table.Records(), n => n.Id == request.Id)
            ?? throw new ChatException(ProblemCodes.NotFound, "There is no such node.") { Field = "id" };
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            await wishes.AddAsync(node.Id, node.Instance, either.Token);
        }
        catch (Exception e) when (e is RegistryAwayException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new ChatException(ProblemCodes.Unavailable, "The registry does not answer: the node was not told.", e) { RetryAfter = TimeSpan.FromSeconds(5) };
        }
        Log.Asked(logger, request.Caller.UserId, node.Id);
        return Info(node);
    }

    public Task<NodeInfo[]> Handle(ListNodes request, CancellationToken cancellationToken)
    {
        RequireAdministrator(request.Caller);
        return Task.FromResult<NodeInfo[]>([.. table.Records().OrderBy(n => n.Id, StringComparer.Ordinal).Select(Info)]);
    }

    public Task<LeftDiscovery> Handle(LeaveDiscovery request, CancellationToken cancellationToken)
    {
        self.Drain();
        table.UpdateSelf();
        wake.Up();
        var me = self.Now.Id;
        return Task.FromResult(new LeftDiscovery(Array.Exists(
            table.Records(), n => n.Id != me && n is { IsGateway: true, State: NodeState.Up, Url.Length: > 0 } && n.Load.Connections < n.Capacity)));
    }

    private static void RequireAdministrator(Caller caller)
    {
        if (!caller.IsAdministrator)
        {
            throw new ChatException(ProblemCodes.Forbidden, "This needs an administrator.");
        }
    }

    private static NodeInfo Info(NodeRecord node) => new(
        node.Id, node.State.ToString().ToLowerInvariant(), node.Roles, node.Url, node.Region, node.Capacity, node.Load.Connections, node.Load.Cpu, node.Load.Queue,
        node.Version, node.StartedAt);

    private static partial class Log
    {
        [LoggerMessage(6020, LogLevel.Information, "{User} has asked node {Node} to drain")]
        public static partial void Asked(ILogger logger, Guid user, string node);
    }
}
