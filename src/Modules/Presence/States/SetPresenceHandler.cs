using MediatR;
using Microsoft.Extensions.DependencyInjection;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Presence;
using ModularChat.Presence.People;
using ModularChat.Presence.Storage;
using ModularChat.Storage;

namespace ModularChat.Presence.States;

internal sealed class SetPresenceHandler(
    PeopleBook people, Present present, IMediator mediator, ILeases leases, TimeProvider time, [FromKeyedServices(SetPresenceHandler.Rate)] Buckets rate)
    : IRequestHandler<SetPresence, PresenceInfo>
{
    public const string Rate = "set";

    public async Task<PresenceInfo> Handle(SetPresence request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Users);
        var user = request.Caller.UserId;
        if (request.State is { } state && state is not (PresenceState.Online or PresenceState.Away or PresenceState.Dnd or PresenceState.Invisible))
        {
            throw ChatException.Invalid("state", "state is online, away, dnd or invisible.");
        }
        var now = time.GetUtcNow();
        var status = request.Status is null ? null : StatusRules.Check(request.Status, now);
        if (rate.Take(user) is var wait && wait > TimeSpan.Zero)
        {
            throw new ChatException(ProblemCodes.RateLimited, "Presence may be set 20 times a minute.") { RetryAfter = wait };
        }
        // To others a user who turns invisible goes just now.
        var isThere = (await leases.AttendAsync([user], cancellationToken))[0].IsThere;
        await people.ChangeAsync(
            user,
            old => old with
            {
                Chosen = request.State ?? old.Chosen,
                Status = request.Status is null ? old.Status : status,
                LastSeen = isThere && request.State == PresenceState.Invisible && old.Chosen != PresenceState.Invisible ? now : old.LastSeen,
            },
            cancellationToken);
        await mediator.Publish(new PersonChanged(user), cancellationToken);
        return (await present.LookAsync([user], cancellationToken))[0].ForOwn();
    }
}
