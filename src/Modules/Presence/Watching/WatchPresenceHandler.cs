using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Presence;
using ModularChat.Presence.Leases;
using ModularChat.Presence.Storage;
using ModularChat.Storage;

namespace ModularChat.Presence.Watching;

internal sealed class WatchPresenceHandler(
    FanOut fanOut, Groups groups, ILeases leases, IMediator mediator, IOptions<PresenceOptions> options, [FromKeyedServices(WatchPresenceHandler.Rate)] Buckets rate)
    : IRequestHandler<WatchPresence, Unit>
{
    public const string Rate = "watch";
    private const int MostGroups = 20;

    public async Task<Unit> Handle(WatchPresence request, CancellationToken cancellationToken)
    {
        var most = options.Value.MaxPresencePush;
        if (request.UserIds.Length > most)
        {
            throw ChatException.TooLong("userIds", most, "users");
        }
        if (request.ConversationIds.Length > MostGroups)
        {
            throw ChatException.TooLong("conversationIds", MostGroups, "conversations");
        }
        await OwnConnection.RequireAsync(leases, request.Caller, request.ConnectionId, cancellationToken);
        if (rate.Take(request.ConnectionId) is var wait && wait > TimeSpan.Zero)
        {
            throw new ChatException(ProblemCodes.RateLimited, "A connection may watch others five times in ten seconds.") { RetryAfter = wait };
        }
        var (members, counts) = await groups.ReadAsync(request.Caller, request.ConversationIds, cancellationToken);
        Guid[] screen = [.. request.UserIds, .. members];
        if (await leases.FindAsync(request.ConnectionId, cancellationToken) is null)
        {
            // Another node holds the connection, and tells it.
            await mediator.Publish(new WatchMoved(request.ConnectionId, request.Caller.UserId, request.Contacts, screen, [.. counts]), cancellationToken);
            return Unit.Value;
        }
        await fanOut.WatchAsync(request.ConnectionId, request.Caller.UserId, screen, request.Contacts, counts, cancellationToken);
        return Unit.Value;
    }
}

/// <summary>What a connection of this node was let watch at another.</summary>
internal sealed class WatchMovedHandler(FanOut fanOut, ILeases leases) : INotificationHandler<WatchMoved>
{
    public async Task Handle(WatchMoved notification, CancellationToken cancellationToken)
    {
        if ((await leases.FindAsync(notification.ConnectionId, cancellationToken))?.UserId == notification.UserId)
        {
            await fanOut.WatchAsync(
                notification.ConnectionId, notification.UserId, notification.UserIds, notification.Contacts, [.. notification.Groups], cancellationToken);
        }
    }
}
