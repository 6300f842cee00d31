using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Presence;

namespace ModularChat.Presence.Connections;

internal sealed class ConnectionHandlers(LeaseTable leases, TimeProvider time) :
    IRequestHandler<KeepConnection, Unit>, IRequestHandler<DropConnection, Unit>, IRequestHandler<LocateConnections, ConnectionInfo[]>
{
    private const int MostUsers = 1000;

    public Task<Unit> Handle(KeepConnection request, CancellationToken cancellationToken)
    {
        leases.Keep(new ConnectionInfo(request.ConnectionId, request.Caller.UserId, request.Caller.DeviceId, request.Transport, time.GetUtcNow()));
        return Unit.Task;
    }

    public Task<Unit> Handle(DropConnection request, CancellationToken cancellationToken)
    {
        leases.Drop(request.ConnectionId);
        return Unit.Task;
    }

    public Task<ConnectionInfo[]> Handle(LocateConnections request, CancellationToken cancellationToken)
    {
        if (request.UserIds.Length > MostUsers)
        {
            throw ChatException.TooLong("userIds", MostUsers, "users");
        }
        var found = new List<ConnectionInfo>();
        foreach (var user in request.UserIds)
        {
            found.AddRange(leases.Of(user));
        }
        return Task.FromResult(found.ToArray());
    }
}
