using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Presence;
using ModularChat.Presence.Leases;
using ModularChat.Presence.States;
using ModularChat.Presence.Storage;

namespace ModularChat.Presence.Watching;

internal sealed class WatchPresenceHandler(
    FanOut fanOut, Groups groups, ILeases leases, IOptions<PresenceOptions> options, [FromKeyedServices(WatchPresenceHandler.Rate)] Buckets rate)
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
        await fanOut.WatchAsync(request.ConnectionId, request.Caller.UserId, [.. request.UserIds, .. members], request.Contacts, counts, cancellationToken);
        return Unit.Value;
    }
}
