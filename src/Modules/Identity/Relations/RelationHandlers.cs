using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Identity.Versions;

namespace ModularChat.Identity.Relations;

internal sealed class GetRelationsHandler(RelationTable table) : IRequestHandler<GetRelations, Relation[]>
{
    private const int Most = 1000;

    public Task<Relation[]> Handle(GetRelations request, CancellationToken cancellationToken) =>
        request.OtherIds.Length > Most
            ? throw ChatException.TooLong("otherIds", Most, "users")
            : table.GetAsync(request.UserId, request.OtherIds, cancellationToken);
}

internal sealed class ForgetChangedRelations(RelationTable table) : INotificationHandler<BlockChanged>, INotificationHandler<UserDataChanged>
{
    public Task Handle(BlockChanged notification, CancellationToken cancellationToken)
    {
        table.Forget(notification.UserId, notification.OtherId);
        return Task.CompletedTask;
    }

    public Task Handle(UserDataChanged notification, CancellationToken cancellationToken)
    {
        if (notification.Subject is DataVersions.Friends or DataVersions.Settings)
        {
            table.Forget(notification.UserId);
        }
        return Task.CompletedTask;
    }
}
