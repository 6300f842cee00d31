using MediatR;
using Microsoft.Extensions.Options;
using ModularChat.Contracts.Messaging;
using ModularChat.Contracts.Presence;
using ModularChat.Presence.Storage;

namespace ModularChat.Presence.Typing;

internal sealed class SignalTypingHandler(IMediator mediator, TypingRate rate, ILeases leases, IOptions<PresenceOptions> options, TimeProvider time)
    : IRequestHandler<SignalTyping, Unit>
{
    public async Task<Unit> Handle(SignalTyping request, CancellationToken cancellationToken)
    {
        // Refuses everybody but members, before the rate: an outsider learns nothing and costs others nothing.
        var members = await mediator.Send(new GetRecipients(request.Caller, request.ConversationId), cancellationToken);
        await leases.TouchAsync(request.Caller.UserId, cancellationToken);
        if (members.Length > options.Value.TypingLimit || !rate.TryTake(request.Caller.UserId, request.ConversationId))
        {
            return Unit.Value;
        }
        var others = new Guid[members.Length - 1];
        var count = 0;
        foreach (var member in members)
        {
            if (member != request.Caller.UserId)
            {
                others[count++] = member;
            }
        }
        await mediator.Publish(
            new TypingSignalled(request.ConversationId, request.Caller.UserId, time.GetUtcNow().AddSeconds(options.Value.TypingSeconds), others),
            cancellationToken);
        return Unit.Value;
    }
}
