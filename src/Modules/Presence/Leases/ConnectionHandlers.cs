using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Presence;
using ModularChat.Presence.People;
using ModularChat.Presence.Storage;
using ModularChat.Presence.Watching;

namespace ModularChat.Presence.Leases;

internal sealed class ConnectionHandlers(ILeases leases, PeopleBook people, FanOut fanOut, IMediator mediator) :
    IRequestHandler<KeepConnection, Unit>, IRequestHandler<KeepConnections, Guid[]>, IRequestHandler<DropConnection, Unit>,
    IRequestHandler<LocateConnections, ConnectionInfo[]>, IRequestHandler<SignalActivity, Unit>
{
    private const int MostUsers = 1000;

    public async Task<Unit> Handle(KeepConnection request, CancellationToken cancellationToken)
    {
        var caller = request.Caller;
        // Before the lease: what the user has chosen must be known when others can see that somebody came.
        await people.GetAsync([caller.UserId], cancellationToken);
        await leases.KeepAsync(
            new Lease(request.ConnectionId, caller.UserId, caller.DeviceId, caller.SessionId, request.Transport, request.Node),
            TimeSpan.FromSeconds(request.LifeSeconds),
            cancellationToken);
        return Unit.Value;
    }

    public async Task<Guid[]> Handle(KeepConnections request, CancellationToken cancellationToken)
    {
        var life = TimeSpan.FromSeconds(request.LifeSeconds);
        List<Guid>? unknown = null;
        foreach (var beat in request.Beats)
        {
            if (!await leases.RenewAsync(beat.ConnectionId, TimeSpan.FromMilliseconds(Math.Max(0, beat.AgeMilliseconds)), life, beat.IsActive, cancellationToken))
            {
                (unknown ??= []).Add(beat.ConnectionId);
            }
        }
        return unknown?.ToArray() ?? [];
    }

    public async Task<Unit> Handle(DropConnection request, CancellationToken cancellationToken)
    {
        await leases.EndAsync(request.ConnectionId, TimeSpan.FromSeconds(request.LingerSeconds), cancellationToken);
        fanOut.Drop(request.ConnectionId);
        return Unit.Value;
    }

    public async Task<ConnectionInfo[]> Handle(LocateConnections request, CancellationToken cancellationToken)
    {
        if (request.UserIds.Length > MostUsers)
        {
            throw ChatException.TooLong("userIds", MostUsers, "users");
        }
        var found = new List<ConnectionInfo>();
        foreach (var user in request.UserIds)
        {
            foreach (var lease in await leases.OfAsync(user, cancellationToken))
            {
                found.Add(new ConnectionInfo(lease.ConnectionId, lease.UserId, lease.DeviceId, lease.Transport, lease.Node));
            }
        }
        return [.. found];
    }

    public async Task<Unit> Handle(SignalActivity request, CancellationToken cancellationToken)
    {
        await OwnConnection.RequireAsync(leases, request.Caller, request.ConnectionId, cancellationToken);
        if (request.IsActive)
        {
            await mediator.Publish(new UserActed(request.Caller.UserId, request.ConnectionId), cancellationToken);
        }
        return Unit.Value;
    }
}
