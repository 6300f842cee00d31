using MediatR;
using Microsoft.Extensions.Options;
using ModularChat.Contracts;
using ModularChat.Contracts.Identity;
using ModularChat.Contracts.Presence;
using ModularChat.Presence.People;

namespace ModularChat.Presence.States;

internal sealed class GetPresenceHandler(Present present, Audiences audiences, IOptions<PresenceOptions> options) : IRequestHandler<GetPresence, PresenceInfo[]>
{
    public async Task<PresenceInfo[]> Handle(GetPresence request, CancellationToken cancellationToken)
    {
        request.Caller.Require(ApplicationScopes.Users);
        var most = options.Value.MaxPresencePush;
        if (request.UserIds.Length == 0)
        {
            throw ChatException.Invalid("userIds", "userIds names at least one user.");
        }
        if (request.UserIds.Length > most)
        {
            throw ChatException.TooLong("userIds", most, "users");
        }
        Guid[] ids = [.. request.UserIds.Distinct()];
        // The same work for every id, whatever is behind it.
        var judged = await audiences.GetAsync(ids, cancellationToken);
        var moments = await present.LookAsync(ids, cancellationToken);
        var viewer = request.Caller.UserId;
        return [.. moments.Select((moment, i) =>
            moment.UserId == viewer ? moment.ForOwn() : Audiences.MaySee(judged[i], viewer) ? moment.ForOthers() : moment.ForNobody())];
    }
}
