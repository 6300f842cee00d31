using MediatR;
using ModularChat.Contracts;
using ModularChat.Contracts.Presence;
using ModularChat.Presence.People;
using ModularChat.Presence.Storage;

namespace ModularChat.Presence.States;

internal sealed class GetAttentionHandler(ILeases leases, PeopleBook people) : IRequestHandler<GetAttention, Attention[]>
{
    private const int MostUsers = 1_000;

    public async Task<Attention[]> Handle(GetAttention request, CancellationToken cancellationToken)
    {
        if (request.UserIds.Length > MostUsers)
        {
            throw ChatException.TooLong("userIds", MostUsers, "users");
        }
        var kept = await people.GetAsync(request.UserIds, cancellationToken);
        var active = await leases.ActiveDevicesAsync(request.UserIds, TimeSpan.FromSeconds(request.ActiveSeconds), cancellationToken);
        return [.. request.UserIds.Select((userId, i) => new Attention(userId, kept[i].Chosen == PresenceState.Dnd, active[i].Length > 0, active[i] is { Length: > 0 } devices ? devices : null))];
    }
}
