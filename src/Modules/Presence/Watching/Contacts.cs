using MediatR;
using Microsoft.Extensions.Options;
using ModularChat.Contracts.Messaging;
using ModularChat.Presence.People;

namespace ModularChat.Presence.Watching;

/// <summary>Whom a user knows.</summary>
internal sealed class Contacts(Audiences audiences, IMediator mediator, IOptions<PresenceOptions> options)
{
    /// <summary>The user, then the others of direct conversations, then friends; somebody may come twice.</summary>
    public async ValueTask<IEnumerable<Guid>> ListAsync(Guid userId, CancellationToken token)
    {
        var partners = await mediator.Send(new GetDirectPartners(userId, options.Value.MaxPresencePush), token);
        var friends = (await audiences.GetAsync(userId, token))?.Friends ?? [];
        return [userId, .. partners, .. friends];
    }
}
